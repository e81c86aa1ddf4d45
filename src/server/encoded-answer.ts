// An answer as octets: a whole message without OPT whose id, flags and question are put in for each query. The records
// of the RRset that was asked for lie in one block and refer to nothing within it, so that each query can be sent them
// in another order by copying: no order is ever encoded again.

import { CLASS_IN, FLAG, HEADER_OCTETS, RCODE_MASK } from '../wire/codes.ts';
import { writeRecord } from '../wire/message.ts';
import { type FoldedName, foldName } from '../wire/name.ts';
import { TYPE } from '../wire/record-types.ts';
import { MessageWriter } from '../wire/writer.ts';
import type { Answer } from '../zone/answer.ts';
import type { RRset } from '../zone/rrset.ts';

/** The question that an answer is for. */
export interface Question {
  readonly name: FoldedName;
  readonly type: number;
  readonly class: number;
}

export class EncodedAnswer {
  /** Flags hold AA, TC and the lower bits of the response code. */
  readonly bytes: Uint8Array;
  /** Where each record of the block begins, and where the last one ends; empty when the order does not matter. */
  readonly #starts: Uint16Array;
  /** Sums of the weights of the records up to each one; undefined when all come first equally often. */
  readonly #weightSums: Float64Array | undefined;
  /** The record that came first in the last copy; -1 before the first copy. */
  #turn = -1;

  constructor(bytes: Uint8Array, starts: Uint16Array, weightSums: Float64Array | undefined) {
    this.bytes = bytes;
    this.#starts = starts;
    this.#weightSums = weightSums;
  }

  /**
   * Copies the message to the front of `out`, beginning the block with the record whose turn it is.
   *
   * @param random 0 up to but not including 1
   */
  copyTo(out: Uint8Array, random: () => number): void {
    const { bytes } = this;
    out.set(bytes);
    const last = this.#starts.length - 1;
    if (last < 2) return;
    const first = this.#nextFirst(last, random);
    if (first === 0) return;
    const begin = this.#starts[0] ?? 0;
    const cut = this.#starts[first] ?? 0;
    const end = this.#starts[last] ?? 0;
    out.set(bytes.subarray(cut, end), begin);
    out.set(bytes.subarray(begin, cut), begin + end - cut);
  }

  #nextFirst(count: number, random: () => number): number {
    const sums = this.#weightSums;
    if (sums === undefined) {
      // A random beginning: else an answer that is made anew after each change would begin with the same record each time.
      if (this.#turn < 0) this.#turn = Math.floor(random() * count);
      else this.#turn = this.#turn + 1 < count ? this.#turn + 1 : 0;
      return this.#turn;
    }
    const point = random() * (sums[count - 1] ?? 0);
    let low = 0;
    for (let high = count - 1; low < high; ) {
      const middle = (low + high) >>> 1;
      if ((sums[middle] ?? 0) > point) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** How much an encoded answer may hold, and which records come first when not all of them fit. */
export interface Room {
  /** Octets, those of the OPT record that follows not counted. */
  readonly octets: number;
  /** Records of the RRset that was asked for. */
  readonly records: number;
  /** Sets TC when records do not fit: only a datagram is truncated, TCP has no larger size to ask again with. */
  readonly marksTruncation: boolean;
  /** The records by rank, best first; all in their order when undefined. */
  readonly ranking?: readonly number[];
}

/** Types whose records are sent in another order with each answer. */
const ROTATED: ReadonlySet<number> = new Set([TYPE.A, TYPE.AAAA, TYPE.SRV]);

export interface Encoding {
  readonly encoded: EncodedAnswer;
  /** False when records of the answer or authority section, or addresses of a delegation, were left out. */
  readonly isWhole: boolean;
}

/**
 * Encodes an answer into as much room as it has: whole records only, the answer section first. Additional RRsets that
 * do not fit whole are left out without a sign (RFC 2181 §9).
 *
 * @param scratch overwritten; at least as large as the room
 */
export function encodeAnswer(answer: Answer, question: Question, room: Room, scratch: Uint8Array): Encoding {
  const writer = new MessageWriter(scratch, room.octets);
  for (let at = 0; at < HEADER_OCTETS; at += 1) writer.u8(0);
  writer.name(question.name);
  writer.u16(question.type);
  writer.u16(question.class);
  const aliases = answer.answers.slice(0, -1);
  const wanted = answer.answers.at(-1);
  const aliasCount = writeRRsets(writer, aliases);
  // Records behind an alias that is left out would have an owner that nothing leads to, and nothing to refer to it by.
  const block = writeBlock(writer, aliasCount === countRecords(aliases) ? wanted : undefined, room);
  const authorityCount = writeRRsets(writer, answer.authority);
  // A delegation is of no use without the addresses of its servers (RFC 9471 §2.1).
  const glue = uniqueNames(answer.authority.flatMap((set) => set.glue ?? []).flat());
  const glueCount = writeRRsets(writer, glue);
  const wantedCount = wanted?.data.length ?? 0;
  /** Whether nothing is left out for want of octets: TCP, which has more, would not give more records. */
  const isFull =
    aliasCount === countRecords(aliases) &&
    block.order.length === Math.min(wantedCount, room.records) &&
    authorityCount === countRecords(answer.authority) &&
    glueCount === countRecords(glue);
  const hosts = uniqueNames(block.order.flatMap((at) => wanted?.glue?.[at] ?? []));
  const additionalCount = glueCount + writeWholeRRsets(writer, hosts);

  const authoritative = answer.isAuthoritative ? FLAG.AA : 0;
  const truncated = !isFull && room.marksTruncation ? FLAG.TC : 0;
  writer.patchU16(2, authoritative | truncated | (answer.rcode & RCODE_MASK));
  writer.patchU16(4, 1);
  writer.patchU16(6, aliasCount + block.order.length);
  writer.patchU16(8, authorityCount);
  writer.patchU16(10, additionalCount);
  const encoded = new EncodedAnswer(
    scratch.slice(0, writer.length),
    Uint16Array.from(block.starts),
    weightSums(wanted, block),
  );
  return { encoded, isWhole: isFull && block.order.length === wantedCount };
}

/** The records that were asked for, as they lie in the message. */
interface Block {
  /** Indices of the records that fit, in the order in which they are written. */
  readonly order: readonly number[];
  /** Where each begins, and where the last one ends; empty when they are not to be rotated. */
  readonly starts: readonly number[];
}

function writeBlock(writer: MessageWriter, rrset: RRset | undefined, room: Room): Block {
  const order: number[] = [];
  const starts: number[] = [];
  if (rrset === undefined) return { order, starts };
  for (const at of room.ranking ?? rrset.data.keys()) {
    const start = writer.length;
    if (order.length === room.records || !writeAt(writer, rrset, at)) break;
    order.push(at);
    starts.push(start);
  }
  starts.push(writer.length);
  return { order, starts: ROTATED.has(rrset.type) ? starts : [] };
}

function weightSums(rrset: RRset | undefined, { order, starts }: Block): Float64Array | undefined {
  if (rrset?.weights === undefined || starts.length === 0) return undefined;
  let total = 0;
  const sums = Float64Array.from(order, (at) => {
    total += rrset.weights?.[at] ?? 0;
    return total;
  });
  // Where the subset holds only instances that are never to come first, one of them has to.
  return total > 0 ? sums : undefined;
}

/** Writes whole records up to the first that does not fit; how many that were. */
function writeRRsets(writer: MessageWriter, rrsets: readonly RRset[]): number {
  let count = 0;
  for (const rrset of rrsets) {
    for (const at of rrset.data.keys()) {
      if (!writeAt(writer, rrset, at)) return count;
      count += 1;
    }
  }
  return count;
}

/** Writes RRsets up to the first that does not fit whole; how many records that were. */
function writeWholeRRsets(writer: MessageWriter, rrsets: readonly RRset[]): number {
  let count = 0;
  for (const rrset of rrsets) {
    const mark = writer.mark();
    if (writeRRsets(writer, [rrset]) < rrset.data.length) {
      writer.rollback(mark);
      break;
    }
    count += rrset.data.length;
  }
  return count;
}

function writeAt(writer: MessageWriter, { name, type, ttlSeconds, data }: RRset, at: number): boolean {
  const record = data[at];
  return record !== undefined && writeRecord(writer, { name, type, class: CLASS_IN, ttlSeconds, data: record });
}

function countRecords(rrsets: readonly RRset[]): number {
  return rrsets.reduce((count, { data }) => count + data.length, 0);
}

/** One RRset of each owner and type: records that point to the same host bring the same addresses. */
function uniqueNames(rrsets: readonly RRset[]): RRset[] {
  return [...new Map(rrsets.map((rrset) => [`${rrset.type} ${foldName(rrset.name)}`, rrset])).values()];
}
