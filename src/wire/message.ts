// Whole messages as values: what tools and tests read and write. The path that answers does not come through here:
// queries are parsed by query.ts and answers are assembled from encoded sections.

import { CLASS_IN, HEADER_OCTETS, MESSAGE_MAX_OCTETS } from './codes.ts';
import { formatName, type Name } from './name.ts';
import { MessageReader } from './reader.ts';
import { decodeData, encodeData, formatData, formatType, type RecordData } from './record-types.ts';
import { MessageWriter } from './writer.ts';

export interface Question {
  readonly name: Name;
  readonly type: number;
  readonly class: number;
}

export interface ResourceRecord {
  readonly name: Name;
  readonly type: number;
  readonly class: number;
  readonly ttlSeconds: number;
  readonly data: RecordData;
}

export interface Message {
  readonly id: number;
  /** The second 16 bits of the header: see `FLAG`, `OPCODE_SHIFT` and `RCODE_MASK`. */
  readonly flags: number;
  readonly questions: readonly Question[];
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  /** OPT included. */
  readonly additionals: readonly ResourceRecord[];
}

/** Writes a record whole, or nothing: false when it does not fit. */
export function writeRecord(writer: MessageWriter, record: ResourceRecord): boolean {
  const mark = writer.mark();
  writer.name(record.name);
  writer.u16(record.type);
  writer.u16(record.class);
  writer.u32(record.ttlSeconds);
  encodeData(writer, record.data);
  if (!writer.overflowed) return true;
  writer.rollback(mark);
  return false;
}

/** Encodes a message; undefined when it is longer than a message can be. */
export function encodeMessage(message: Message): Uint8Array | undefined {
  const writer = new MessageWriter(new Uint8Array(MESSAGE_MAX_OCTETS));
  writer.u16(message.id);
  writer.u16(message.flags);
  writer.u16(message.questions.length);
  writer.u16(message.answers.length);
  writer.u16(message.authorities.length);
  writer.u16(message.additionals.length);
  for (const question of message.questions) {
    writer.name(question.name);
    writer.u16(question.type);
    writer.u16(question.class);
  }
  for (const section of [message.answers, message.authorities, message.additionals]) {
    for (const record of section) if (!writeRecord(writer, record)) return undefined;
  }
  return writer.overflowed ? undefined : writer.bytes.slice(0, writer.length);
}

/** Decodes a message; undefined when its octets are not exactly one. */
export function decodeMessage(bytes: Uint8Array): Message | undefined {
  if (bytes.length < HEADER_OCTETS) return undefined;
  const reader = new MessageReader(bytes);
  const id = reader.u16();
  const flags = reader.u16();
  const counts = [reader.u16(), reader.u16(), reader.u16(), reader.u16()] as const;
  const questions: Question[] = [];
  for (let left = counts[0]; left > 0 && !reader.failed; left -= 1) {
    questions.push({ name: reader.name(), type: reader.u16(), class: reader.u16() });
  }
  const section = (count: number): ResourceRecord[] => {
    const records: ResourceRecord[] = [];
    for (let left = count; left > 0 && !reader.failed; left -= 1) records.push(decodeRecord(reader));
    return records;
  };
  const message = {
    id,
    flags,
    questions,
    answers: section(counts[1]),
    authorities: section(counts[2]),
    additionals: section(counts[3]),
  };
  return reader.failed || reader.left > 0 ? undefined : message;
}

function decodeRecord(reader: MessageReader): ResourceRecord {
  const name = reader.name();
  const type = reader.u16();
  const recordClass = reader.u16();
  const ttlSeconds = reader.u32();
  return { name, type, class: recordClass, ttlSeconds, data: decodeData(reader, type) };
}

/** One line of a zone file: owner, TTL, class, type and data. */
export function formatRecord(record: ResourceRecord): string {
  const recordClass = record.class === CLASS_IN ? 'IN' : `CLASS${record.class}`;
  const fields = [formatName(record.name), record.ttlSeconds, recordClass, formatType(record.type)];
  return `${fields.join(' ')} ${formatData(record.data)}`;
}
