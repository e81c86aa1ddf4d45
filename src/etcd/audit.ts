// Compares a table with what etcd holds, to find an event that never came: the number of keys, and the revision of each
// that was written since the last time. Both sides are taken at the same revision, so writes that go on meanwhile make no
// difference.

import type { Connection } from './connection.ts';
import { type Fault, fault } from './fault.ts';
import type { Digest, KeyTable } from './key-table.ts';
import { digestRange } from './range.ts';
import { sleep } from './sleep.ts';

/** Milliseconds for events under way to arrive: etcd ships what a watch has missed every 100 ms. */
const SETTLE_MS = 1000;

/** Returns nothing when they agree, a fault with reason `audit` when not, another when they could not be compared. */
export async function auditTable(
  connection: Connection,
  table: KeyTable,
  signal: AbortSignal,
): Promise<Fault | undefined> {
  const expected = table.digest();
  const at = table.applied;
  const pinned = await digestRange(connection, table.range, table.audited, at);
  if (pinned.kind === 'digest') {
    const found = difference(expected, pinned, at);
    if (found === undefined) table.markAudited(at);
    return found;
  }
  if (pinned.reason !== 'compacted') return pinned;
  // No event came for so long that the store has forgotten the revision. Then its present state must be ours, unless
  // an event is under way: when one comes now, the next audit has a revision that is kept.
  const present = await digestRange(connection, table.range, table.audited, undefined);
  if (present.kind === 'fault') return present;
  const found = difference(expected, present, at);
  if (found === undefined) return undefined;
  await sleep(SETTLE_MS, signal);
  return table.applied === at ? found : undefined;
}

function difference(expected: Digest, found: Digest, at: bigint): Fault | undefined {
  if (expected.count !== found.count) {
    return fault('audit', `at revision ${at}: ${expected.count} keys, where etcd has ${found.count}`);
  }
  for (const [key, revision] of found.written) {
    const known = expected.written.get(key);
    if (known === revision) continue;
    const name = JSON.stringify(key);
    return fault('audit', `at revision ${at}: ${name} of revision ${known ?? 'unknown'}, where etcd has ${revision}`);
  }
  return undefined;
}
