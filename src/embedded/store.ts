// The keys of the embedded store in all their revisions, as etcd keeps them: every transaction that changes something
// is one revision, and any revision back to the compacted one can be read and watched again. The history compacts
// itself, so that memory stays flat however long the program runs. No I/O and no clock.

import { SortedMap } from './sorted-map.ts';

/** Octets of a key or a value, one character (U+0000 to U+00FF) each: compares in byte order. */
export type Octets = string;

/** A key as one revision wrote it. */
export interface KeyValue {
  readonly key: Octets;
  readonly value: Octets;
  readonly createRevision: bigint;
  readonly modRevision: bigint;
  /** 1 for the write that created the key, one more for each later one. 0 marks a deletion, as in etcd's events. */
  readonly version: bigint;
  /** 0 for none. */
  readonly leaseId: bigint;
}

/** The keys from `from` up to, not including, `to`; without an end when that is undefined. */
export interface KeyRange {
  readonly from: Octets;
  readonly to: Octets | undefined;
}

export function covers(keys: KeyRange, key: Octets): boolean {
  return key >= keys.from && (keys.to === undefined || key < keys.to);
}

/** One key written or deleted. */
export interface KeyEvent {
  readonly kv: KeyValue;
  /** What the key was before; undefined when it did not exist. */
  readonly previous: KeyValue | undefined;
}

/** All that one revision changed, in the order of the writes. */
export interface Commit {
  readonly revision: bigint;
  readonly events: readonly KeyEvent[];
}

/** What a transaction can do. Its reads see its own writes. */
export interface Transaction {
  /** The revision that reads see: that of the transaction itself once it has written. */
  readonly revision: bigint;
  get(key: Octets): KeyValue | undefined;
  visit(keys: KeyRange, revision: bigint, visitor: (kv: KeyValue) => void): void;
  put(key: Octets, value: Octets, leaseId: bigint): void;
  /** Deletes the keys of the range that exist, and returns what they were. */
  delete(keys: KeyRange): KeyValue[];
}

/** Revisions of history. Enough for a client that was away for a minute while 100 keys changed each second. */
export const HISTORY_MAX_REVISIONS = 10_000;

/** Bytes that the history may hold: large values must not make those revisions cost gigabytes. */
export const HISTORY_MAX_BYTES = 64 * 1024 * 1024;

/** What a version of a key costs beside its octets: 280 measured on Node 20, and 500 while the history has it too. */
const VERSION_OVERHEAD_BYTES = 500;

/** Every version of a key since the compacted revision, and the one that was valid there. Oldest first, never empty. */
type KeyHistory = KeyValue[];

/** The multi-version key space. */
export class Store {
  readonly #keys = new SortedMap<KeyHistory>();
  /** By revision, oldest first: those from the compacted revision on. */
  readonly #commits = new Map<bigint, Commit>();
  readonly #listeners = new Set<(commit: Commit) => void>();
  #commitsBytes = 0;
  #sizeBytes = 0;
  // etcd's values for a store that nothing was written to.
  #revision = 1n;
  #compactedRevision = -1n;

  get revision(): bigint {
    return this.#revision;
  }

  /** The oldest revision that can be read; −1 before the first compaction. */
  get compactedRevision(): bigint {
    return this.#compactedRevision;
  }

  /** What keys, values and history take in memory, at most. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The key as it is now. */
  get(key: Octets): KeyValue | undefined {
    return versionAt(this.#keys.get(key), this.#revision);
  }

  /** Visits the keys of the range that existed at `revision`, in key order. The visitor must not write. */
  visit(keys: KeyRange, revision: bigint, visitor: (kv: KeyValue) => void): void {
    this.#keys.visit(keys.from, keys.to, (history) => {
      const kv = versionAt(history, revision);
      if (kv !== undefined) visitor(kv);
    });
  }

  /** What a revision changed; undefined when it is compacted or yet to come. */
  commitAt(revision: bigint): Commit | undefined {
    return this.#commits.get(revision);
  }

  /** Calls back after every commit, in order. Returns the function that ends this. */
  onCommit(listener: (commit: Commit) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Runs `body`. All it writes becomes one revision; when it writes nothing the revision stays. */
  transact<T>(body: (transaction: Transaction) => T): T {
    const store = this;
    const revision = this.#revision + 1n;
    const events: KeyEvent[] = [];
    const result = body({
      get revision() {
        return events.length === 0 ? store.#revision : revision;
      },
      get: (key) => versionAt(store.#keys.get(key), revision),
      visit: (keys, atRevision, visitor) => store.visit(keys, atRevision, visitor),
      put(key, value, leaseId) {
        const previous = this.get(key);
        const kv = {
          key,
          value,
          createRevision: previous?.createRevision ?? revision,
          modRevision: revision,
          version: (previous?.version ?? 0n) + 1n,
          leaseId,
        };
        store.#append(kv);
        events.push({ kv, previous });
      },
      delete(keys) {
        const deleted: KeyValue[] = [];
        store.visit(keys, revision, (kv) => deleted.push(kv));
        for (const previous of deleted) {
          const { key } = previous;
          const kv = { key, value: '', createRevision: 0n, modRevision: revision, version: 0n, leaseId: 0n };
          store.#append(kv);
          events.push({ kv, previous });
        }
        return deleted;
      },
    });
    if (events.length > 0) this.#commit({ revision, events });
    return result;
  }

  /**
   * Forgets what was superseded before or at `revision`: after this it is the oldest one that can be read and watched.
   * It must be above the compacted revision and not above the current one.
   */
  compact(revision: bigint): void {
    this.#compactedRevision = revision;
    for (let at = this.#oldestCommit; at <= revision; at += 1n) {
      const commit = this.#commits.get(at);
      if (commit === undefined) return;
      for (const { kv } of commit.events) this.#prune(kv.key, revision);
      // The changes of the compacted revision itself can still be watched.
      if (at === revision) return;
      this.#commits.delete(at);
      this.#commitsBytes -= commitBytes(commit);
    }
  }

  /** Revisions follow one another without a gap, so the number of commits gives the oldest one. */
  get #oldestCommit(): bigint {
    return this.#revision - BigInt(this.#commits.size) + 1n;
  }

  #append(kv: KeyValue): void {
    const history = this.#keys.get(kv.key);
    if (history === undefined) this.#keys.set(kv.key, [kv]);
    else history.push(kv);
    this.#sizeBytes += kvBytes(kv);
  }

  #commit(commit: Commit): void {
    this.#revision = commit.revision;
    this.#commits.set(commit.revision, commit);
    this.#commitsBytes += commitBytes(commit);
    for (const listener of this.#listeners) listener(commit);
    while (
      this.#oldestCommit < this.#revision &&
      (this.#commits.size > HISTORY_MAX_REVISIONS || this.#commitsBytes > HISTORY_MAX_BYTES)
    ) {
      this.compact(this.#oldestCommit + 1n);
    }
  }

  /** Drops the versions of a key that no revision from `revision` on can show. */
  #prune(key: Octets, revision: bigint): void {
    const history = this.#keys.get(key);
    if (history === undefined) return;
    const drop = () => {
      const kv = history.shift();
      if (kv !== undefined) this.#sizeBytes -= kvBytes(kv);
    };
    // From the front: a key that is written all the time has a long history, of which little goes at once.
    while (isAtMost(history[1], revision)) drop();
    if (history[0]?.version === 0n && isAtMost(history[0], revision)) drop();
    if (history.length === 0) this.#keys.delete(key);
  }
}

/** The version of a key that is valid at a revision; undefined when the key does not exist there. */
function versionAt(history: KeyHistory | undefined, revision: bigint): KeyValue | undefined {
  if (history === undefined) return undefined;
  // From the end: nearly every read asks for the newest version.
  for (let index = history.length - 1; index >= 0; index -= 1) {
    const kv = history[index] as KeyValue;
    if (kv.modRevision <= revision) return kv.version === 0n ? undefined : kv;
  }
  return undefined;
}

function isAtMost(kv: KeyValue | undefined, revision: bigint): boolean {
  return kv !== undefined && kv.modRevision <= revision;
}

function kvBytes(kv: KeyValue): number {
  return kv.key.length + kv.value.length + VERSION_OVERHEAD_BYTES;
}

function commitBytes(commit: Commit): number {
  let bytes = 0;
  for (const { kv } of commit.events) bytes += kvBytes(kv);
  return bytes;
}
