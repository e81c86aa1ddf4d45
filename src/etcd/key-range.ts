// Prefixes of keys, in the form in which etcd asks for ranges.

import type { KeyOctets } from '../registry/change.ts';

/** All keys from `key` on and before `rangeEnd`. */
export interface KeyRange {
  readonly key: Buffer;
  readonly rangeEnd: Buffer;
}

/** In etcd's requests: the first key of all as `key`, no upper bound as `range_end`. */
const NUL = Buffer.from([0]);

/** The keys that begin with `prefix`; all keys for the empty one. */
export function rangeOfPrefix(prefix: KeyOctets): KeyRange {
  const key = Buffer.from(prefix, 'latin1');
  // The first key after the prefix: its last octet raised by one. 0xff cannot be raised, so the octet before it is.
  let length = key.length;
  while (length > 0 && key[length - 1] === 0xff) length -= 1;
  if (length === 0) return { key: key.length === 0 ? NUL : key, rangeEnd: NUL };
  const rangeEnd = Buffer.from(key.subarray(0, length));
  rangeEnd.writeUInt8(rangeEnd.readUInt8(length - 1) + 1, length - 1);
  return { key, rangeEnd };
}

/** The prefixes without those that another one covers, so that no key belongs to two of them. */
export function mergePrefixes(prefixes: readonly KeyOctets[]): KeyOctets[] {
  const merged: KeyOctets[] = [];
  for (const prefix of [...prefixes].sort()) {
    // Sorted, a prefix comes directly before all that begin with it.
    const last = merged.at(-1);
    if (last === undefined || !prefix.startsWith(last)) merged.push(prefix);
  }
  return merged;
}
