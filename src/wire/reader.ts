// Reads a message from the left. A read past the end, or a name that breaks a rule, sets `failed` and gives zeros from
// then on, so that a decoder reads all its fields and looks once. Nothing throws, and every read has a bounded cost:
// a pointer must aim before the name that it ends, and a name has at most 255 octets and 127 pointers.

import { LABEL_MAX_OCTETS, NAME_MAX_OCTETS, type Name, ROOT } from './name.ts';

/** Pointers in one name: a name has at most 127 labels, and a pointer that brings no label serves nobody. */
const POINTERS_MAX = 127;

export class MessageReader {
  readonly bytes: Uint8Array;
  /** The next octet to read. */
  at: number;
  /** Where reading has to stop: the end of the message, or of the record data within it. */
  end: number;
  failed = false;
  /** Whether names may end in a pointer. Not in data that stands alone: there is no message to point into. */
  pointersAllowed = true;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  u8(): number {
    if (!this.#take(1)) return 0;
    return this.bytes[this.at - 1] ?? 0;
  }

  u16(): number {
    if (!this.#take(2)) return 0;
    return ((this.bytes[this.at - 2] ?? 0) << 8) | (this.bytes[this.at - 1] ?? 0);
  }

  u32(): number {
    const high = this.u16();
    return high * 0x10000 + this.u16();
  }

  /** A copy of the next octets. */
  octets(count: number): Uint8Array {
    if (!this.#take(count)) return new Uint8Array(0);
    // Not `slice`, which gives a view where the octets are a Buffer.
    return new Uint8Array(this.bytes.subarray(this.at - count, this.at));
  }

  /** The next octets as a string with one per character. */
  text(count: number): string {
    if (!this.#take(count)) return '';
    let text = '';
    for (let at = this.at - count; at < this.at; at += 1) text += String.fromCharCode(this.bytes[at] ?? 0);
    return text;
  }

  /** A `<character-string>` (RFC 1035 §3.3). */
  characterString(): string {
    return this.text(this.u8());
  }

  /** A name, its pointers followed (RFC 1035 §4.1.4). The root when it is not one. */
  name(): Name {
    if (this.failed) return ROOT;
    const wire: number[] = [];
    let at = this.at;
    /** Pointers aim below this, so they cannot loop, and each jump goes back. */
    let before = this.at;
    let end = this.end;
    let jumps = 0;
    for (;;) {
      const length = at < end ? (this.bytes[at] ?? 0) : 0x100;
      if (length === 0) {
        if (jumps === 0) this.at = at + 1;
        return String.fromCharCode(...wire, 0) as Name;
      }
      if (length <= LABEL_MAX_OCTETS) {
        if (at + 1 + length > end || wire.length + length + 2 > NAME_MAX_OCTETS) break;
        for (let octet = at; octet <= at + length; octet += 1) wire.push(this.bytes[octet] ?? 0);
        at += length + 1;
        continue;
      }
      if (length < 0xc0 || length > 0xff || at + 2 > end || !this.pointersAllowed) break;
      const target = ((length & 0x3f) << 8) | (this.bytes[at + 1] ?? 0);
      if (target >= before || jumps === POINTERS_MAX) break;
      if (jumps === 0) this.at = at + 2;
      jumps += 1;
      end = before;
      before = target;
      at = target;
    }
    this.failed = true;
    return ROOT;
  }

  #take(count: number): boolean {
    if (this.failed || this.at + count > this.end) {
      this.failed = true;
      return false;
    }
    this.at += count;
    return true;
  }
}
