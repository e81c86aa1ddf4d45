// Which keys below one prefix exist and how each was last written: what it takes to turn a list into the changes that it
// shows, to ignore an event that comes twice, and to compare ourselves with etcd. Values are not kept.

import type { KeyChange, KeyDelete, KeyOctets, KeyPut } from '../registry/change.ts';
import type { KeyRange } from './key-range.ts';
import { TableSnapshot } from './table-snapshot.ts';
import { isSameWrite, type Write, writeOf } from './write.ts';

/** What a list changes. */
export interface ListChanges {
  readonly puts: readonly KeyPut[];
  readonly deletes: readonly KeyDelete[];
}

export class KeyTable {
  /** What the keys are within. */
  readonly range: KeyRange;
  readonly #writes = new Map<KeyOctets, Write>();
  readonly #snapshots = new Set<TableSnapshot>();
  #applied = 0n;
  #audited = 0n;

  constructor(range: KeyRange) {
    this.range = range;
  }

  /** How many keys exist. */
  get size(): number {
    return this.#writes.size;
  }

  /** The revision up to which every event has been applied: of the last one, or of the list. */
  get applied(): bigint {
    return this.#applied;
  }

  /** The revision at which the table was last found to be what etcd held. */
  get audited(): bigint {
    return this.#audited;
  }

  markAudited(revision: bigint): void {
    this.#audited = revision;
  }

  /** Takes over the keys of a complete list, and returns what it changes. */
  replace(listed: ReadonlyMap<KeyOctets, KeyPut>, revision: bigint): ListChanges {
    const puts: KeyPut[] = [];
    const deletes: KeyDelete[] = [];
    for (const [key, put] of listed) {
      const write = writeOf(put);
      if (isSameWrite(write, this.#writes.get(key))) continue;
      this.#set(key, write);
      puts.push(put);
    }
    for (const key of this.#writes.keys()) {
      if (listed.has(key)) continue;
      this.#delete(key);
      deletes.push({ kind: 'delete', key, modRevision: revision });
    }
    this.#applied = revision;
    this.#audited = revision;
    return { puts, deletes };
  }

  /** Applies the events of one watch response, in their order, and returns those that were not known yet. */
  apply(events: readonly KeyChange[]): KeyChange[] {
    const changes: KeyChange[] = [];
    // Events of one transaction share their revision, so all are compared with the one before this response.
    const before = this.#applied;
    for (const event of events) {
      if (event.modRevision <= before) continue;
      if (event.modRevision > this.#applied) this.#applied = event.modRevision;
      if (event.kind === 'put') {
        this.#set(event.key, writeOf(event));
        changes.push(event);
      } else if (this.#delete(event.key)) {
        changes.push(event);
      }
    }
    return changes;
  }

  /** The revision of the last write of a key that exists; 0 when none does. */
  newestWrite(): bigint {
    let newest = 0n;
    for (const { revision } of this.#writes.values()) if (revision > newest) newest = revision;
    return newest;
  }

  /** How many keys were last written at a revision or after it. */
  countWrittenFrom(revision: bigint): number {
    let count = 0;
    for (const write of this.#writes.values()) if (write.revision >= revision) count += 1;
    return count;
  }

  /** Keeps the table as it is now for a reader, until that releases it. */
  snapshot(): TableSnapshot {
    const snapshot = new TableSnapshot(this.#writes);
    this.#snapshots.add(snapshot);
    return snapshot;
  }

  release(snapshot: TableSnapshot): void {
    this.#snapshots.delete(snapshot);
  }

  #set(key: KeyOctets, write: Write): void {
    for (const snapshot of this.#snapshots) snapshot.keep(key);
    this.#writes.set(key, write);
  }

  #delete(key: KeyOctets): boolean {
    for (const snapshot of this.#snapshots) snapshot.keep(key);
    return this.#writes.delete(key);
  }
}
