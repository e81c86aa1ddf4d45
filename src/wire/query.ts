// Parses one incoming message in a single pass over its octets, without building values: what a query holds is read
// into a `Query` that the caller owns and uses again. The pass ends at the first octet that is wrong and follows no
// pointer, so any input costs at most its own length.

import { FLAG, HEADER_OCTETS, OPCODE_MASK, OPCODE_QUERY, OPCODE_SHIFT } from './codes.ts';
import { LABEL_MAX_OCTETS, NAME_MAX_OCTETS } from './name.ts';
import { TYPE } from './record-types.ts';

/**
 * Records after the question. A query has OPT and at most a signature; one with more is not worth reading, and the
 * bound keeps a 64 KiB message of tiny records from costing more than a small one.
 */
const RECORDS_MAX = 4;

/** DO, the only bit of the EDNS flags that has a meaning (RFC 6891 §6.1.4). */
export const EDNS_DO = 0x8000;

/** EDNS version that is spoken here (RFC 6891 §6.1.3). */
export const EDNS_VERSION = 0;

/**
 * What is to be done with a message: `answer` the question; refuse it with the rcode that the word names; or `drop`
 * it, because an answer could go to the wrong host or start a loop.
 */
export type Verdict = 'answer' | 'formerr' | 'notimp' | 'badvers' | 'drop';

/** The parsed parts of one message. Reused from message to message by its owner. */
export class Query {
  id = 0;
  /** The second 16 bits of the header. */
  flags = 0;
  /** Whether the question was read whole, and so can be echoed. */
  hasQuestion = false;
  /** One past the question's last octet; its name begins at `HEADER_OCTETS`. */
  questionEnd = 0;
  type = 0;
  class = 0;
  /** Whether a well-formed OPT is there. */
  hasOpt = false;
  /** The size of datagram that the sender can take, as it says (RFC 6891 §6.2.3); 0 without OPT. */
  udpPayloadOctets = 0;
  /** 0 without OPT. */
  ednsFlags = 0;

  get nameEnd(): number {
    return this.questionEnd - 4;
  }

  /** Reads `message[0, length)`. */
  parse(message: Uint8Array, length: number): Verdict {
    this.hasQuestion = false;
    this.hasOpt = false;
    this.udpPayloadOctets = 0;
    this.ednsFlags = 0;
    if (length < HEADER_OCTETS) return 'drop';
    this.id = u16(message, 0);
    this.flags = u16(message, 2);
    // A response, which answering would turn into a loop between two servers.
    if ((this.flags & FLAG.QR) !== 0) return 'drop';
    const wellFormed = this.#parseSections(message, length);
    if (((this.flags >>> OPCODE_SHIFT) & OPCODE_MASK) !== OPCODE_QUERY) return 'notimp';
    if (wellFormed === 'badvers') return 'badvers';
    return wellFormed === 'yes' ? 'answer' : 'formerr';
  }

  #parseSections(message: Uint8Array, length: number): 'yes' | 'no' | 'badvers' {
    const answers = u16(message, 6);
    const records = answers + u16(message, 8) + u16(message, 10);
    // RFC 9619: exactly one question. A query holds no answers (RFC 1035 §4.1.1).
    if (u16(message, 4) !== 1 || answers !== 0 || records > RECORDS_MAX) return 'no';
    let at = HEADER_OCTETS;
    for (;;) {
      const label = at < length ? (message[at] ?? 0) : 0xff;
      at += 1;
      if (label === 0) break;
      // Nothing stands before the question that a pointer could aim at.
      if (label > LABEL_MAX_OCTETS) return 'no';
      at += label;
      if (at - HEADER_OCTETS >= NAME_MAX_OCTETS) return 'no';
    }
    if (at + 4 > length) return 'no';
    this.type = u16(message, at);
    this.class = u16(message, at + 2);
    this.questionEnd = at + 4;
    this.hasQuestion = true;
    return this.#parseRecords(message, length, records);
  }

  #parseRecords(message: Uint8Array, length: number, records: number): 'yes' | 'no' | 'badvers' {
    let at = this.questionEnd;
    let version = EDNS_VERSION;
    for (let left = records; left > 0; left -= 1) {
      const owner = at;
      at = skipName(message, at, length);
      if (at < 0 || at + 10 > length) return 'no';
      const dataEnd = at + 10 + u16(message, at + 8);
      if (dataEnd > length) return 'no';
      if (u16(message, at) === TYPE.OPT) {
        // One OPT at most, owned by the root (RFC 6891 §6.1.1), its options filling its length.
        if (this.hasOpt || at !== owner + 1 || !optionsFill(message, at + 10, dataEnd)) return 'no';
        this.hasOpt = true;
        this.udpPayloadOctets = u16(message, at + 2);
        version = message[at + 5] ?? 0;
        this.ednsFlags = u16(message, at + 6);
      }
      at = dataEnd;
    }
    if (at !== length) return 'no';
    return version === EDNS_VERSION ? 'yes' : 'badvers';
  }
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** One past the name at `at`: labels up to a zero octet or a pointer. -1 when it is none. */
function skipName(message: Uint8Array, start: number, length: number): number {
  let at = start;
  while (at < length && at - start < NAME_MAX_OCTETS) {
    const label = message[at] ?? 0;
    if (label === 0) return at + 1;
    if (label >= 0xc0) return at + 2;
    if (label > LABEL_MAX_OCTETS) return -1;
    at += label + 1;
  }
  return -1;
}

function optionsFill(message: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at + 4 <= end) at += 4 + u16(message, at + 2);
  return at === end;
}
