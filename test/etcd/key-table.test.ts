import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rangeOfPrefix } from '../../src/etcd/key-range.ts';
import { KeyTable, type ListChanges } from '../../src/etcd/key-table.ts';
import { writeOf } from '../../src/etcd/write.ts';
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

function allOf({ puts, deletes }: ListChanges): KeyChange[] {
  return [...puts, ...deletes];
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
        const consumed = consume(new Map(), allOf(table.replace(contentOf(listed), listed.at(-1)?.modRevision ?? 1n)));
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
        table.replace(before, 1n);
        const after = contentOf(history);
        const changes = table.replace(after, BigInt(history.length + 1));
        for (const { key, modRevision } of changes.puts) expect(before.get(key)?.modRevision).not.toBe(modRevision);
        expect(consume(new Map(before), allOf(changes))).toEqual(after);
      }),
    );
  });

  it('reports a key of a list with another value or lease, although another history wrote it at the same revision', () => {
    const table = new KeyTable(rangeOfPrefix('/'));
    const known = [put('/a', 5n), put('/b', 5n), put('/c', 5n)] as const;
    table.replace(new Map(known.map((listed) => [listed.key, listed])), 5n);
    const value: KeyPut = { ...known[0], value: Buffer.from('at 6') };
    const lease: KeyPut = { ...known[1], leaseId: '7587869391538' };
    const others = [value, lease, known[2]];
    expect(allOf(table.replace(new Map(others.map((listed) => [listed.key, listed])), 5n))).toEqual([value, lease]);
  });

  it('applies all events of one transaction, which share their revision', () => {
    const table = new KeyTable(rangeOfPrefix('/'));
    const events = [put('/a', 7n), put('/b', 7n)];
    expect(table.apply(events)).toEqual(events);
    expect(table.apply(events)).toEqual([]);
    expect(table.applied).toBe(7n);
  });

  it('tells how many of its keys were written since a revision, and which revision is the newest', () => {
    const table = new KeyTable(rangeOfPrefix('/'));
    expect(table.newestWrite()).toBe(0n);
    expect(table.countWrittenFrom(0n)).toBe(0);
    table.apply([put('/a', 2n), put('/b', 3n), put('/c', 4n), { kind: 'delete', key: '/c', modRevision: 5n }]);
    expect(table.size).toBe(2);
    expect(table.newestWrite()).toBe(3n);
    expect([0n, 2n, 3n, 4n].map((revision) => table.countWrittenFrom(revision))).toEqual([2, 2, 1, 0]);
  });

  it('can be read as it was at any moment, whatever is applied to it afterwards', () => {
    fc.assert(
      fc.property(histories, fc.nat(30), (history, kept) => {
        const table = new KeyTable(rangeOfPrefix('/'));
        table.apply(history.slice(0, kept));
        const snapshot = table.snapshot();
        table.apply(history.slice(kept));
        const content = contentOf(history.slice(0, kept));
        expect(snapshot.size).toBe(content.size);
        for (const key of ['/a', '/b', '/c']) {
          const known = content.get(key);
          expect(snapshot.get(key)).toEqual(known && writeOf(known));
        }
      }),
    );
  });
});
