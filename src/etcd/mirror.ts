// What we know of the store: which one it is, how far every prefix has been applied, and whether that can be gone on from.
// It judges headers, turns lists and watch responses into batches, and does no I/O.

import type { ChangeBatch, KeyChange } from '../registry/change.ts';
import { type Fault, type FaultReason, fault } from './fault.ts';
import type { KeyRange } from './key-range.ts';
import { KeyTable } from './key-table.ts';
import type { Listing, StoreHeader } from './range.ts';

export class Mirror {
  /** One per prefix. Watches of one stream may be at different revisions, so each has its own. */
  readonly tables: readonly KeyTable[];
  #revision = 0n;
  #clusterId: string | undefined;
  #needsList = true;

  constructor(ranges: readonly KeyRange[]) {
    this.tables = ranges.map((range) => new KeyTable(range));
  }

  /** The highest revision that was applied in any prefix; 0 before the first list. */
  get revision(): bigint {
    return this.#revision;
  }

  /** Whether the watch cannot go on from what was applied. */
  get needsList(): boolean {
    return this.#needsList;
  }

  /** Finds that a header comes from another store, or from an older state of ours than one that showed `known`. */
  judge(header: Omit<StoreHeader, 'kind'>, known: bigint): Fault | undefined {
    if (this.#clusterId === undefined) return undefined;
    if (header.clusterId !== this.#clusterId) {
      return fault('other-cluster', `cluster ${header.clusterId} answers, expected ${this.#clusterId}`);
    }
    if (header.revision < known) return fault('revision-fell', `revision ${header.revision} after ${known}`);
    return undefined;
  }

  /** Notes a fault, and with it whether the next session must list before it watches. */
  distrust(reason: FaultReason): void {
    if (losesPosition(reason)) this.requireList();
  }

  requireList(): void {
    this.#needsList = true;
  }

  /** Takes over a complete list. */
  replace(listing: Listing): ChangeBatch {
    const { clusterId, revision } = listing;
    const lists = this.tables.map((table, index) => table.replace(listing.keys[index] ?? new Map(), revision));
    this.#clusterId = clusterId;
    this.#revision = revision;
    this.#needsList = false;
    // What goes comes last: who applies one change after the other never sees a name without the instances that it has
    // before and after.
    const changes = [...lists.flatMap(({ puts }) => puts), ...lists.flatMap(({ deletes }) => deletes)];
    return { revision, changes, source: 'list' };
  }

  /** Applies a watch response for one prefix; the batch is empty when it brings nothing that is not known. */
  apply(table: KeyTable, header: StoreHeader, events: readonly KeyChange[]): ChangeBatch | Fault {
    const changed = this.judge(header, table.applied);
    if (changed !== undefined) return changed;
    const changes = table.apply(events);
    if (table.applied > this.#revision) this.#revision = table.applied;
    return { revision: this.#revision, changes, source: 'watch' };
  }
}

/** Whether the watch cannot go on after a fault, or what was applied cannot be trusted. */
function losesPosition(reason: FaultReason): boolean {
  switch (reason) {
    case 'revision-fell':
    case 'other-cluster':
    case 'audit':
    case 'compacted':
    case 'canceled':
    case 'too-large':
      return true;
    case 'unreachable':
    case 'timeout':
    case 'no-leader':
    case 'authentication':
    case 'permission':
    case 'protocol':
    case 'refused':
    case 'closed':
      return false;
  }
}
