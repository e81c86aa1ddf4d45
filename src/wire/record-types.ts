// Every record type this program knows, one entry each: its number, its data on the wire, its data in a zone file and
// its text for people. To teach svcdns a type, add its data to `RecordData` and its entry to `RECORD_TYPES`. Types
// without an entry are opaque octets in the notation of RFC 3597.

import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from './address.ts';
import type { FieldReader } from './fields.ts';
import { escapeOctet, formatName, type Name } from './name.ts';
import type { MessageReader } from './reader.ts';
import type { MessageWriter } from './writer.ts';

/** Numbers of the types that code refers to (IANA "Resource Record (RR) TYPEs"). */
export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  CAA: 257,
} as const;

/** Data that is one name, which older types may compress. */
export interface NameData<K extends 'NS' | 'CNAME' | 'PTR'> {
  readonly kind: K;
  readonly target: Name;
}

/** RFC 1035 §3.3.13. Times are in seconds. */
export interface SoaData {
  readonly kind: 'SOA';
  readonly mname: Name;
  readonly rname: Name;
  readonly serial: number;
  readonly refreshSeconds: number;
  readonly retrySeconds: number;
  readonly expireSeconds: number;
  /** The TTL of negative answers, together with the TTL of the SOA record itself (RFC 2308 §5). */
  readonly minimumSeconds: number;
}

export interface EdnsOption {
  readonly code: number;
  readonly data: Uint8Array;
}

/** The data of one record. Strings hold one octet per character, addresses are in canonical text. */
export type RecordData =
  | { readonly kind: 'A'; readonly address: string }
  | { readonly kind: 'AAAA'; readonly address: string }
  | NameData<'NS'>
  | NameData<'CNAME'>
  | NameData<'PTR'>
  | SoaData
  | { readonly kind: 'HINFO'; readonly cpu: string; readonly os: string }
  | { readonly kind: 'MX'; readonly preference: number; readonly exchange: Name }
  | { readonly kind: 'TXT'; readonly strings: readonly string[] }
  | {
      readonly kind: 'SRV';
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: Name;
    }
  | { readonly kind: 'OPT'; readonly options: readonly EdnsOption[] }
  | { readonly kind: 'CAA'; readonly flags: number; readonly tag: string; readonly value: string }
  | { readonly kind: 'unknown'; readonly octets: Uint8Array };

export type RecordKind = RecordData['kind'];

export type DataOf<K extends RecordKind> = Extract<RecordData, { kind: K }>;

/** How one type's data is written and read. */
interface RecordType<K extends RecordKind> {
  readonly code: number;
  /** Writes RDATA, without its length. */
  encode(writer: MessageWriter, data: DataOf<K>): void;
  /** Reads RDATA, which ends at `reader.end`; a broken one sets `reader.failed`. */
  decode(reader: MessageReader): DataOf<K>;
  /** Reads the zone-file form (RFC 1035 §5.1); mistakes are kept by `fields`. */
  parse(fields: FieldReader): DataOf<K>;
  /** The zone-file form. */
  format(data: DataOf<K>): string;
}

function nameType<K extends 'NS' | 'CNAME' | 'PTR'>(kind: K, code: number): RecordType<K> {
  // The one place where a generic kind meets its member of the union; both sides are {kind, target}.
  const data = (target: Name) => ({ kind, target }) as DataOf<K>;
  const targetOf = (value: NameData<'NS' | 'CNAME' | 'PTR'>) => value.target;
  return {
    code,
    encode: (writer, value) => writer.name(targetOf(value)),
    decode: (reader) => data(reader.name()),
    parse: (fields) => data(fields.name('target')),
    format: (value) => formatName(targetOf(value)),
  };
}

/** Letters and digits, so that a tag is printed without quotes (RFC 8659 §4.1). */
const CAA_TAG = /^[A-Za-z0-9]{1,255}$/;

const RECORD_TYPES: { readonly [K in Exclude<RecordKind, 'unknown'>]: RecordType<K> } = {
  // RFC 1035 §3.4.1
  A: {
    code: TYPE.A,
    encode: (writer, { address }) => writer.octets(canonical(parseIpv4(address), address)),
    decode: (reader) => ({ kind: 'A', address: formatIpv4(reader.octets(4)) }),
    parse: (fields) => ({ kind: 'A', address: fields.ipv4() }),
    format: ({ address }) => address,
  },
  // RFC 3596 §2.2
  AAAA: {
    code: TYPE.AAAA,
    encode: (writer, { address }) => writer.octets(canonical(parseIpv6(address), address)),
    decode: (reader) => ({ kind: 'AAAA', address: formatIpv6(reader.octets(16)) }),
    parse: (fields) => ({ kind: 'AAAA', address: fields.ipv6() }),
    format: ({ address }) => address,
  },
  NS: nameType('NS', TYPE.NS),
  CNAME: nameType('CNAME', TYPE.CNAME),
  PTR: nameType('PTR', TYPE.PTR),
  // RFC 1035 §3.3.13
  SOA: {
    code: TYPE.SOA,
    encode: (writer, data) => {
      writer.name(data.mname);
      writer.name(data.rname);
      writer.u32(data.serial);
      writer.u32(data.refreshSeconds);
      writer.u32(data.retrySeconds);
      writer.u32(data.expireSeconds);
      writer.u32(data.minimumSeconds);
    },
    decode: (reader) => ({
      kind: 'SOA',
      mname: reader.name(),
      rname: reader.name(),
      serial: reader.u32(),
      refreshSeconds: reader.u32(),
      retrySeconds: reader.u32(),
      expireSeconds: reader.u32(),
      minimumSeconds: reader.u32(),
    }),
    parse: (fields) => ({
      kind: 'SOA',
      mname: fields.name('primary server'),
      rname: fields.name('mailbox'),
      serial: fields.integer('serial', 0xffffffff),
      refreshSeconds: fields.seconds('refresh'),
      retrySeconds: fields.seconds('retry'),
      expireSeconds: fields.seconds('expire'),
      minimumSeconds: fields.seconds('minimum'),
    }),
    format: (data) =>
      `${formatName(data.mname)} ${formatName(data.rname)} ${data.serial} ${data.refreshSeconds} ` +
      `${data.retrySeconds} ${data.expireSeconds} ${data.minimumSeconds}`,
  },
  // RFC 1035 §3.3.2
  HINFO: {
    code: TYPE.HINFO,
    encode: (writer, { cpu, os }) => {
      writer.characterString(cpu);
      writer.characterString(os);
    },
    decode: (reader) => ({ kind: 'HINFO', cpu: reader.characterString(), os: reader.characterString() }),
    parse: (fields) => ({ kind: 'HINFO', cpu: fields.characterString('CPU'), os: fields.characterString('OS') }),
    format: ({ cpu, os }) => `${quote(cpu)} ${quote(os)}`,
  },
  // RFC 1035 §3.3.9
  MX: {
    code: TYPE.MX,
    encode: (writer, { preference, exchange }) => {
      writer.u16(preference);
      writer.name(exchange);
    },
    decode: (reader) => ({ kind: 'MX', preference: reader.u16(), exchange: reader.name() }),
    parse: (fields) => ({
      kind: 'MX',
      preference: fields.integer('preference', 0xffff),
      exchange: fields.name('exchange'),
    }),
    format: ({ preference, exchange }) => `${preference} ${formatName(exchange)}`,
  },
  // RFC 1035 §3.3.14: one string at least.
  TXT: {
    code: TYPE.TXT,
    encode: (writer, { strings }) => {
      for (const string of strings) writer.characterString(string);
    },
    decode: (reader) => {
      const strings = [reader.characterString()];
      while (reader.left > 0 && !reader.failed) strings.push(reader.characterString());
      return { kind: 'TXT', strings };
    },
    parse: (fields) => {
      const strings = [fields.characterString('text')];
      while (fields.more()) strings.push(fields.characterString('text'));
      return { kind: 'TXT', strings };
    },
    format: ({ strings }) => strings.map(quote).join(' '),
  },
  // RFC 2782. The target is not compressed: a resolver that does not know the type passes its data on as it is.
  SRV: {
    code: TYPE.SRV,
    encode: (writer, { priority, weight, port, target }) => {
      writer.u16(priority);
      writer.u16(weight);
      writer.u16(port);
      writer.nameInFull(target);
    },
    decode: (reader) => ({
      kind: 'SRV',
      priority: reader.u16(),
      weight: reader.u16(),
      port: reader.u16(),
      target: reader.name(),
    }),
    parse: (fields) => ({
      kind: 'SRV',
      priority: fields.integer('priority', 0xffff),
      weight: fields.integer('weight', 0xffff),
      port: fields.integer('port', 0xffff),
      target: fields.name('target'),
    }),
    format: ({ priority, weight, port, target }) => `${priority} ${weight} ${port} ${formatName(target)}`,
  },
  // RFC 6891 §6.1.2: part of one message.
  OPT: {
    code: TYPE.OPT,
    encode: (writer, { options }) => {
      for (const { code, data } of options) {
        writer.u16(code);
        writer.u16(data.length);
        writer.octets(data);
      }
    },
    decode: (reader) => {
      const options: EdnsOption[] = [];
      while (reader.left > 0 && !reader.failed) {
        const code = reader.u16();
        options.push({ code, data: reader.octets(reader.u16()) });
      }
      return { kind: 'OPT', options };
    },
    // Has no zone-file form: `parseData` refuses it.
    parse: () => ({ kind: 'OPT', options: [] }),
    format: ({ options }) => options.map(({ code, data }) => `${code}=${formatHex(data)}`).join(' '),
  },
  // RFC 8659 §4.1
  CAA: {
    code: TYPE.CAA,
    encode: (writer, { flags, tag, value }) => {
      writer.u8(flags);
      writer.characterString(tag);
      writer.text(value);
    },
    decode: (reader) => {
      const flags = reader.u8();
      const tag = reader.characterString();
      if (!CAA_TAG.test(tag)) reader.failed = true;
      return { kind: 'CAA', flags, tag, value: reader.text(reader.left) };
    },
    parse: (fields) => ({
      kind: 'CAA',
      flags: fields.integer('flags', 0xff),
      tag: fields.match('tag', CAA_TAG, 'letters and digits'),
      value: fields.octets('value'),
    }),
    format: ({ flags, tag, value }) => `${flags} ${tag} ${quote(value)}`,
  },
};

const KIND_BY_CODE = new Map(
  Object.entries(RECORD_TYPES).map(([kind, { code }]) => [code, kind as Exclude<RecordKind, 'unknown'>]),
);

/** Types that can only be asked for. Their mnemonics are known, their data does not exist. */
const QUESTION_ONLY = new Map<number, string>([
  [TYPE.IXFR, 'IXFR'],
  [TYPE.AXFR, 'AXFR'],
  [TYPE.ANY, 'ANY'],
]);

/** The record types that have an entry here, and so can be told apart in metrics and caches. */
export const KNOWN_TYPES: readonly number[] = [...KIND_BY_CODE.keys()];

/** `A`, `SRV`, …, and `TYPE65280` for a type without an entry (RFC 3597 §5). */
export function formatType(code: number): string {
  return KIND_BY_CODE.get(code) ?? QUESTION_ONLY.get(code) ?? `TYPE${code}`;
}

/** The number of a type mnemonic or of `TYPEnnn`, in any case; undefined for any other text. */
export function parseType(text: string): number | undefined {
  const mnemonic = text.toUpperCase();
  const digits = /^TYPE([0-9]{1,5})$/.exec(mnemonic)?.[1];
  if (digits !== undefined) return Number(digits) <= 0xffff ? Number(digits) : undefined;
  for (const names of [KIND_BY_CODE, QUESTION_ONLY]) {
    for (const [code, name] of names) if (name === mnemonic) return code;
  }
  return undefined;
}

/** Writes RDLENGTH and RDATA. */
export function encodeData(writer: MessageWriter, data: RecordData): void {
  const lengthAt = writer.length;
  writer.u16(0);
  if (data.kind === 'unknown') writer.octets(data.octets);
  else typeOf(data.kind).encode(writer, data);
  if (!writer.overflowed) writer.patchU16(lengthAt, writer.length - lengthAt - 2);
}

/** Reads RDLENGTH and RDATA of a record of type `code`; sets `reader.failed` where the data does not fill its length. */
export function decodeData(reader: MessageReader, code: number): RecordData {
  const length = reader.u16();
  const messageEnd = reader.end;
  if (reader.failed || length > reader.left) {
    reader.failed = true;
    return { kind: 'unknown', octets: new Uint8Array(0) };
  }
  reader.end = reader.at + length;
  const kind = KIND_BY_CODE.get(code);
  const data: RecordData =
    kind === undefined ? { kind: 'unknown', octets: reader.octets(length) } : typeOf(kind).decode(reader);
  if (reader.at !== reader.end) reader.failed = true;
  reader.end = messageEnd;
  return data;
}

/** Reads the zone-file form of the data of a record of type `code`; mistakes are kept by `fields`. */
export function parseData(fields: FieldReader, code: number): RecordData {
  const kind = KIND_BY_CODE.get(code);
  if (code === TYPE.OPT || QUESTION_ONLY.has(code)) fields.refuse(`${formatType(code)} cannot be in a zone`);
  else if (fields.isGeneric()) return fields.generic(code);
  else if (kind !== undefined) return typeOf(kind).parse(fields);
  else fields.refuse(`expected the form of RFC 3597 for ${formatType(code)}: \\# LENGTH HEX`);
  return { kind: 'unknown', octets: new Uint8Array(0) };
}

/** The zone-file form of a record's data. */
export function formatData(data: RecordData): string {
  if (data.kind !== 'unknown') return typeOf(data.kind).format(data);
  return data.octets.length === 0 ? '\\# 0' : `\\# ${data.octets.length} ${formatHex(data.octets)}`;
}

/**
 * The entry of a kind, typed so that it takes the data of any kind: the caller passes data of this very kind, which
 * the type system cannot follow through a union.
 */
function typeOf(kind: Exclude<RecordKind, 'unknown'>): RecordType<RecordKind> {
  return RECORD_TYPES[kind] as unknown as RecordType<RecordKind>;
}

/** Data holds addresses in canonical text only, so any other text is a bug of the program that put it there. */
function canonical(octets: Uint8Array | undefined, address: string): Uint8Array {
  if (octets === undefined) throw new Error(`${address}: expected an address in canonical text`);
  return octets;
}

/** A character string between quotes, as `dig` prints it. */
function quote(octets: string): string {
  return `"${octets.replace(/[^ -~]|["\\]/g, escapeOctet)}"`;
}

function formatHex(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('');
}
