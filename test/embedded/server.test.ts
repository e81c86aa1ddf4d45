import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { Etcd3 } from 'etcd3';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CONNECTIONS_MAX, EmbeddedStore } from '../../src/embedded/server.ts';
import { HISTORY_MAX_BYTES } from '../../src/embedded/store.ts';
import { until } from '../support/until.ts';
import type { Answer, Fields } from './raw-client.ts';
import { bytes, RawClient } from './raw-client.ts';

let store: EmbeddedStore;

beforeEach(async () => {
  store = await EmbeddedStore.listen({ host: '127.0.0.1', port: 0 });
});

afterEach(() => store.close());

const portOf = (endpoint: string) => Number(new URL(endpoint).port);

describe('listening', () => {
  test('says with a code that the port is taken', async () => {
    const listening = EmbeddedStore.listen({ host: '127.0.0.1', port: portOf(store.endpoint) });
    await expect(listening).rejects.toMatchObject({ name: 'EmbeddedStoreError', code: 'port-taken' });
  });

  test('says with another code that the address is not of this machine', async () => {
    const listening = EmbeddedStore.listen({ host: '192.0.2.1', port: 0 });
    await expect(listening).rejects.toMatchObject({ name: 'EmbeddedStoreError', code: 'listen-failed' });
  });

  test('on ::1 gives an endpoint that clients understand', async () => {
    const six = await EmbeddedStore.listen({ host: '::1', port: 0 });
    expect(six.endpoint).toMatch(/^http:\/\/\[::1\]:\d+$/);
    const client = await RawClient.connect(six.endpoint);
    expect(await client.call('kv', 'Range', { key: bytes('/a') })).toMatchObject({ header: { revision: '1' } });
    client.close();
    await six.close();
  });
});

test('serves so many connections and closes the next', async () => {
  const sockets = Array.from({ length: CONNECTIONS_MAX }, () => connect(portOf(store.endpoint), '127.0.0.1'));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const closed = await once(connect(portOf(store.endpoint), '127.0.0.1').resume(), 'close');
  expect(closed).toEqual([false]);
  expect(sockets.filter((socket) => socket.readyState !== 'open')).toEqual([]);
  for (const socket of sockets) socket.destroy();
});

describe('closing', () => {
  test('ends open watches and silent connections, frees the port, and can be asked for twice', async () => {
    const client = await RawClient.connect(store.endpoint);
    const stream = client.watch();
    stream.send({ create_request: { key: bytes('/a') } });
    await stream.take(1);
    const silent = connect(portOf(store.endpoint), '127.0.0.1').resume();
    await once(silent, 'connect');
    const silentClosed = once(silent, 'close');
    await Promise.all([store.close(), store.close()]);
    await silentClosed;
    await until('the watch has ended', () => stream.ended !== undefined);
    client.close();
    const next = createServer().listen(portOf(store.endpoint), '127.0.0.1');
    await once(next, 'listening');
    next.close();
    await once(next, 'close');
  });

  test('forgets everything: the next store on the port is empty and of another cluster', async () => {
    const first = new Etcd3({ hosts: store.endpoint });
    const { header } = await first.put('/a').value('1').exec();
    first.close();
    await store.close();
    store = await EmbeddedStore.listen({ host: '127.0.0.1', port: portOf(store.endpoint) });
    const second = new Etcd3({ hosts: store.endpoint });
    const answer = await second.get('/a').exec();
    second.close();
    expect(answer).toMatchObject({ header: { revision: '1' }, kvs: [] });
    expect(answer.header.cluster_id).not.toBe(header.cluster_id);
  });
});

describe('the etcd3 client', () => {
  let client: Etcd3;
  beforeEach(() => {
    client = new Etcd3({ hosts: store.endpoint });
  });
  afterEach(() => client.close());

  test('puts, gets, lists and deletes', async () => {
    await client.put('/specServer/1').value('http://10.0.0.1:3456');
    await client.put('/specServer/2').value('http://10.0.0.2:3456');
    await client.put('/other').value('x');
    expect(await client.get('/specServer/1')).toBe('http://10.0.0.1:3456');
    expect(await client.getAll().prefix('/specServer/').strings()).toEqual({
      '/specServer/1': 'http://10.0.0.1:3456',
      '/specServer/2': 'http://10.0.0.2:3456',
    });
    expect(await client.delete().prefix('/specServer/')).toMatchObject({ deleted: '2' });
    expect(await client.getAll().keys()).toEqual(['/other']);
  });

  test('creates a key only if there is none', async () => {
    const create = (value: string) =>
      client.if('/a', 'Create', '==', 0).then(client.put('/a').value(value)).else(client.get('/a')).commit();
    expect(await create('first')).toMatchObject({ succeeded: true });
    expect(await create('second')).toMatchObject({ succeeded: false });
    expect(await client.get('/a')).toBe('first');
  });

  test('takes a lock that a second one waits for', async () => {
    const lock = await client.lock('/lock').acquire();
    await expect(client.lock('/lock').acquire()).rejects.toThrow();
    await lock.release();
    await (await client.lock('/lock').acquire()).release();
  });

  test('watches a prefix', async () => {
    const watcher = await client.watch().prefix('/specServer/').create();
    const seen: string[] = [];
    watcher.on('put', (kv) => seen.push(`put ${kv.key}=${kv.value}`));
    watcher.on('delete', (kv) => seen.push(`delete ${kv.key}`));
    await client.put('/specServer/1').value('a');
    await client.put('/other').value('b');
    await client.delete().key('/specServer/1');
    await until('two events', () => seen.length >= 2);
    expect(seen).toEqual(['put /specServer/1=a', 'delete /specServer/1']);
    await watcher.cancel();
  });

  test('keeps a key while its lease is kept alive, and revokes it', async () => {
    const lease = client.lease(3, { autoKeepAlive: true });
    await lease.put('/a').value('1');
    let renewals = 0;
    lease.on('keepaliveSucceeded', () => {
      renewals += 1;
    });
    const startedMs = performance.now();
    await until('more than the TTL has passed', () => renewals >= 2 && performance.now() - startedMs > 3_600);
    expect(await client.get('/a')).toBe('1');
    await lease.revoke();
    expect(await client.get('/a')).toBeNull();
  });
});

describe('with a raw client', () => {
  let client: RawClient;
  beforeEach(async () => {
    client = await RawClient.connect(store.endpoint);
  });
  afterEach(() => client.close());

  test('a lease that nobody keeps alive ends after its TTL: its keys go in one revision, and the watcher sees it', async () => {
    const stream = client.watch();
    stream.send({ create_request: { key: bytes('/'), range_end: bytes('0'), filters: [0], prev_kv: true } });
    await stream.take(1);
    await client.call('lease', 'LeaseGrant', { ID: '5', TTL: '2' });
    const grantedMs = performance.now();
    for (const key of ['/b', '/a']) await client.call('kv', 'Put', { key: bytes(key), value: bytes('1'), lease: '5' });
    const [response] = await stream.take(1);
    // The grant was made a little before its answer came.
    expect(performance.now() - grantedMs).toBeGreaterThan(1_900);
    expect(response?.events).toMatchObject([
      { type: 1, kv: { key: bytes('/a'), mod_revision: '4', lease: '0' }, prev_kv: { lease: '5' } },
      { type: 1, kv: { key: bytes('/b'), mod_revision: '4', value: bytes('') } },
    ]);
    expect(await client.call('lease', 'LeaseLeases')).toMatchObject({ leases: [] });
    stream.cancel();
  });

  test('a backlog comes in whole revisions, at most 1000 a response, and none is missing', async () => {
    const success = [0, 1].map((part) => ({ request_put: { key: bytes(`/${part}`), value: bytes('x') } }));
    const revisions = 1100;
    for (let made = 0; made < revisions; made += 100) {
      await Promise.all(Array.from({ length: 100 }, () => client.call('kv', 'Txn', { success })));
    }
    const stream = client.watch();
    stream.send({ create_request: { key: bytes('/'), range_end: bytes('0'), start_revision: '2' } });
    const [, ...batches] = await stream.take(3);
    stream.cancel();
    expect(batches.map(({ events }) => events.length)).toEqual([2000, 200]);
    const modRevisions = batches.flatMap(({ events }) => events.map(({ kv }) => Number(kv.mod_revision)));
    expect(modRevisions).toEqual(Array.from({ length: 2 * revisions }, (_, index) => 2 + Math.floor(index / 2)));
  });

  test('a backlog of large values comes in responses that any client accepts', async () => {
    const value = bytes('x'.repeat(1_000_000));
    for (let index = 0; index < 8; index += 1) await client.call('kv', 'Put', { key: bytes(`/${index}`), value });
    const stream = client.watch();
    stream.send({ create_request: { key: bytes('/'), range_end: bytes('0'), start_revision: '2' } });
    const events: string[] = [];
    await until('all events', () => {
      for (const response of stream.responses.splice(0))
        events.push(...response.events.map(({ kv }) => String(kv.key)));
      return events.length >= 8;
    });
    stream.cancel();
    expect(events).toEqual(['/0', '/1', '/2', '/3', '/4', '/5', '/6', '/7']);
  });

  test('a watcher that does not read costs no more than the history, and is told that it has fallen behind', async () => {
    const stream = client.watch();
    stream.send({ create_request: { key: bytes('/large') } });
    await stream.take(1);
    stream.pause();
    const value = bytes('x'.repeat(1_500_000));
    // Twice the history, and what gRPC holds for the stream besides.
    const puts = Math.ceil((2 * HISTORY_MAX_BYTES) / value.length);
    for (let made = 0; made < puts; made += 1) await client.call('kv', 'Put', { key: bytes('/large'), value });
    // Others are served meanwhile.
    const other = client.watch();
    other.send({ create_request: { key: bytes('/small') } });
    await other.take(1);
    await client.call('kv', 'Put', { key: bytes('/small'), value: bytes('1') });
    expect(await other.take(1)).toMatchObject([{ events: [{ kv: { value: bytes('1') } }] }]);

    stream.resume();
    const received: Answer[] = [];
    await until('the watch is canceled', async () => {
      received.push(...stream.responses.splice(0));
      return received.some(({ canceled }) => canceled);
    });
    const revisions = received.flatMap(({ events }) => events.map(({ kv }) => Number(kv.mod_revision)));
    expect(revisions).toEqual(revisions.map((_, index) => 2 + index));
    expect(revisions.length).toBeLessThan(puts);
    expect(Number(received.at(-1)?.compact_revision)).toBeGreaterThan(revisions.length + 2);
    other.cancel();
    stream.cancel();
  });

  test('the keepalives of a client that reads late are all answered', async () => {
    const stream = client.keepAlive();
    stream.pause();
    for (let sent = 0; sent < 5_000; sent += 1) stream.send({ ID: '5' });
    expect(await client.call('lease', 'LeaseLeases')).toMatchObject({ leases: [] });
    stream.resume();
    expect(await stream.take(5_000)).toHaveLength(5_000);
    stream.cancel();
  });

  test('a stream holds 1000 watches and not one more', async () => {
    const stream = client.watch();
    for (let index = 0; index <= 1000; index += 1) stream.send({ create_request: { key: bytes(`/${index}`) } });
    const responses = await stream.take(1001);
    expect(responses[999]).toMatchObject({ created: true, canceled: false, watch_id: '999' });
    expect(responses[1000]).toMatchObject({ created: true, canceled: true, watch_id: '-1' });
    stream.cancel();
  });

  test("takes transactions 32 deep through the codec, and refuses deeper ones in etcd's words", async () => {
    const nested = (depth: number): Fields => ({
      success: [depth === 1 ? { request_range: { key: bytes('/a') } } : { request_txn: nested(depth - 1) }],
    });
    expect(await client.call('kv', 'Txn', nested(32))).toMatchObject({ succeeded: true });
    expect(await client.call('kv', 'Txn', nested(33))).toMatchObject({ code: 3 });
  });
});

test('a watch that asked for it is told every 10 minutes how far the store is, unless events have told it', async () => {
  // Only intervals: the ones of the store are all it has, and the client has none.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const patient = await EmbeddedStore.listen({ host: '127.0.0.1', port: 0 });
  const client = await RawClient.connect(patient.endpoint);
  try {
    const stream = client.watch();
    stream.send({ create_request: { key: bytes('/quiet'), progress_notify: true } });
    stream.send({ create_request: { key: bytes('/busy'), progress_notify: true } });
    stream.send({ create_request: { key: bytes('/not asked') } });
    await stream.take(3);
    await client.call('kv', 'Put', { key: bytes('/busy') });
    await stream.take(1);
    vi.advanceTimersByTime(10 * 60 * 1000);
    expect(await stream.take(1)).toMatchObject([{ watch_id: '0', events: [], header: { revision: '2' } }]);
    vi.advanceTimersByTime(10 * 60 * 1000);
    expect(await stream.take(2)).toMatchObject([{ watch_id: '0' }, { watch_id: '1', header: { revision: '2' } }]);
    stream.cancel();
  } finally {
    client.close();
    await patient.close();
    vi.useRealTimers();
  }
});
