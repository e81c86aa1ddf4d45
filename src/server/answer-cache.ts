// Answers by question, for as long as the data they come from stays as it is. Only questions for names that exist are
// kept, so that asking for others cannot push them out. What does not fit is kept besides as subsets, one for each size
// and group of clients.

import { LRUCache } from 'lru-cache';
import { MESSAGE_MAX_OCTETS } from '../wire/codes.ts';
import type { FoldedName } from '../wire/name.ts';
import { type Answer, answer } from '../zone/answer.ts';
import type { Authority, Zone } from '../zone/authority.ts';
import type { Outcome } from '../zone/lookup.ts';
import { type EncodedAnswer, encodeAnswer, type Question } from './encoded-answer.ts';
import { PreparedAnswer } from './prepared-answer.ts';
import { hashText } from './rendezvous.ts';

/** Octets of answers that are kept, on top of the limit of entries: 1000 SRV records are 64 KiB. */
const ANSWERS_MAX_OCTETS = 64 * 1024 * 1024;
const SUBSETS_MAX_OCTETS = 16 * 1024 * 1024;

/** Subsets are bounded by their octets; this bounds what their keys cost. */
const SUBSETS_MAX_ENTRIES = 16_384;

/** What an entry costs besides its records, roughly: its objects and its key. */
const ENTRY_OCTETS = 512;

/** What a record costs, roughly: its encoded form, the value it is made from, and an address that it points to. */
const RECORD_OCTETS = 384;

/** Clients are told apart by 10 bits of a hash, so that subsets can be kept: even over clients, and stable for each. */
const CLIENT_GROUPS = 1024;

/** The outcome for a name that does not exist. */
export type NameError = Extract<Outcome, { kind: 'nodata' | 'nxdomain' }>;

export interface AnswerCacheOptions {
  readonly authority: Authority;
  /** Questions whose answers are kept. */
  readonly maxEntries: number;
  /** Records of one RRset in one answer. */
  readonly maxRecords: number;
}

export class AnswerCache {
  readonly #authority: Authority;
  readonly #maxRecords: number;
  readonly #answers: LRUCache<string, PreparedAnswer>;
  readonly #subsets: LRUCache<string, EncodedAnswer>;
  /** By the length of the name. A zone is another object after each change, and what was kept for it goes with it. */
  readonly #nameErrors = new WeakMap<Zone, PreparedAnswer[]>();
  readonly #scratch = new Uint8Array(MESSAGE_MAX_OCTETS);
  #prepared = 0;

  constructor({ authority, maxEntries, maxRecords }: AnswerCacheOptions) {
    this.#authority = authority;
    this.#maxRecords = maxRecords;
    this.#answers = new LRUCache({
      max: maxEntries,
      maxSize: ANSWERS_MAX_OCTETS,
      sizeCalculation: ({ records }) => ENTRY_OCTETS + RECORD_OCTETS * records,
    });
    this.#subsets = new LRUCache({
      max: SUBSETS_MAX_ENTRIES,
      maxSize: SUBSETS_MAX_OCTETS,
      sizeCalculation: ({ bytes }) => ENTRY_OCTETS + bytes.length,
    });
  }

  get size(): number {
    return this.#answers.size;
  }

  /** The answer that was kept under `key`, unless the data it came from has changed. */
  get(key: string): PreparedAnswer | undefined {
    const prepared = this.#answers.get(key);
    return prepared?.isCurrent(this.#authority) ? prepared : undefined;
  }

  /** Keeps an answer. */
  set(key: string, prepared: PreparedAnswer): void {
    this.#answers.set(key, prepared);
  }

  /** Forgets what was kept under `key`. */
  delete(key: string): void {
    this.#answers.delete(key);
  }

  prepare(answer: Answer, question: Question): PreparedAnswer {
    this.#prepared += 1;
    return new PreparedAnswer(this.#prepared, answer, question, this.#authority);
  }

  /**
   * The answer for a name that does not exist. Nothing in it but the question depends on the labels below the apex: it
   * points to the apex in the question, so one answer serves all names of a length, and a flood of them costs little.
   */
  nameError(outcome: NameError, question: Question): PreparedAnswer {
    // Behind an alias stand records that belong to the question.
    if (outcome.answers.length > 0) return this.prepare(answer(outcome), question);
    let kept = this.#nameErrors.get(outcome.zone);
    if (kept === undefined) {
      kept = [];
      this.#nameErrors.set(outcome.zone, kept);
    }
    const { length } = question.name;
    const known = kept[length];
    if (known?.isCurrent(this.#authority)) return known;
    const name = blankBelow(question.name, outcome.zone.fixed.apex);
    const prepared = this.prepare(answer(outcome), { ...question, name });
    kept[length] = prepared;
    return prepared;
  }

  /**
   * A prepared answer in the room that a client has for it.
   *
   * @param client what the client is known by: the same records are left out for the same client
   */
  encoded(prepared: PreparedAnswer, octets: number, marksTruncation: boolean, client: string): EncodedAnswer {
    const whole = prepared.whole(octets, this.#maxRecords, this.#scratch);
    if (whole !== undefined) return whole;
    const group = hashText(client) % CLIENT_GROUPS;
    const key = `${prepared.id} ${octets} ${group}`;
    let subset = this.#subsets.get(key);
    if (subset === undefined) {
      const room = { octets, records: this.#maxRecords, marksTruncation, ranking: prepared.ranking(group, octets) };
      subset = encodeAnswer(prepared.answer, prepared.question, room, this.#scratch).encoded;
      this.#subsets.set(key, subset);
    }
    return subset;
  }
}

/** The name with NULs for all labels below the apex, which no record names: so nothing can come to point to them. */
function blankBelow(name: FoldedName, apex: FoldedName): FoldedName {
  let blank = '';
  for (let at = 0; at < name.length - apex.length; at = blank.length) {
    blank += name.charAt(at) + '\0'.repeat(name.charCodeAt(at));
  }
  return (blank + apex) as FoldedName;
}
