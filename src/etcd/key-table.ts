// Which keys below one prefix exist and at which revision each was written: what it takes to turn a list into the
// changes that it shows, to ignore an event that comes twice, and to compare ourselves with etcd. Values are not kept.

import type { KeyChange, KeyOctets, KeyPut } from '../registry/change.ts';
import type { KeyRange } from './key-range.ts';

/** The keys below a prefix at one revision: how many, and those written after an earlier revision. */
export interface Digest {
  readonly count: number;
  /** The `mod_revision` of each; of those that exist. */
  readonly written: ReadonlyMap<KeyOctets, bigint>;
}

/** How much of a list is a change: the keys with another revision, or all, when revisions of two histories would meet. */
export type Compare = 'revisions' | 'nothing';

export class KeyTable {
  /** What the keys are within. */
  readonly range: KeyRange;
  #revisions = new Map<KeyOctets, bigint>();
  #applied = 0n;
  #audited = 0n;

  constructor(range: KeyRange) {
    this.range = range;
  }

  /** The revision up to which every event has been applied: of the last one, or of the list. */
  get applied(): bigint {
    return this.#applied;
  }

  /** The revision at which the table was last known to be what etcd held. */
  get audited(): bigint {
    return this.#audited;
  }

  markAudited(revision: bigint): void {
    this.#audited = revision;
  }

  /** Takes over the keys of a complete list, and returns what it changes. */
  replace(listed: ReadonlyMap<KeyOctets, KeyPut>, revision: bigint, compare: Compare): KeyChange[] {
    const changes: KeyChange[] = [];
    const revisions = new Map<KeyOctets, bigint>();
    for (const key of this.#revisions.keys()) {
      if (!listed.has(key)) changes.push({ kind: 'delete', key, modRevision: revision });
    }
    for (const [key, put] of listed) {
      revisions.set(key, put.modRevision);
      if (compare === 'nothing' || this.#revisions.get(key) !== put.modRevision) changes.push(put);
    }
    this.#revisions = revisions;
    this.#applied = revision;
    this.#audited = revision;
    return changes;
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
        this.#revisions.set(event.key, event.modRevision);
        changes.push(event);
      } else if (this.#revisions.delete(event.key)) {
        changes.push(event);
      }
    }
    return changes;
  }

  /** Summarises the table as it is, with the keys written since the last audit. */
  digest(): Digest {
    const written = new Map<KeyOctets, bigint>();
    for (const [key, revision] of this.#revisions) if (revision > this.#audited) written.set(key, revision);
    return { count: this.#revisions.size, written };
  }
}
