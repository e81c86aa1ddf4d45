// Parses one incoming message in a single pass over its octets, without building values: what a query holds is read
// into a `Query` that the caller owns and uses again. The pass ends at the first octet that is wrong and follows no
// pointer, so any input costs at most its own length.

import {
  CLIENT_COOKIE_OCTETS,
  EDNS_OPTION,
  FLAG,
  HEADER_OCTETS,
  OPCODE_MASK,
  OPCODE_QUERY,
  OPCODE_SHIFT,
} from './codes.ts';
import { LABEL_MAX_OCTETS, NAME_MAX_OCTETS } from './name.ts';
import { readU16 } from './octets.ts';
import { TYPE } from './record-types.ts';

/**
 * Records after the question. A query has OPT and at most a signature; one with more is not worth reading, and the
 * bound keeps a 64 KiB message of tiny records from costing more than a small one.
 */
const RECORDS_MAX = 4;

/** Questions that are passed over to find OPT behind them. Only one is allowed, so more are not worth reading either. */
const QUESTIONS_MAX = 2;

/** EDNS options: more than IANA has assigned, and few enough that a message full of empty ones is soon refused. */
const OPTIONS_MAX = 32;

/** Octets of a server's half of a cookie (RFC 7873 §4): this server's have 16, those of others may differ. */
const SERVER_COOKIE_MIN_OCTETS = 8;
const SERVER_COOKIE_MAX_OCTETS = 32;

/** DO, the only bit of the EDNS flags that has a meaning (RFC 6891 §6.1.4). */
export const EDNS_DO = 0x8000;

/** EDNS version that is spoken here (RFC 6891 §6.1.3). */
export const EDNS_VERSION = 0;

/**
 * What is to be done with a message: `answer` the question; send nothing but a `cookie`, as there is no question
 * (RFC 7873 §5.4); refuse it with the rcode that the word names; or `drop` it, because an answer could go to the wrong
 * host or start a loop.
 */
export type Verdict = 'answer' | 'cookie' | 'formerr' | 'notimp' | 'badvers' | 'drop';

/** The same of the sections alone, whatever the opcode. */
type Reading = 'answer' | 'cookie' | 'formerr' | 'badvers';

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
  /** Whether an OPT is there that the root owns. */
  hasOpt = false;
  /** The size of datagram that the sender can take, as it says (RFC 6891 §6.2.3); 0 without OPT. */
  udpPayloadOctets = 0;
  /** 0 without OPT. */
  ednsFlags = 0;
  /** Whether one of the options below is there. */
  hasOptions = false;
  asksNsid = false;
  /** Where the data of the first COOKIE option begins; 0 without one. */
  cookieAt = 0;
  /** Octets of that data. */
  cookieOctets = 0;
  asksKeepalive = false;
  /** Whether the option that asks for it says a time, which only a server may (RFC 7828 §3.1). */
  keepaliveHasTime = false;

  get nameEnd(): number {
    return this.questionEnd - 4;
  }

  /** Reads `message[0, length)`. */
  parse(message: Uint8Array, length: number): Verdict {
    this.hasQuestion = false;
    this.hasOpt = false;
    this.udpPayloadOctets = 0;
    this.ednsFlags = 0;
    this.forgetOptions();
    if (length < HEADER_OCTETS) return 'drop';
    this.id = readU16(message, 0);
    this.flags = readU16(message, 2);
    // A response, which answering would turn into a loop between two servers.
    if ((this.flags & FLAG.QR) !== 0) return 'drop';
    const reading = this.#parseSections(message, length);
    return ((this.flags >>> OPCODE_SHIFT) & OPCODE_MASK) === OPCODE_QUERY ? reading : 'notimp';
  }

  /** Takes the message for one without EDNS options. */
  forgetOptions(): void {
    this.hasOptions = false;
    this.asksNsid = false;
    this.cookieAt = 0;
    this.cookieOctets = 0;
    this.asksKeepalive = false;
    this.keepaliveHasTime = false;
  }

  #parseSections(message: Uint8Array, length: number): Reading {
    const questions = readU16(message, 4);
    const answers = readU16(message, 6);
    const records = answers + readU16(message, 8) + readU16(message, 10);
    if (questions > QUESTIONS_MAX || records > RECORDS_MAX) return 'formerr';
    this.questionEnd = HEADER_OCTETS;
    if (questions > 0 && !this.#parseQuestion(message, length)) return 'formerr';
    let at = this.questionEnd;
    if (questions > 1) {
      at = skipName(message, at, length) + 4;
      if (at < 4 || at > length) return 'formerr';
    }
    // Of two questions none is echoed: either would be taken for the one that is answered.
    this.hasQuestion = questions === 1;
    const reading = this.#parseRecords(message, at, length, records);
    if (reading !== 'answer') return reading;
    // RFC 9619: one question. A query holds no answers (RFC 1035 §4.1.1).
    if (questions === 1 && answers === 0) return 'answer';
    return questions + answers === 0 && this.cookieAt > 0 ? 'cookie' : 'formerr';
  }

  #parseQuestion(message: Uint8Array, length: number): boolean {
    let at = HEADER_OCTETS;
    for (;;) {
      const label = at < length ? (message[at] ?? 0) : 0xff;
      at += 1;
      if (label === 0) break;
      // Nothing stands before the question that a pointer could aim at.
      if (label > LABEL_MAX_OCTETS) return false;
      at += label;
      if (at - HEADER_OCTETS >= NAME_MAX_OCTETS) return false;
    }
    if (at + 4 > length) return false;
    this.type = readU16(message, at);
    this.class = readU16(message, at + 2);
    this.questionEnd = at + 4;
    return true;
  }

  #parseRecords(message: Uint8Array, start: number, length: number, records: number): Reading {
    let at = start;
    let version = EDNS_VERSION;
    for (let left = records; left > 0; left -= 1) {
      const owner = at;
      at = skipName(message, at, length);
      if (at < 0 || at + 10 > length) return 'formerr';
      const dataEnd = at + 10 + readU16(message, at + 8);
      if (dataEnd > length) return 'formerr';
      if (readU16(message, at) === TYPE.OPT) {
        // One OPT at most, owned by the root (RFC 6891 §6.1.1).
        if (this.hasOpt || at !== owner + 1) return 'formerr';
        this.hasOpt = true;
        this.udpPayloadOctets = readU16(message, at + 2);
        version = message[at + 5] ?? 0;
        this.ednsFlags = readU16(message, at + 6);
        // What the data of another version looks like is not known here.
        if (version === EDNS_VERSION && !this.#parseOptions(message, at + 10, dataEnd)) {
          this.forgetOptions();
          return 'formerr';
        }
      }
      at = dataEnd;
    }
    if (at !== length) return 'formerr';
    return version === EDNS_VERSION ? 'answer' : 'badvers';
  }

  /** Whether the options fill OPT's data and have lengths that they may have. */
  #parseOptions(message: Uint8Array, start: number, end: number): boolean {
    let at = start;
    for (let left = OPTIONS_MAX; at + 4 <= end && left > 0; left -= 1) {
      const octets = readU16(message, at + 2);
      this.#noteOption(readU16(message, at), at + 4, octets);
      at += 4 + octets;
    }
    return at === end && (this.cookieAt === 0 || isCookieLength(this.cookieOctets));
  }

  #noteOption(code: number, at: number, octets: number): void {
    switch (code) {
      case EDNS_OPTION.NSID:
        this.asksNsid = true;
        break;
      case EDNS_OPTION.COOKIE:
        // The first of several counts (RFC 7873 §5.2).
        if (this.cookieAt > 0) return;
        this.cookieAt = at;
        this.cookieOctets = octets;
        break;
      case EDNS_OPTION.TCP_KEEPALIVE:
        this.asksKeepalive = true;
        this.keepaliveHasTime ||= octets > 0;
        break;
      default:
        return;
    }
    this.hasOptions = true;
  }
}

/** The client's half alone, or both (RFC 7873 §5.2.2). */
function isCookieLength(octets: number): boolean {
  const server = octets - CLIENT_COOKIE_OCTETS;
  return server === 0 || (server >= SERVER_COOKIE_MIN_OCTETS && server <= SERVER_COOKIE_MAX_OCTETS);
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
