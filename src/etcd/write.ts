// What is kept of the last write of a key. Key and revision name it within one history of the store; a store that goes on
// from a backup has a second one, which gives the same revisions again, perhaps to the same keys.

import type { KeyPut } from '../registry/change.ts';

export interface Write {
  readonly revision: bigint;
  /** Hash of the value and the lease, 32 bits. */
  readonly fingerprint: number;
}

export function writeOf({ modRevision, value, leaseId }: KeyPut): Write {
  let hash = FNV_OFFSET_BASIS;
  // By index: an iterator takes several times as long.
  for (let at = 0; at < value.length; at += 1) hash = Math.imul(hash ^ (value[at] ?? 0), FNV_PRIME);
  for (let at = 0; at < leaseId.length; at += 1) hash = Math.imul(hash ^ leaseId.charCodeAt(at), FNV_PRIME);
  return { revision: modRevision, fingerprint: hash };
}

/** FNV-1a (draft-eastlake-fnv): values of one length that differ in a single octet never have the same hash. */
const FNV_OFFSET_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

export function isSameWrite(one: Write | undefined, other: Write | undefined): boolean {
  return one?.revision === other?.revision && one?.fingerprint === other?.fingerprint;
}
