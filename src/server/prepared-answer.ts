// An answer that is worked out once and encoded when it is first asked for. It knows whether the data it came from is
// still what there is, and which of its records a client is to see when they do not all fit.

import { MESSAGE_MAX_OCTETS } from '../wire/codes.ts';
import { OPT_MAX_OCTETS } from '../wire/edns.ts';
import type { Answer } from '../zone/answer.ts';
import type { Authority } from '../zone/authority.ts';
import { type EncodedAnswer, encodeAnswer, type Question } from './encoded-answer.ts';
import { rank, type Tiers, tiersOf } from './rendezvous.ts';

/** The smallest record: a pointer to its owner and no data. More of them than fit cannot fit, so encoding is not tried. */
const RECORD_MIN_OCTETS = 12;

export class PreparedAnswer {
  /** Tells it apart from all others of the same cache. */
  readonly id: number;
  readonly answer: Answer;
  readonly question: Question;
  /** Records of the RRset that was asked for. */
  readonly records: number;
  readonly #epoch: number;
  readonly #version: number;
  /** With all its records; undefined until it is needed, or when it is larger than a message can be. */
  #whole: EncodedAnswer | undefined;
  #wholeTried = false;
  #tiers: Tiers | undefined;

  constructor(id: number, answer: Answer, question: Question, authority: Authority) {
    this.id = id;
    this.answer = answer;
    this.question = question;
    this.records = answer.answers.at(-1)?.data.length ?? 0;
    this.#epoch = authority.epoch;
    this.#version = versionOf(answer, authority);
  }

  /** Whether the data that it was worked out from is what there is now. */
  isCurrent(authority: Authority): boolean {
    return this.#epoch === authority.epoch && this.#version === versionOf(this.answer, authority);
  }

  /**
   * The answer with all its records.
   *
   * @param records at most; more are left out even where they would fit
   * @returns undefined when it is larger than `octets`
   */
  whole(octets: number, records: number, scratch: Uint8Array): EncodedAnswer | undefined {
    if (this.records > records || this.records * RECORD_MIN_OCTETS > octets) return undefined;
    if (!this.#wholeTried) {
      this.#wholeTried = true;
      const room = { octets: MESSAGE_MAX_OCTETS - OPT_MAX_OCTETS, records, marksTruncation: false };
      const { encoded, isWhole } = encodeAnswer(this.answer, this.question, room, scratch);
      this.#whole = isWhole ? encoded : undefined;
    }
    return this.#whole !== undefined && this.#whole.bytes.length <= octets ? this.#whole : undefined;
  }

  /** The records that a group of clients is to see in so much room, best first: as many as can fit, and no more. */
  ranking(group: number, octets: number): readonly number[] {
    const rrset = this.answer.answers.at(-1);
    if (rrset === undefined) return [];
    this.#tiers ??= tiersOf(rrset);
    return rank(this.#tiers, group, Math.floor(octets / RECORD_MIN_OCTETS));
  }
}

function versionOf({ basis }: Answer, authority: Authority): number {
  return basis.kind === 'name' ? basis.name.version : authority.generation;
}
