import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rangeOfPrefix } from '../../src/etcd/key-range.ts';
import { KeyTable } from '../../src/etcd/key-table.ts';
import type { KeyChange, KeyPut } from '../../src/registry/change.ts';

function put(key: string, modRevision: bigint): KeyPut {
  return { kind: 'put', key, value: Buffer.from(`at ${modRevision}`), modRevision, leaseId: '0' };
}

/** A history of a store: one put or delete of a few keys per revision, from revision 2 on. */
const histories = fc
  .array(fc.record({ key: fc.constantFrom('/a', '/b', '/c'), isPut: fc.boolean() }), { maxLength: 30 })
  .map((writes) =>
    writes.map(({ key, isPut }, at): KeyChange => {
      const modRevision = BigInt(at + 2);
      return isPut ? put(key, modRevision) : { kind: 'delete', key, modRevision };
    }),
  );

function contentOf(history: readonly KeyChange[]): Map<string, KeyPut> {
  const content = new Map<string, KeyPut>();
  for (const change of history) {
    if (change.kind === 'put') content.set(change.key, change);
    else content.delete(change.key);
  }
  return content;
}

/** What a consumer holds that applies changes as they come. */
function consume(content: Map<string, KeyPut>, changes: readonly KeyChange[]): Map<string, KeyPut> {
  for (const change of changes) {
    if (change.kind === 'put') content.set(change.key, change);
    else expect(content.delete(change.key)).toBe(true);
  }
  return content;
}

describe('a table', () => {
  it('comes to what the store holds from any list and any resumption after it, events twice or not', () => {
    fc.assert(
      fc.property(histories, fc.nat(30), fc.array(fc.nat(30)), (history, listedAt, cuts) => {
        const table = new KeyTable(rangeOfPrefix('/'));
        const listed = history.slice(0, listedAt);
        const consumed = consume(
          new Map(),
          table.replace(contentOf(listed), listed.at(-1)?.modRevision ?? 1n, 'revisions'),
        );
        // Each cut delivers some events again, and some more.
        for (const cut of [...cuts, history.length]) {
          const known = history.findIndex(({ modRevision }) => modRevision > table.applied);
          const from = Math.max(0, (known === -1 ? history.length : known) - (cut % 4));
          consume(consumed, table.apply(history.slice(from, Math.max(from, cut))));
        }
        expect(consumed).toEqual(contentOf(history));
      }),
    );
  });

  it('comes to what a new list holds, with changes only where revisions differ', () => {
    fc.assert(
      fc.property(histories, fc.nat(30), (history, knownUntil) => {
        const table = new KeyTable(rangeOfPrefix('/'));
        const before = contentOf(history.slice(0, knownUntil));
        table.replace(before, 1n, 'nothing');
        const after = contentOf(history);
        const changes = table.replace(after, BigInt(history.length + 1), 'revisions');
        for (const change of changes) {
          if (change.kind === 'put') expect(before.get(change.key)?.modRevision).not.toBe(change.modRevision);
        }
        expect(consume(new Map(before), changes)).toEqual(after);
      }),
    );
  });

  it('reports every key of a list that shares no history with it', () => {
    const table = new KeyTable(rangeOfPrefix('/'));
    table.replace(new Map([['/a', put('/a', 5n)]]), 5n, 'nothing');
    const other: KeyPut = { ...put('/a', 5n), value: Buffer.from('of another history') };
    expect(table.replace(new Map([['/a', other]]), 5n, 'revisions')).toEqual([]);
    expect(table.replace(new Map([['/a', other]]), 5n, 'nothing')).toEqual([other]);
  });

  it('applies all events of one transaction, which share their revision', () => {
    const table = new KeyTable(rangeOfPrefix('/'));
    const events = [put('/a', 7n), put('/b', 7n)];
    expect(table.apply(events)).toEqual(events);
    expect(table.apply(events)).toEqual([]);
    expect(table.applied).toBe(7n);
  });

  it('is summarised by the number of keys, and those written since the last audit', () => {
    const table = new KeyTable(rangeOfPrefix('/'));
    expect(table.digest()).toEqual({ count: 0, written: new Map() });
    table.apply([put('/a', 2n), put('/b', 3n), put('/c', 4n), { kind: 'delete', key: '/c', modRevision: 5n }]);
    expect(table.digest()).toEqual({
      count: 2,
      written: new Map([
        ['/a', 2n],
        ['/b', 3n],
      ]),
    });
    table.markAudited(5n);
    table.apply([put('/a', 6n)]);
    expect(table.digest()).toEqual({ count: 2, written: new Map([['/a', 6n]]) });
  });
});
