// Zone files, the master files of RFC 1035 §5, with $TTL (RFC 2308 §4) and unknown types (RFC 3597): text → the records
// of one zone, or every mistake with its line and column. Pure, and linear in the length of the text. What holds for an
// entry alone is checked here; what holds between records, in zone-check.ts.

import { CLASS_IN, HEADER_OCTETS, MESSAGE_MAX_OCTETS } from '../wire/codes.ts';
import { excerpt, FieldReader, type Mistake } from '../wire/fields.ts';
import { type ResourceRecord, writeRecord } from '../wire/message.ts';
import { type Name, ROOT } from '../wire/name.ts';
import { formatType, KNOWN_TYPES, parseData, parseType, TYPE } from '../wire/record-types.ts';
import { MessageWriter } from '../wire/writer.ts';
import { checkZone, type StatedRecord } from './zone-check.ts';
import { type Entry, readEntries } from './zone-lexer.ts';

/** The content of a zone file that has no mistake. */
export interface ZoneFile {
  /** The apex: the owner of the SOA. */
  readonly origin: Name;
  /** In file order, class IN, SOA included; no duplicates, and one TTL per RRset. */
  readonly records: readonly ResourceRecord[];
}

export type ZoneFileResult =
  | { readonly kind: 'zone'; readonly zone: ZoneFile; readonly warnings: readonly Mistake[] }
  | { readonly kind: 'mistakes'; readonly mistakes: readonly Mistake[] };

/**
 * Octets of a zone file; a larger one is not to be read. That is a million records, ten times the instances a server
 * takes, and a file that goes on for ever must not fill the memory.
 */
export const ZONE_FILE_MAX_OCTETS = 64 * 1024 * 1024;

/** Mistakes after which the rest is not read: nobody mends more at once, and a file of another kind is all mistakes. */
export const MISTAKES_MAX = 1000;

/**
 * Parses a zone file. Mistakes and warnings are in file order.
 *
 * @param text the file's octets, one per character (latin1)
 * @param origin of relative names until the first $ORIGIN; without it they are mistakes until then
 */
export function parseZoneFile(text: string, origin: Name | undefined): ZoneFileResult {
  const reader = new EntryReader(origin);
  for (const result of readEntries(text)) {
    if (result.kind === 'mistake') reader.refuse(result.mistake);
    else reader.read(result.entry);
    const last = reader.mistakes.at(-1);
    if (last === undefined || reader.mistakes.length < MISTAKES_MAX) continue;
    reader.refuse({ ...last, message: `${reader.mistakes.length} mistakes so far: the rest of the file is not read` });
    break;
  }
  const check = checkZone(reader.records, reader.complete);
  const mistakes = [...reader.mistakes, ...check.mistakes].sort(byPlace);
  if (check.apex === undefined || mistakes.length > 0) return { kind: 'mistakes', mistakes };
  const zone = { origin: check.apex, records: check.records };
  return { kind: 'zone', zone, warnings: [...check.warnings].sort(byPlace) };
}

function byPlace(a: Mistake, b: Mistake): number {
  return a.line - b.line || a.column - b.column;
}

interface Place {
  readonly line: number;
  readonly column: number;
}

/** Reads entries one after the other: each depends on the origin, the TTL and the owner that those before it set. */
class EntryReader {
  readonly records: StatedRecord[] = [];
  readonly mistakes: Mistake[] = [];
  /** Whether every entry so far could at least be told to be a record of some type. */
  complete = true;
  #origin: Name | undefined;
  /** Undefined before the first record, and after an owner that could not be read. */
  #owner: Name | undefined;
  #ownerStated = false;
  /** Seconds that $TTL gave. */
  #defaultTtl: number | undefined;
  /** Seconds of the last record that had a TTL of its own. */
  #lastTtl: number | undefined;
  readonly #scratch = new MessageWriter(new Uint8Array(MESSAGE_MAX_OCTETS));
  readonly #empty = this.#scratch.mark();

  constructor(origin: Name | undefined) {
    this.#origin = origin;
  }

  /** Takes note of an entry that cannot be split into words. */
  refuse(mistake: Mistake): void {
    this.mistakes.push(mistake);
    this.complete = false;
    this.#owner = undefined;
    this.#ownerStated = true;
  }

  read({ tokens, line, column, indented }: Entry): void {
    const fields = new FieldReader(tokens, 0, this.#origin, { line, column }, this.mistakes);
    const first = fields.peek();
    if (first?.text.startsWith('$') && !first.quoted) this.#directive(first.text.toUpperCase(), fields);
    else this.#record({ line, column }, indented, fields);
  }

  #directive(directive: string, fields: FieldReader): void {
    switch (directive) {
      case '$ORIGIN':
        fields.skip();
        this.#origin = this.#nameIn(fields, 'origin') ?? this.#origin;
        fields.end();
        break;
      case '$TTL':
        fields.skip();
        this.#defaultTtl = fields.seconds('TTL');
        fields.end();
        break;
      case '$INCLUDE':
        // One file is read, checked and replaced as one; it must not reach for others.
        fields.refuse('$INCLUDE: a zone is one file here, expected its records in place');
        this.complete = false;
        break;
      default:
        fields.refuse(`${excerpt(directive)}: expected $ORIGIN or $TTL`);
    }
  }

  #record(place: Place, indented: boolean, fields: FieldReader): void {
    if (!indented) this.#owner = this.#nameIn(fields, 'owner');
    else if (!this.#ownerStated) fields.refuse('expected an owner: no record comes before this one');
    this.#ownerStated = true;
    const ttlSeconds = this.#ttlAndClass(fields) ?? this.#defaultTtl ?? this.#lastTtl;
    const type = typeIn(fields);
    const name = this.#owner;
    if (type === undefined) {
      this.complete = false;
      return;
    }
    const before = this.mistakes.length;
    const data = parseData(fields, type);
    // After a field that is wrong, what is left may be its rest.
    if (this.mistakes.length === before) {
      fields.end();
      this.#expectFit({ name: name ?? ROOT, type, class: CLASS_IN, ttlSeconds: 0, data }, place);
    }
    if (name === undefined) this.complete = false;
    else this.records.push({ ...place, name, type, ttlSeconds, data });
  }

  #nameIn(fields: FieldReader, what: string): Name | undefined {
    const before = this.mistakes.length;
    const name = fields.name(what);
    return this.mistakes.length === before ? name : undefined;
  }

  /** Takes TTL and class, each of which may be missing, in either order; gives the seconds. */
  #ttlAndClass(fields: FieldReader): number | undefined {
    let ttlSeconds: number | undefined;
    let classSeen = false;
    for (let token = fields.peek(); token !== undefined && !token.quoted; token = fields.peek()) {
      if (ttlSeconds === undefined && /^[0-9]/.test(token.text)) {
        ttlSeconds = fields.seconds('TTL');
        this.#lastTtl = ttlSeconds;
      } else if (!classSeen && CLASS.test(token.text)) {
        classSeen = true;
        if (!CLASS_INTERNET.test(token.text)) fields.refuse(`class ${excerpt(token.text)}: expected IN`);
        fields.skip();
      } else break;
    }
    return ttlSeconds;
  }

  /** Keeps a mistake if no answer can hold this record, not even alone. */
  #expectFit(record: ResourceRecord, place: Place): void {
    const answer = this.#scratch;
    answer.rollback(this.#empty);
    answer.octets(HEADER);
    answer.name(record.name);
    answer.u16(record.type);
    answer.u16(record.class);
    if (writeRecord(answer, record)) return;
    this.mistakes.push({ ...place, message: `more data than an answer of ${MESSAGE_MAX_OCTETS} octets can hold` });
  }
}

const HEADER = new Uint8Array(HEADER_OCTETS);

/** A mnemonic of RFC 1035 §3.2.4, or a number (RFC 3597 §5). */
const CLASS = /^(IN|CS|CH|HS|CLASS[0-9]{1,5})$/i;
const CLASS_INTERNET = /^(IN|CLASS0*1)$/i;

/** Takes the type, which must be one that records in a zone can have. */
function typeIn(fields: FieldReader): number | undefined {
  const token = fields.peek();
  if (token === undefined) {
    fields.refuse('expected a record type');
    return undefined;
  }
  const type = token.quoted ? undefined : parseType(token.text);
  if (type === undefined) {
    fields.refuse(`${excerpt(token.text)}: expected a record type: ${TYPES_IN_ZONES}, or TYPE and a number`);
    return undefined;
  }
  if (!isTypeInZones(type)) {
    fields.refuse(`${formatType(type)} cannot be in a zone`);
    return undefined;
  }
  fields.skip();
  return type;
}

/** Reserved (0), part of one message (OPT), or only asked for or computed (128 to 255): RFC 6895 §3.1. */
function isTypeInZones(type: number): boolean {
  return type !== 0 && type !== TYPE.OPT && (type < 128 || type > 255);
}

const TYPES_IN_ZONES = KNOWN_TYPES.filter(isTypeInZones).map(formatType).join(' ');
