// Compares a table with what etcd holds, to find an event that never came, and a store that was put back to a backup and
// has another history since. Both sides are taken at the same revision, so writes that go on meanwhile make no difference.

import type { Connection } from './connection.ts';
import { type Fault, fault } from './fault.ts';
import type { KeyTable } from './key-table.ts';
import { readPages } from './range.ts';
import { sleep } from './sleep.ts';
import { isSameWrite, writeOf } from './write.ts';

/** Keys. Queries wait while a page is decoded, for some 8 ms; smaller ones cost etcd 3.4 too much, see `range.ts`. */
const PAGE_KEYS = 2000;

/** Keys. A table of no more is confirmed as a whole: with values of 4 KiB 1 MB, for which resuming can wait. */
const CONFIRM_ALL_KEYS = 250;

/** Milliseconds for events under way to arrive: etcd ships what a watch has missed every 100 ms. */
const SETTLE_MS = 1000;

/** `recent`: the number of keys, and those written since the last audit. `all`: every key. */
export type AuditScope = 'recent' | 'all';

/**
 * Returns nothing when they agree, a fault with reason `audit` when not, another when they could not be compared.
 *
 * @param onPage called whenever some keys have come: over a slow link they keep other answers waiting
 */
export async function auditTable(
  connection: Connection,
  table: KeyTable,
  scope: AuditScope,
  signal: AbortSignal,
  onPage: () => void,
): Promise<Fault | undefined> {
  const from = scope === 'all' ? 0n : table.audited + 1n;
  const at = table.applied;
  let found = await compare(connection, table, from, at, onPage);
  if (found?.reason === 'compacted') {
    // No event came for so long that the store has forgotten the revision. Then its present state must be ours, unless
    // an event is under way: when one comes now, there is a revision that is kept.
    found = await compare(connection, table, from, undefined, onPage);
    if (found?.reason === 'audit') {
      await sleep(SETTLE_MS, signal);
      if (table.applied !== at) return auditTable(connection, table, scope, signal, onPage);
    }
  }
  if (found === undefined) table.markAudited(at);
  return found;
}

/**
 * Finds out whether a table that is to be gone on with is still a state of this store: a restored one has the same
 * identity, and soon the same revisions. Few keys are compared as a whole; of more, their number and what was written
 * last.
 */
export function confirmTable(connection: Connection, table: KeyTable): Promise<Fault | undefined> {
  const from = table.size <= CONFIRM_ALL_KEYS ? 0n : table.newestWrite();
  return compare(connection, table, from, table.applied, () => {});
}

/**
 * Compares the number of keys, and those written at the revision `from` or after it.
 *
 * @param revision the state of the store to compare with; the present one when undefined
 */
async function compare(
  connection: Connection,
  table: KeyTable,
  from: bigint,
  revision: bigint | undefined,
  onPage: () => void,
): Promise<Fault | undefined> {
  const at = table.applied;
  const expected = table.countWrittenFrom(from);
  const snapshot = table.snapshot();
  try {
    const pages = readPages(connection, [table.range], { pageKeys: PAGE_KEYS, writtenFrom: from, revision });
    let agreed = 0;
    for await (const page of pages) {
      if (page.kind === 'fault') return page;
      onPage();
      if (page.count !== snapshot.size) return difference(at, `${snapshot.size} keys, where etcd has ${page.count}`);
      for (const put of page.puts) {
        const known = snapshot.get(put.key);
        if (!isSameWrite(known, writeOf(put))) {
          const ours = known === undefined ? 'unknown' : `of revision ${known.revision}`;
          return difference(at, `${JSON.stringify(put.key)} is ${ours}, where etcd has another of ${put.modRevision}`);
        }
        agreed += 1;
      }
    }
    if (agreed === expected) return undefined;
    return difference(at, `${expected} keys written since revision ${from}, where etcd has ${agreed}`);
  } finally {
    table.release(snapshot);
  }
}

function difference(at: bigint, detail: string): Fault {
  return fault('audit', `at revision ${at}: ${detail}`);
}
