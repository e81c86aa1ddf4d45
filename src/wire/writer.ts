// Writes a message into a buffer of fixed size. A write that would pass the limit leaves the buffer as it is and sets
// `overflowed`; `rollback` takes a whole record back, names learnt for compression included. So a caller writes a
// record, looks once, and keeps it or drops it: no length is ever computed in advance, and no lack of room throws.

import { type FoldedName, foldName, type Name } from './name.ts';

/** Offsets above this cannot be the aim of a compression pointer (RFC 1035 §4.1.4: 14 bits). */
const POINTER_MAX_OFFSET = 0x3fff;

const POINTER_BITS = 0xc000;

/** A place to roll back to. */
export interface Mark {
  readonly length: number;
  readonly names: number;
}

export class MessageWriter {
  readonly bytes: Uint8Array;
  #length = 0;
  #limit: number;
  #overflowed = false;
  readonly #offsets = new Map<FoldedName, number>();
  /** The keys of `#offsets` in the order they came, so that a rollback can forget the last ones. */
  readonly #learnt: FoldedName[] = [];

  constructor(bytes: Uint8Array, limit = bytes.length) {
    this.bytes = bytes;
    this.#limit = Math.min(limit, bytes.length);
  }

  /** Octets written. */
  get length(): number {
    return this.#length;
  }

  /** Whether a write since the last rollback did not fit. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  mark(): Mark {
    return { length: this.#length, names: this.#learnt.length };
  }

  /** Takes back all that was written since `mark`. */
  rollback(mark: Mark): void {
    this.#length = mark.length;
    this.#overflowed = false;
    for (const name of this.#learnt.splice(mark.names)) this.#offsets.delete(name);
  }

  u8(value: number): void {
    if (!this.#reserve(1)) return;
    this.bytes[this.#length] = value;
    this.#length += 1;
  }

  u16(value: number): void {
    if (!this.#reserve(2)) return;
    this.#putU16(this.#length, value);
    this.#length += 2;
  }

  u32(value: number): void {
    if (!this.#reserve(4)) return;
    this.#putU16(this.#length, value >>> 16);
    this.#putU16(this.#length + 2, value & 0xffff);
    this.#length += 4;
  }

  octets(value: Uint8Array): void {
    if (!this.#reserve(value.length)) return;
    this.bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** Octets of a string that holds one per character. */
  text(value: string): void {
    if (!this.#reserve(value.length)) return;
    for (let at = 0; at < value.length; at += 1) this.bytes[this.#length + at] = value.charCodeAt(at);
    this.#length += value.length;
  }

  /** A `<character-string>` (RFC 1035 §3.3). Throws when it has more than 255 octets: its length octet would lie. */
  characterString(value: string): void {
    if (value.length > 255) throw new Error(`a string of ${value.length} octets: expected at most 255`);
    this.u8(value.length);
    this.text(value);
  }

  /** Overwrites 16 bits that were written before. */
  patchU16(at: number, value: number): void {
    this.#putU16(at, value);
  }

  /** A name with the longest known ending replaced by a pointer (RFC 1035 §4.1.4), compared without case. */
  name(name: Name): void {
    let at = 0;
    while (name.charCodeAt(at) !== 0) {
      const suffix = foldName(name.slice(at) as Name);
      const known = this.#offsets.get(suffix);
      if (known !== undefined) {
        this.u16(POINTER_BITS | known);
        return;
      }
      const offset = this.#length;
      const end = at + name.charCodeAt(at) + 1;
      this.text(name.slice(at, end));
      if (!this.#overflowed && offset <= POINTER_MAX_OFFSET) {
        this.#offsets.set(suffix, offset);
        this.#learnt.push(suffix);
      }
      at = end;
    }
    this.u8(0);
  }

  /** A name in full, which no later name points into: for data that must not be compressed (RFC 2782, RFC 3597 §4). */
  nameInFull(name: Name): void {
    this.text(name);
  }

  #reserve(count: number): boolean {
    if (this.#length + count > this.#limit) this.#overflowed = true;
    return !this.#overflowed;
  }

  #putU16(at: number, value: number): void {
    this.bytes[at] = value >>> 8;
    this.bytes[at + 1] = value & 0xff;
  }
}
