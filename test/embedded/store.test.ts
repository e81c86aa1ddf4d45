import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { singleKey } from '../../src/embedded/protocol.ts';
import type { KeyRange, KeyValue } from '../../src/embedded/store.ts';
import { HISTORY_MAX_BYTES, HISTORY_MAX_REVISIONS, Store } from '../../src/embedded/store.ts';

const ALL: KeyRange = { from: '', to: undefined };

/** What the store shows at a revision, as text: `key=value` with the version. */
function contentAt(store: Store, revision: bigint): string[] {
  const content: string[] = [];
  store.visit(ALL, revision, ({ key, value, version }) => content.push(`${key}=${value} v${version}`));
  return content;
}

function put(store: Store, key: string, value: string): void {
  store.transact((transaction) => transaction.put(key, value, 0n));
}

function remove(store: Store, key: string): KeyValue[] {
  return store.transact((transaction) => transaction.delete(singleKey(key)));
}

const key = fc.constantFrom('/a', '/b', '/b\0', '/c/1', '/c/2', '\xff');
const write = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), key, value: fc.string({ maxLength: 2 }) }),
  fc.record({ kind: fc.constant('delete' as const), from: key, to: fc.option(key, { nil: undefined }) }),
);
const step = fc.oneof(
  { weight: 9, arbitrary: fc.record({ kind: fc.constant('txn' as const), writes: fc.array(write, { maxLength: 3 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('compact' as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
);

/** Does the steps; returns the store and what it showed after each revision. */
function play(steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[]) {
  const store = new Store();
  const shown = new Map([[1n, [] as string[]]]);
  for (const step of steps) {
    if (step.kind === 'compact') {
      const lowest = store.compactedRevision < 0n ? 0n : store.compactedRevision;
      const revision = lowest + BigInt(Math.ceil(Number(store.revision - lowest) * step.part));
      if (revision > store.compactedRevision) store.compact(revision);
      continue;
    }
    store.transact((transaction) => {
      for (const write of step.writes) {
        if (write.kind === 'put') transaction.put(write.key, write.value, 0n);
        else transaction.delete({ from: write.from, to: write.to });
      }
    });
    shown.set(store.revision, contentAt(store, store.revision));
  }
  return { store, shown };
}

describe('the store', () => {
  test('shows every revision back to the compacted one as it was', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { store, shown } = play(steps);
        for (const [revision, content] of shown) {
          if (revision >= store.compactedRevision) expect(contentAt(store, revision)).toEqual(content);
        }
      }),
    );
  });

  test('has the changes of every revision after the compacted one: replayed on any revision they give the present', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.double({ min: 0, max: 1, noNaN: true }), (steps, part) => {
        const { store } = play(steps);
        const oldest = store.compactedRevision < 1n ? 1n : store.compactedRevision;
        const start = oldest + BigInt(Math.floor(Number(store.revision - oldest) * part));
        const replayed = new Map<string, string>();
        store.visit(ALL, start, (kv) => replayed.set(kv.key, kv.value));
        for (let revision = start + 1n; revision <= store.revision; revision += 1n) {
          for (const { kv, previous } of store.commitAt(revision)?.events ?? []) {
            expect(previous?.value).toBe(replayed.get(kv.key));
            if (kv.version === 0n) replayed.delete(kv.key);
            else replayed.set(kv.key, kv.value);
          }
        }
        const present = new Map<string, string>();
        store.visit(ALL, store.revision, (kv) => present.set(kv.key, kv.value));
        expect(replayed).toEqual(present);
      }),
    );
  });

  test('a transaction that changes nothing makes no revision and no commit', () => {
    const store = new Store();
    const commits: bigint[] = [];
    store.onCommit(({ revision }) => commits.push(revision));
    remove(store, '/none');
    expect(store.revision).toBe(1n);
    put(store, '/a', '1');
    remove(store, '/a');
    remove(store, '/a');
    expect(commits).toEqual([2n, 3n]);
  });

  test('the changes of the compacted revision itself can still be watched, a delete too', () => {
    const store = new Store();
    put(store, '/a', '1');
    remove(store, '/a');
    put(store, '/b', '1');
    store.compact(3n);
    expect(store.commitAt(2n)).toBeUndefined();
    expect(store.commitAt(3n)?.events).toMatchObject([{ kv: { key: '/a', version: 0n } }]);
    expect(contentAt(store, 3n)).toEqual([]);
    expect(contentAt(store, 4n)).toEqual(['/b=1 v1']);
  });

  test('compacts itself after so many revisions, and its size stays flat', () => {
    const store = new Store();
    const perKey = 8;
    for (let index = 0; index < HISTORY_MAX_REVISIONS; index += 1) put(store, `/${index % perKey}`, 'x');
    expect(store.compactedRevision).toBe(-1n);
    const full = store.sizeBytes;
    for (let index = 0; index < 3 * HISTORY_MAX_REVISIONS; index += 1) put(store, `/${index % perKey}`, 'x');
    expect(store.compactedRevision).toBe(store.revision - BigInt(HISTORY_MAX_REVISIONS) + 1n);
    expect(store.sizeBytes).toBeLessThan(full * 1.01);
    expect(contentAt(store, store.compactedRevision)).toHaveLength(perKey);
  });

  test('compacts itself when large values fill the history, but never its newest revision', () => {
    const store = new Store();
    const value = 'x'.repeat(HISTORY_MAX_BYTES / 4);
    for (let index = 0; index < 20; index += 1) put(store, '/large', value + index);
    expect(store.revision - store.compactedRevision).toBe(2n);
    put(store, '/larger', 'x'.repeat(HISTORY_MAX_BYTES));
    expect(store.compactedRevision).toBe(store.revision);
    expect(store.commitAt(store.revision)?.events).toHaveLength(1);
  });

  test('a deleted key leaves nothing behind once its delete is compacted', () => {
    const store = new Store();
    put(store, '/a', '1');
    const before = store.sizeBytes;
    for (let index = 0; index < 100; index += 1) {
      put(store, `/gone/${index}`, 'x');
      remove(store, `/gone/${index}`);
    }
    store.compact(store.revision);
    expect(store.sizeBytes).toBe(before);
  });
});
