// The same requests to an etcd and to the embedded store, both empty at first: every field of every answer must be the
// same, errors included.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EmbeddedStore } from '../../src/embedded/server.ts';
import type { EtcdMember } from '../support/etcd.ts';
import { startEtcd } from '../support/etcd.ts';
import type { Answer, Fields } from './raw-client.ts';
import { bytes, RawClient } from './raw-client.ts';

let etcd: EtcdMember;
let embedded: EmbeddedStore;
let clients: readonly RawClient[];

beforeAll(async () => {
  embedded = await EmbeddedStore.listen({ host: '127.0.0.1', port: 0 });
  etcd = await startEtcd();
  clients = [await RawClient.connect(etcd.endpoint), await RawClient.connect(embedded.endpoint)];
});

afterAll(async () => {
  for (const client of clients ?? []) client.close();
  await embedded?.close();
  await etcd?.close();
});

/** Runs the same against both stores; returns what the embedded one did, once it is known that etcd did that too. */
async function onBoth<T>(run: (client: RawClient) => Promise<T>): Promise<T> {
  const [ofEtcd, ofEmbedded] = await Promise.all(clients.map((client) => run(client)));
  expect(ofEmbedded).toEqual(ofEtcd);
  if (ofEmbedded === undefined) throw new Error('expected two stores');
  return ofEmbedded;
}

const kv = (method: string, request: Fields) => onBoth((client) => client.call('kv', method, request));
const put = (key: string, value: string, more: Fields = {}) =>
  kv('Put', { key: bytes(key), value: bytes(value), ...more });
const range = (key: string, more: Fields = {}) => kv('Range', { key: bytes(key), ...more });
const prefix = (key: string, more: Fields = {}) =>
  range(key, { range_end: bytes(key.slice(0, -1) + String.fromCharCode(key.charCodeAt(key.length - 1) + 1)), ...more });
const keysOf = (answer: Answer) => answer.kvs.map(({ key }) => key.toString('latin1'));
const revisionOf = (answer: Answer) => Number(answer.header?.revision);

describe('KV', () => {
  test('an empty store is at revision 1, and a delete that finds nothing leaves it there', async () => {
    expect(await range('none')).toMatchObject({ header: { revision: '1' }, kvs: [], count: '0' });
    expect(await kv('DeleteRange', { key: bytes('none') })).toMatchObject({ header: { revision: '1' }, deleted: '0' });
  });

  test('put counts versions and gives the previous value when asked', async () => {
    expect(await put('/a/1', 'one')).toMatchObject({ header: { revision: '2' }, prev_kv: null });
    expect(await put('/a/1', 'eins', { prev_kv: true })).toMatchObject({ prev_kv: { value: bytes('one') } });
    await put('/a/2', 'two');
    await put('/a/3', 'a value of its own');
    await put('/a/\xff\x00\x80', '\x00\xff');
    await put('/b', '');
    expect(await range('/a/1')).toMatchObject({ kvs: [{ version: '2', create_revision: '2', mod_revision: '3' }] });
  });

  test('put can keep the value or the lease', async () => {
    await put('/a/2', '', { ignore_value: true });
    await put('/a/2', 'zwei', { ignore_lease: true });
    expect(await put('/none', '', { ignore_value: true })).toMatchObject({ details: 'etcdserver: key not found' });
    await put('/none', 'x', { ignore_lease: true });
    await put('/a/2', 'x', { ignore_value: true });
    await put('/a/2', 'x', { ignore_lease: true, lease: '7' });
    await put('/a/2', 'x', { lease: '7' });
    await put('', 'x');
  });

  test('a request above the limit is refused, one below it is not', async () => {
    const mebibyte = 1024 * 1024;
    expect(await put('/large', 'x'.repeat(1.5 * mebibyte))).toMatchObject({
      details: 'etcdserver: request is too large',
    });
    expect(await put('/large', 'x'.repeat(1.5 * mebibyte - 1000))).toMatchObject({ prev_kv: null });
    await kv('DeleteRange', { key: bytes('/large') });
  });

  test('range takes a prefix, a range, all keys from one on, or all keys', async () => {
    expect(keysOf(await prefix('/a/'))).toEqual(['/a/1', '/a/2', '/a/3', '/a/\xff\x00\x80']);
    expect(keysOf(await range('/a/2', { range_end: bytes('/a/3') }))).toEqual(['/a/2']);
    expect(keysOf(await range('/a/3', { range_end: bytes('\0') }))).toEqual(['/a/3', '/a/\xff\x00\x80', '/b']);
    expect(keysOf(await range('\0', { range_end: bytes('\0') }))).toHaveLength(5);
    expect(keysOf(await range('/b', { range_end: bytes('/a') }))).toEqual([]);
    await range('');
  });

  test.for([
    { limit: '2' },
    { limit: '4' },
    { limit: '1', sort_order: 2 },
    { count_only: true, limit: '1' },
    { keys_only: true },
    ...[0, 1, 2].flatMap((sort_order) => [0, 1, 2, 3, 4].map((sort_target) => ({ sort_order, sort_target }))),
    { limit: '2', sort_target: 4 },
    { limit: '2', sort_target: 4, sort_order: 1 },
    { min_mod_revision: '5' },
    { max_mod_revision: '5', limit: '1' },
    { min_create_revision: '4', max_create_revision: '5' },
    { revision: '3' },
    { revision: '2', limit: '1' },
    { revision: '-1' },
    { revision: '1000' },
    { serializable: true },
  ])('range with %o', async (options) => {
    await prefix('/a/', options);
  });

  test('delete gives what was there when asked, and its revision', async () => {
    expect(await kv('DeleteRange', { key: bytes('/a/1'), range_end: bytes('/a/3'), prev_kv: true })).toMatchObject({
      deleted: '2',
      prev_kvs: [{ key: bytes('/a/1') }, { key: bytes('/a/2') }],
    });
    await kv('DeleteRange', { key: bytes('') });
    await prefix('/a/');
    await prefix('/a/', { revision: '6' });
    expect(await put('/a/1', 'again')).toMatchObject({ prev_kv: null });
    expect(await range('/a/1')).toMatchObject({ kvs: [{ version: '1' }] });
  });
});

const requestPut = (key: string, value: string, more: Fields = {}) => ({
  request_put: { key: bytes(key), value: bytes(value), ...more },
});
const requestRange = (key: string, more: Fields = {}) => ({ request_range: { key: bytes(key), ...more } });
const requestDelete = (key: string, more: Fields = {}) => ({ request_delete_range: { key: bytes(key), ...more } });

describe('Txn', () => {
  beforeAll(async () => {
    await put('/t/1', 'one');
    await put('/t/2', 'two');
  });

  test.for([
    { target: 0, version: '1' },
    { target: 0, version: '2' },
    { target: 0, result: 1, version: '0' },
    { target: 1, result: 2, create_revision: '3' },
    { target: 2, result: 3, mod_revision: '1' },
    { target: 3, value: bytes('one') },
    { target: 3, result: 1, value: bytes('on') },
    { target: 3, result: 2, value: bytes('on') },
    { target: 3 },
    { target: 4, lease: '0' },
    { target: 4, result: 1, lease: '0' },
    { target: 0, result: 1, version: '0', range_end: bytes('/t/3') },
    { target: 3, value: bytes('one'), range_end: bytes('/t/3') },
    { target: 1, create_revision: '0', key: bytes('/none') },
    { target: 3, value: bytes(''), key: bytes('/none') },
    { target: 3, result: 3, value: bytes('x'), key: bytes('/none') },
    { target: 0, key: bytes('/none'), range_end: bytes('/nonf') },
    { key: bytes('') },
  ])('compares %o', async (compare) => {
    await kv('Txn', { compare: [{ key: bytes('/t/1'), ...compare }], failure: [requestRange('/t/1')] });
  });

  test('all writes are one revision, and reads among them see those before', async () => {
    const answer = await kv('Txn', {
      success: [
        requestRange('/t/', { range_end: bytes('/t0') }),
        requestPut('/t/3', 'three', { prev_kv: true }),
        requestRange('/t/', { range_end: bytes('/t0') }),
        requestDelete('/t/1', { prev_kv: true }),
        requestPut('/t/2', 'zwei', { prev_kv: true }),
        requestRange('/t/', { range_end: bytes('/t0'), revision: '4' }),
        requestRange('/t/', { range_end: bytes('/t0') }),
      ],
    });
    const revision = answer.header?.revision;
    expect(await prefix('/t/')).toMatchObject({
      header: { revision },
      kvs: [{ mod_revision: revision }, { mod_revision: revision }],
    });
  });

  test('a txn that only reads leaves the revision', async () => {
    await kv('Txn', { success: [requestRange('/t/2'), requestDelete('/none')] });
    await kv('Txn', {});
  });

  test('inner ones choose their branches before anything is written', async () => {
    const ifTwoIs = (value: string) => [{ target: 3, key: bytes('/t/2'), value: bytes(value) }];
    await kv('Txn', {
      success: [
        requestPut('/t/2', 'deux'),
        {
          request_txn: {
            compare: ifTwoIs('deux'),
            success: [requestPut('/t/4', 'new')],
            failure: [requestPut('/t/4', 'old'), { request_txn: { success: [requestPut('/t/5', 'inner')] } }],
          },
        },
      ],
    });
    expect(await range('/t/4')).toMatchObject({ kvs: [{ value: bytes('old') }] });
  });

  test.for([
    ['a key twice', { success: [requestPut('/d', '1'), requestPut('/d', '2')] }],
    ['a key put and deleted', { success: [requestPut('/d', '1'), requestDelete('/d')] }],
    [
      'a key put and its range deleted',
      { failure: [requestDelete('/c', { range_end: bytes('/e') }), requestPut('/d', '')] },
    ],
    ['a key once in each branch', { success: [requestPut('/d', '1')], failure: [requestPut('/d', '2')] }],
    ['a key deleted twice', { success: [requestDelete('/d'), requestDelete('/d')] }],
    [
      'a key put here and inside',
      { success: [requestPut('/d', '1'), { request_txn: { failure: [requestPut('/d', '2')] } }] },
    ],
    [
      'a key put and deleted in the branches of an inner one',
      { success: [{ request_txn: { success: [requestPut('/d', '1')], failure: [requestDelete('/d')] } }] },
    ],
    [
      'a key put in an inner one and deleted in the one before',
      {
        success: [
          { request_txn: { success: [requestDelete('/d')] } },
          { request_txn: { success: [requestPut('/d', '1')] } },
        ],
      },
    ],
    [
      'a key put in an inner one and deleted in the next',
      {
        success: [
          { request_txn: { success: [requestPut('/d', '1')] } },
          { request_txn: { success: [requestDelete('/d')] } },
        ],
      },
    ],
    ['no key', { success: [requestPut('', '1')] }],
    ['no key to read', { success: [requestRange('')] }],
    ['an operation without a request', { success: [{}] }],
    ['a put without its lease', { success: [requestPut('/ok', '1'), requestPut('/d', '1', { lease: '99' })] }],
    [
      'a put that keeps the value of no key',
      { success: [requestPut('/ok', '1'), requestPut('/none', '', { ignore_value: true })] },
    ],
    ['a read of the future', { success: [requestPut('/ok', '1'), requestRange('/d', { revision: '10000' })] }],
    ['the same in the other branch', { failure: [requestRange('/d', { revision: '10000' })] }],
    ['128 operations', { success: Array.from({ length: 128 }, (_, index) => requestPut(`/n/${index}`, '')) }],
    ['129 operations', { success: Array.from({ length: 129 }, (_, index) => requestPut(`/m/${index}`, '')) }],
    [
      '128 comparisons around one inner operation',
      {
        compare: Array.from({ length: 128 }, () => ({ key: bytes('/t/2'), target: 0, result: 1, version: '0' })),
        success: [{ request_txn: { success: [requestPut('/d', '1')] } }],
      },
    ],
  ] as const)('with %s', async ([, request]) => {
    await kv('Txn', request);
    expect(await range('/ok')).toMatchObject({ count: '0' });
    await range('/d');
  });
});

describe('Lease', () => {
  const lease = (method: string, request: Fields) => onBoth((client) => client.call('lease', method, request));

  test('grant takes the id that is asked for, once, and a TTL of 2 s at least', async () => {
    expect(await lease('LeaseGrant', { ID: '1001', TTL: '600' })).toMatchObject({ ID: '1001', TTL: '600' });
    await lease('LeaseGrant', { ID: '1001', TTL: '600' });
    expect(await lease('LeaseGrant', { ID: '1002', TTL: '1' })).toMatchObject({ TTL: '2' });
    await lease('LeaseRevoke', { ID: '1002' });
    await lease('LeaseGrant', { ID: '1003', TTL: '9000000001' });
  });

  test('a key goes with the lease of its last write', async () => {
    await lease('LeaseGrant', { ID: '1010', TTL: '700' });
    await put('/l/1', '', { lease: '1001' });
    await put('/l/2', '', { lease: '1001' });
    await put('/l/3', '', { lease: '1001' });
    await put('/l/4', '', { lease: '1010' });
    await put('/l/2', '', { lease: '1010' });
    await put('/l/3', '');
    await put('/l/4', 'kept', { ignore_lease: true });
    await put('/l/1', '', { ignore_value: true });
    await put('/l/1', '', { lease: '1001' });
    await prefix('/l/');
    const keys = async (id: string) => {
      const answers = await onBoth(async (client) => {
        const answer = await client.call('lease', 'LeaseTimeToLive', { ID: id, keys: true });
        // etcd gives them in any order, and a second may have passed on one side only.
        return { ...answer, TTL: undefined, keys: answer.keys.map(String).sort() };
      });
      return answers.keys;
    };
    expect(await keys('1001')).toEqual(['/l/1']);
    expect(await keys('1010')).toEqual(['/l/2', '/l/4']);
    expect(await keys('77')).toEqual([]);
    await lease('LeaseTimeToLive', { ID: '77' });
    expect(await lease('LeaseLeases', {})).toMatchObject({ leases: [{ ID: '1001' }, { ID: '1010' }] });
  });

  test('revoke deletes the keys in one revision, and is refused the second time', async () => {
    await lease('LeaseRevoke', { ID: '1010' });
    await prefix('/l/');
    await lease('LeaseRevoke', { ID: '1010' });
    await lease('LeaseRevoke', { ID: '1001' });
    await prefix('/l/');
    await lease('LeaseLeases', {});
  });

  test('keepalive answers with the TTL, with 0 for a lease that is not, and ends when the client is done', async () => {
    await lease('LeaseGrant', { ID: '1020', TTL: '60' });
    await onBoth(async (client) => {
      const stream = client.keepAlive();
      stream.send({ ID: '1020' });
      stream.send({ ID: '77' });
      const answers = await stream.take(2);
      stream.halfClose();
      return { answers, after: await stream.take(1), ended: stream.ended };
    });
    await lease('LeaseRevoke', { ID: '1020' });
  });
});

describe('Watch', () => {
  const create = (key: string, more: Fields = {}) => ({ create_request: { key: bytes(key), ...more } });

  /** Runs a conversation on a new stream and returns all that came. */
  const watching = (
    talk: (
      take: (count: number) => Promise<Answer[]>,
      send: (request: Fields) => void,
      client: RawClient,
    ) => Promise<void>,
  ) =>
    onBoth(async (client) => {
      const stream = client.watch();
      const all: Answer[] = [];
      await talk(
        async (count) => {
          const responses = await stream.take(count);
          all.push(...responses);
          return responses;
        },
        (request) => stream.send(request),
        client,
      );
      stream.cancel();
      return all;
    });

  test('created tells the revision of the store; each revision comes in a response of its own', async () => {
    const all = await watching(async (take, send, client) => {
      send(create('/w/', { range_end: bytes('/w0') }));
      await take(1);
      await client.call('kv', 'Put', { key: bytes('/w/1'), value: bytes('one') });
      await client.call('kv', 'Put', { key: bytes('/x'), value: bytes('elsewhere') });
      await client.call('kv', 'Put', { key: bytes('/w/1'), value: bytes('eins') });
      await client.call('kv', 'DeleteRange', { key: bytes('/w/1') });
      await take(3);
    });
    expect(all[3]).toMatchObject({ events: [{ type: 1, kv: { value: bytes(''), lease: '0', version: '0' } }] });
  });

  test('all events of a txn come in one response, in the order of its writes', async () => {
    const all = await watching(async (take, send, client) => {
      send(create('/w/', { range_end: bytes('/w0'), prev_kv: true }));
      await take(1);
      const success = [requestPut('/w/9', ''), requestPut('/w/1', ''), requestPut('/x', '')];
      await client.call('kv', 'Txn', { success });
      await client.call('kv', 'Txn', { success: [requestDelete('/', { range_end: bytes('0') })] });
      await take(2);
    });
    expect(all[1]?.events.map(({ kv }) => String(kv.key))).toEqual(['/w/9', '/w/1']);
  });

  test('starts in the past with all events since, in one response with the revision of the store', async () => {
    await put('/w/1', 'one');
    const revision = revisionOf(await put('/w/2', 'two'));
    await put('/w/1', 'eins', { prev_kv: true });
    await kv('DeleteRange', { key: bytes('/w/1') });
    const events = async (more: Fields) => {
      const all = await watching(async (take, send) => {
        send(create('/w/', { range_end: bytes('/w0'), start_revision: String(revision), prev_kv: true, ...more }));
        await take(2);
      });
      return all[1]?.events.map(({ type, kv, prev_kv }) => [type, String(kv.key), prev_kv && String(prev_kv.value)]);
    };
    expect(await events({})).toEqual([
      [0, '/w/2', null],
      [0, '/w/1', 'one'],
      [1, '/w/1', 'eins'],
    ]);
    expect(await events({ prev_kv: false })).toHaveLength(3);
    expect(await events({ filters: [0] })).toEqual([[1, '/w/1', 'eins']]);
    expect(await events({ filters: [1] })).toHaveLength(2);
    expect(await events({ range_end: bytes('\0') })).toHaveLength(3);
    expect(await events({ key: bytes(''), range_end: bytes('\0') })).toHaveLength(3);
    expect(await events({ key: bytes('/w/2'), range_end: bytes('') })).toHaveLength(1);
  });

  test('starts in the future with the events from there on', async () => {
    const revision = revisionOf(await range('/w/1'));
    await watching(async (take, send, client) => {
      send(create('/w/1', { start_revision: String(revision + 2) }));
      await take(1);
      await client.call('kv', 'Put', { key: bytes('/w/1'), value: bytes('too early') });
      await client.call('kv', 'Put', { key: bytes('/w/1'), value: bytes('right') });
      await take(1);
    });
  });

  test('many watches share a stream; ids are given or chosen, and an id is not taken twice', async () => {
    await watching(async (take, send, client) => {
      for (const more of [
        {},
        { watch_id: '1' },
        {},
        { watch_id: '1' },
        { watch_id: '7' },
        { range_end: bytes('/a') },
      ]) {
        send(create('/w/1', more));
        await take(1);
      }
      send({ cancel_request: { watch_id: '0' } });
      send({ cancel_request: { watch_id: '1' } });
      await take(2);
      send({ cancel_request: { watch_id: '55' } });
      send({ cancel_request: { watch_id: '2' } });
      await take(1);
      send({});
      await client.call('kv', 'Put', { key: bytes('/w/1'), value: bytes('for one watch') });
      await take(1);
      send({ progress_request: {} });
      await take(1);
    });
  });

  test('goes on when the client has nothing more to ask', async () => {
    await onBoth(async (client) => {
      const stream = client.watch();
      stream.send(create('/w/1'));
      stream.halfClose();
      const created = await stream.take(1);
      await client.call('kv', 'Put', { key: bytes('/w/1'), value: bytes('after') });
      const events = await stream.take(1);
      stream.cancel();
      return { created, events };
    });
  });

  test('splits the events of a large revision when asked to', async () => {
    const value = 'x'.repeat(700_000);
    for (const key of ['/w/a', '/w/b', '/w/c', '/w/d', '/w/e', '/w/f', '/w/g']) {
      for (const client of clients) await client.call('kv', 'Put', { key: bytes(key), value: bytes(value) });
    }
    const fragments = await onBoth(async (client) => {
      const stream = client.watch();
      stream.send(create('/w/', { range_end: bytes('/w0'), fragment: true, prev_kv: true, filters: [0] }));
      await stream.take(1);
      await client.call('kv', 'DeleteRange', { key: bytes('/w/a'), range_end: bytes('/w/h') });
      const responses: Answer[] = [];
      do responses.push(...(await stream.take(1)));
      while (responses.at(-1)?.fragment);
      stream.cancel();
      return responses.map(({ header, fragment, events }) => ({
        ...{ header, fragment },
        events: events.map(({ type, kv, prev_kv }) => [type, String(kv.key), prev_kv?.value.length]),
      }));
    });
    expect(fragments.map(({ fragment }) => fragment)).toEqual([true, true, true, false]);
  });
});

// Last, because it takes the history from the tests above.
describe('Compact', () => {
  test('takes the history before the revision, and nothing else', async () => {
    await put('/c/1', 'one');
    await put('/c/2', 'gone');
    await kv('DeleteRange', { key: bytes('/c/2') });
    await put('/c/3', 'three');
    const revision = revisionOf(await put('/c/1', 'eins'));
    const compact = (to: number) => kv('Compact', { revision: String(to), physical: true });
    await compact(revision + 1);
    await compact(revision - 1);
    await compact(revision - 1);
    await compact(revision - 2);
    await prefix('/c/');
    await prefix('/c/', { revision: String(revision - 1) });
    expect(await prefix('/c/', { revision: String(revision - 2) })).toMatchObject({
      details: 'etcdserver: mvcc: required revision has been compacted',
    });
    await kv('Txn', { success: [requestRange('/c/1', { revision: '3' })] });

    const watched = (start: number) =>
      onBoth(async (client) => {
        const stream = client.watch();
        const range_end = bytes('/c0');
        stream.send({ create_request: { key: bytes('/c/'), range_end, start_revision: String(start), prev_kv: true } });
        const responses = await stream.take(2);
        stream.cancel();
        return responses;
      });
    expect(await watched(revision - 2)).toMatchObject([
      { created: true, canceled: false },
      { created: false, canceled: true, compact_revision: String(revision - 1), cancel_reason: '' },
    ]);
    expect((await watched(revision - 1))[1]?.events).toMatchObject([{ prev_kv: null }, { prev_kv: { version: '1' } }]);
  });
});

test('authentication is off, and what is not there says so', async () => {
  await onBoth((client) => client.call('auth', 'Authenticate', { name: 'root', password: 'root' }));
  const answer = await clients[1]?.call('maintenance', 'Defragment');
  expect(answer).toMatchObject({ code: 12 });
});
