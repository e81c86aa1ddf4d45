// One message in, one message out, or nothing. No I/O and no clock: what is needed of either is an argument. This is the
// only place with a catch for everything: a fault of the program costs one query a SERVFAIL, and is told.

import {
  CLASS_IN,
  CLIENT_COOKIE_OCTETS,
  type ExtendedError,
  FLAG,
  HEADER_OCTETS,
  MESSAGE_MAX_OCTETS,
  OPCODE_MASK,
  OPCODE_SHIFT,
  RCODE_MASK,
  type Rcode,
} from '../wire/codes.ts';
import { optOctets, UDP_PAYLOAD_MAX_OCTETS, UDP_PAYLOAD_MIN_OCTETS, writeOpt } from '../wire/edns.ts';
import type { FoldedName } from '../wire/name.ts';
import { readU16, writeU16 } from '../wire/octets.ts';
import { EDNS_DO, Query, type Verdict } from '../wire/query.ts';
import { KNOWN_TYPES, TYPE } from '../wire/record-types.ts';
import { type Answer, answer, type Refusal } from '../zone/answer.ts';
import type { Authority } from '../zone/authority.ts';
import { lookup } from '../zone/lookup.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { Family, QueryCounters, Transport } from './counters.ts';
import type { PreparedAnswer } from './prepared-answer.ts';
import type { ReplyOptions } from './reply-options.ts';

/** Who sent a message, and how. */
export interface Client {
  /** In canonical text; an IPv4 address is never written as an IPv6 one. */
  readonly address: string;
  readonly transport: Transport;
  readonly family: Family;
}

export interface ResponderOptions {
  readonly authority: Authority;
  readonly cache: AnswerCache;
  readonly counters: QueryCounters;
  readonly replyOptions: ReplyOptions;
  /** Whether a client may ask. */
  readonly isAllowed: (address: string) => boolean;
  /** 0 up to but not including 1. */
  readonly random: () => number;
  /** Told of a fault of this program and of the message that showed it, in hexadecimal. */
  readonly onFault: (error: unknown, messageHex: string) => void;
}

/** Questions whose answers are kept. All other types have the same answer, NODATA, and would only fill the cache. */
const KEPT_TYPES: ReadonlySet<number> = new Set([...KNOWN_TYPES, TYPE.ANY]);

/** Octets of the longest cache key: a name of 255 and a type. */
const KEY_MAX_OCTETS = 257;

export class Responder {
  readonly #options: ResponderOptions;
  readonly #query = new Query();
  readonly #key = Buffer.alloc(KEY_MAX_OCTETS);
  #rcode = 0;

  constructor(options: ResponderOptions) {
    this.#options = options;
  }

  /** The response code of the last reply, with the bits that its OPT carries. */
  get rcode(): number {
    return this.#rcode;
  }

  /** Whether a client may ask. */
  isAllowed(address: string): boolean {
    return this.#options.isAllowed(address);
  }

  /**
   * Answers `message[0, length)`.
   *
   * @param out at least 1232 octets for UDP and 65 535 for TCP
   * @returns octets of the reply in `out`; 0 when none is to be sent
   */
  respond(message: Buffer, length: number, client: Client, out: Buffer): number {
    try {
      return this.#respond(message, length, client, out);
    } catch (error) {
      this.#options.counters.panics += 1;
      this.#options.onFault(error, message.toString('hex', 0, length));
      // The fault may be theirs.
      this.#query.forgetOptions();
      return this.#refuse('servfail', message, client, out);
    }
  }

  #respond(message: Buffer, length: number, client: Client, out: Buffer): number {
    const { counters, isAllowed, cache } = this.#options;
    const query = this.#query;
    const verdict = query.parse(message, length);
    if (verdict === 'drop') {
      counters.dropped[length < HEADER_OCTETS ? 'short' : 'response'] += 1;
      return 0;
    }
    counters.countRequest(client.transport, client.family, query.hasQuestion ? query.type : undefined, length);
    const refusal = isAllowed(client.address) ? this.#refusalOf(verdict, message, client) : 'client-refused';
    if (refusal !== undefined) return this.#refuse(refusal, message, client, out);
    const prepared = this.#prepare(message);
    const error = this.#errorOf(prepared.answer);
    const encoded = cache.encoded(prepared, this.#room(client, error), client.transport === 'udp', client.address);
    encoded.copyTo(out, this.#options.random);
    const flags = readU16(out, 2);
    if ((flags & FLAG.TC) !== 0) counters.truncated += 1;
    return this.#finish(message, client, out, encoded.bytes.length, flags, prepared.answer.rcode, error);
  }

  /** Why no zone is looked at for a message; undefined when one is. */
  #refusalOf(verdict: Exclude<Verdict, 'drop'>, message: Buffer, client: Client): Refusal['kind'] | undefined {
    const query = this.#query;
    if (verdict === 'cookie') return this.#cookieRefusal(message, client);
    if (verdict !== 'answer') return verdict;
    if (query.keepaliveHasTime && client.transport === 'tcp') return 'formerr';
    if (query.class !== CLASS_IN) return 'class-refused';
    return query.type === TYPE.AXFR || query.type === TYPE.IXFR ? 'transfer-refused' : undefined;
  }

  /** Where nothing but a cookie is asked for, one that is shown is judged (RFC 7873 §5.4). */
  #cookieRefusal(message: Buffer, { address }: Client): Refusal['kind'] {
    const { cookieAt, cookieOctets } = this.#query;
    if (cookieOctets === CLIENT_COOKIE_OCTETS) return 'no-question';
    const { cookies } = this.#options.replyOptions;
    return cookies.isValid(message, cookieAt, cookieOctets, address) ? 'no-question' : 'badcookie';
  }

  /** The answer to the question of `message`, kept or worked out. */
  #prepare(message: Buffer): PreparedAnswer {
    const { authority, cache, counters } = this.#options;
    const key = this.#cacheKey(message);
    const kept = cache.get(key);
    if (kept !== undefined) {
      counters.cacheHits += 1;
      return kept;
    }
    counters.cacheMisses += 1;
    const { type } = this.#query;
    const name = key.slice(0, -2) as FoldedName;
    const outcome = lookup(authority, name, type);
    const question = { name, type, class: CLASS_IN };
    if (outcome.kind === 'nxdomain') {
      cache.delete(key);
      return cache.nameError(outcome, question);
    }
    const prepared = cache.prepare(answer(outcome), question);
    const isFound = outcome.kind === 'hit' || outcome.kind === 'nodata';
    if (isFound && KEPT_TYPES.has(type) && authority.exists(name)) cache.set(key, prepared);
    else cache.delete(key);
    return prepared;
  }

  /** The question's name in lower case, and its type: the key of its answer. */
  #cacheKey(message: Buffer): string {
    const { nameEnd, questionEnd } = this.#query;
    const length = questionEnd - 2 - HEADER_OCTETS;
    const key = this.#key;
    for (let at = 0; at < length; at += 1) {
      const octet = message[HEADER_OCTETS + at] ?? 0;
      const isUpperCase = octet >= 0x41 && octet <= 0x5a && HEADER_OCTETS + at < nameEnd;
      key[at] = isUpperCase ? octet | 0x20 : octet;
    }
    return key.toString('latin1', 0, length);
  }

  #errorOf(worked: Answer): ExtendedError | undefined {
    const { knowledge } = this.#options.authority;
    return worked.extendedError ?? (knowledge === 'stale' ? worked.staleError : undefined);
  }

  /** Octets that an answer may have, OPT not counted. */
  #room(client: Client, error: ExtendedError | undefined): number {
    const { hasOpt, hasOptions, udpPayloadOctets } = this.#query;
    const options = hasOptions ? this.#options.replyOptions.octets(this.#query, client) : 0;
    const opt = hasOpt ? optOctets(error) + options : 0;
    if (client.transport === 'tcp') return MESSAGE_MAX_OCTETS - opt;
    const offered = hasOpt ? udpPayloadOctets : UDP_PAYLOAD_MIN_OCTETS;
    return Math.min(Math.max(offered, UDP_PAYLOAD_MIN_OCTETS), UDP_PAYLOAD_MAX_OCTETS) - opt;
  }

  #refuse(kind: Refusal['kind'], message: Buffer, client: Client, out: Buffer): number {
    const { hasQuestion, questionEnd } = this.#query;
    const refusal = answer({ kind });
    const length = hasQuestion ? questionEnd : HEADER_OCTETS;
    out.fill(0, 0, HEADER_OCTETS);
    writeU16(out, 4, Number(hasQuestion));
    return this.#finish(message, client, out, length, 0, refusal.rcode, refusal.extendedError);
  }

  /**
   * Puts in what belongs to one query and not to the answer: id, copied flags, the question as it was spelled (the
   * names of the answer point into it, so they follow its case), and OPT if the query had one (RFC 6891 §6.1.1).
   */
  #finish(
    message: Buffer,
    client: Client,
    out: Buffer,
    length: number,
    flags: number,
    rcode: Rcode,
    error: ExtendedError | undefined,
  ): number {
    const query = this.#query;
    this.#rcode = rcode;
    writeU16(out, 0, query.id);
    // RFC 1035 §4.1.1: opcode and RD as they came; RFC 4035 §3.2.2: CD too. AD is never set: nothing was validated.
    const copied = query.flags & ((OPCODE_MASK << OPCODE_SHIFT) | FLAG.RD | FLAG.CD);
    writeU16(out, 2, (flags & ~RCODE_MASK) | FLAG.QR | copied | (rcode & RCODE_MASK));
    if (query.hasQuestion) message.copy(out, HEADER_OCTETS, HEADER_OCTETS, query.questionEnd);
    if (!query.hasOpt) return length;
    writeU16(out, 10, readU16(out, 10) + 1);
    const end = writeOpt(out, length, rcode, (query.ednsFlags & EDNS_DO) !== 0, error);
    return query.hasOptions ? this.#options.replyOptions.append(query, message, client, out, length, end) : end;
  }
}
