// A real etcd of one member for a measurement, with its data in a directory of its own.

import { freePort, Running, until } from './running.mjs';

/**
 * Starts etcd and waits until it serves.
 *
 * @param {string} directory
 */
export async function startEtcd(directory) {
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const process = new Running('etcd', [
    ...['--name', 'one', '--data-dir', directory, '--initial-cluster', `one=${peer}`],
    ...['--listen-client-urls', endpoint, '--advertise-client-urls', endpoint],
    ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
    ...['--logger', 'zap', '--log-level', 'error'],
  ]);
  await until('etcd serves', async () => {
    process.checkAlive();
    const response = await fetch(`${endpoint}/health`).catch(() => undefined);
    return response?.ok ?? false;
  });
  return { endpoint, close: () => process.close() };
}
