// Where registrations come from: the embedded store, for the comparison, in this process and so not on the server's CPU;
// and a client that writes into any etcd.

import { Etcd3 } from 'etcd3';
import { EmbeddedStore } from '../dist/embedded/server.js';
import { etcdEntry } from './data.mjs';

/** Writes that are under way at a time. */
const PUTS_AT_A_TIME = 200;

/**
 * Opens a store that holds the instances.
 *
 * @param {readonly import('./data.mjs').Instance[]} all
 */
export async function openStore(all) {
  const store = await EmbeddedStore.listen({ host: '127.0.0.1', port: 0 });
  const writer = openWriter(store.endpoint);
  await writer.putAll(all.map(etcdEntry));
  writer.close();
  return store;
}

/**
 * Opens a client that writes entries.
 *
 * @param {string} endpoint
 */
export function openWriter(endpoint) {
  const client = new Etcd3({ hosts: endpoint });
  /** @param {{ key: string, value: string }} entry */
  const put = ({ key, value }) => client.put(key).value(value).exec();
  /** @param {readonly { key: string, value: string }[]} entries */
  const putAll = async (entries) => {
    for (let at = 0; at < entries.length; at += PUTS_AT_A_TIME) {
      await Promise.all(entries.slice(at, at + PUTS_AT_A_TIME).map(put));
    }
  };
  return { put, putAll, close: () => client.close() };
}
