// How the events of a watch are put into responses. What the responses hold is compared with etcd in parity.test.ts.

import { describe, expect, test } from 'vitest';
import type { WatchCreateRequest, WatchResponse } from '../../src/embedded/protocol.ts';
import { Store } from '../../src/embedded/store.ts';
import { Watch } from '../../src/embedded/watch.ts';
import { bytes } from './raw-client.ts';

const ALL: WatchCreateRequest = {
  ...{ key: bytes('\0'), range_end: bytes('\0'), start_revision: '2', watch_id: '0' },
  ...{ prev_kv: false, progress_notify: false, fragment: false, filters: [] },
};

/** All responses of a watch from the first revision on, as far as the store is. */
function responsesOf(store: Store, request: WatchCreateRequest): WatchResponse[] {
  const watch = new Watch('0', request, store.revision);
  const responses: WatchResponse[] = [];
  for (let step = watch.take(store); step.kind !== 'idle'; step = watch.take(store)) {
    if (step.kind === 'compacted') return [...responses, step.response];
    responses.push(...step.responses);
  }
  return responses;
}

const sizesOf = (responses: readonly WatchResponse[]) => responses.map(({ events }) => events?.length);

function putEach(store: Store, valueOctets: readonly number[]): void {
  for (const [index, octets] of valueOctets.entries()) {
    store.transact((transaction) => transaction.put(`/${index}`, 'x'.repeat(octets), 0n));
  }
}

const MEBIBYTE = 1024 * 1024;

describe('a backlog', () => {
  test('of large values is split between revisions, so that each response is below 2 MiB if it holds more than one', () => {
    const store = new Store();
    putEach(store, [MEBIBYTE, MEBIBYTE - 1000, 1000, 3 * MEBIBYTE, 10, 10]);
    expect(sizesOf(responsesOf(store, ALL))).toEqual([2, 1, 1, 2]);
  });

  test('of one huge revision comes whole, in fragments where the watch asks for them', () => {
    const store = new Store();
    const keys = 200_000;
    store.transact((transaction) => {
      for (let index = 0; index < keys; index += 1) transaction.put(`/${index}`, 'x', 0n);
    });
    expect(sizesOf(responsesOf(store, ALL))).toEqual([keys]);
    const fragments = responsesOf(store, { ...ALL, fragment: true });
    expect(fragments.map(({ fragment }) => fragment)).toEqual([...fragments.slice(1).map(() => true), false]);
    expect(fragments.length).toBeGreaterThan(1);
    expect(fragments.flatMap(({ events }) => events ?? [])).toHaveLength(keys);
  });

  test('with nothing for the watch gives no response, and its place moves on all the same', () => {
    const store = new Store();
    const watch = new Watch('0', { ...ALL, key: bytes('/other'), range_end: bytes('') }, store.revision);
    putEach(store, [1, 1, 1]);
    expect(watch.take(store)).toEqual({ kind: 'idle' });
    store.compact(store.revision);
    store.transact((transaction) => transaction.put('/other', '', 0n));
    expect(watch.take(store)).toMatchObject({
      kind: 'events',
      responses: [{ events: [{ kv: { mod_revision: '5' } }] }],
    });
  });

  test('that is compacted before it is taken ends the watch with the oldest revision that is left', () => {
    const store = new Store();
    putEach(store, [1, 1, 1]);
    store.compact(3n);
    expect(responsesOf(store, ALL)).toMatchObject([{ canceled: true, compact_revision: '3' }]);
    expect(sizesOf(responsesOf(store, { ...ALL, start_revision: '3' }))).toEqual([2]);
  });
});
