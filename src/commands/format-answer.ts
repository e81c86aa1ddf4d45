// An answer as dns2 has read it, in print: like dig in full, like dig +short, or as an object for JSON. A record's data
// takes one detour, so that types are printed in one way everywhere: dns2 writes it once more, alone and uncompressed,
// and record-types.ts makes the text. Two things dns2 cannot show: a dot inside a label looks like one between labels,
// and text that is not UTF-8 is replaced by U+FFFD.

import { type EdeOption, type EdnsOption, Packet, type Resource } from 'dns2';
import { escapeText } from '../ops/escape.ts';
import { CLASS_IN, FLAG, OPCODE_QUERY } from '../wire/codes.ts';
import { formatRecord, type ResourceRecord } from '../wire/message.ts';
import { formatName, type Name } from '../wire/name.ts';
import { EDNS_DO } from '../wire/query.ts';
import { MessageReader } from '../wire/reader.ts';
import { decodeData, formatData, formatType, type RecordData, TYPE } from '../wire/record-types.ts';
import type { Reply } from './ask.ts';

/** The data of the answers, a line each. */
export function formatShort({ packet }: Pick<Reply, 'packet'>): string {
  return lines(packet.answers.map((record) => formatData(dataOf(record))));
}

/** Everything, with dig's headings. */
export function formatFull(reply: Reply): string {
  const { packet, server, transport } = reply;
  const { header, questions, answers, authorities, additionals } = packet;
  const counts = [
    `QUERY: ${header.qdcount}, ANSWER: ${header.ancount}`,
    `AUTHORITY: ${header.nscount}, ADDITIONAL: ${header.arcount}`,
  ];
  const opcode = header.opcode === OPCODE_QUERY ? 'QUERY' : `OPCODE${header.opcode}`;
  return [
    lines([
      `;; ->>HEADER<<- opcode: ${opcode}, status: ${statusOf(packet)}, id: ${header.id}`,
      `;; flags: ${flagsOf(reply).join(' ')}; ${counts.join(', ')}`,
    ]),
    section('OPT PSEUDOSECTION', additionals.filter(isOpt).flatMap(formatOpt)),
    section(
      'QUESTION SECTION',
      questions.map(({ name, type, class: of }) => `;${formatTheirs(name)} ${formatClass(of)} ${formatType(type)}`),
    ),
    section('ANSWER SECTION', answers.map(formatTheirRecord)),
    section('AUTHORITY SECTION', authorities.map(formatTheirRecord)),
    section('ADDITIONAL SECTION', additionals.filter((record) => !isOpt(record)).map(formatTheirRecord)),
    lines([
      '',
      `;; Query time: ${Math.round(reply.elapsedMs)} msec`,
      `;; SERVER: ${server.address}#${server.port} (${transport.toUpperCase()})`,
      `;; MSG SIZE  rcvd: ${reply.octets.length}`,
    ]),
  ].join('');
}

/** Everything, for programs. The data of records is in zone-file notation. */
export function answerObject(reply: Reply): object {
  const { packet, server, transport, elapsedMs, octets } = reply;
  const opt = packet.additionals.find(isOpt);
  return {
    id: packet.header.id,
    status: statusOf(packet),
    flags: flagsOf(reply),
    edns: opt && {
      version: opt.version,
      flags: ednsFlagsOf(opt),
      udpPayloadOctets: opt.class,
      errors: errorsOf(opt).map(({ infoCode, extraText }) => ({
        code: infoCode,
        name: errorName(infoCode),
        text: extraText,
      })),
    },
    question: packet.questions.map(({ name, type, class: of }) => ({
      name: formatTheirs(name),
      class: formatClass(of),
      type: formatType(type),
    })),
    answer: packet.answers.map(recordObject),
    authority: packet.authorities.map(recordObject),
    additional: packet.additionals.filter((record) => !isOpt(record)).map(recordObject),
    server: server.address,
    port: server.port,
    transport,
    elapsedMs: Math.round(elapsedMs * 1000) / 1000,
    octets: octets.length,
  };
}

/** What dns2 could not read of an answer, a line each. */
export function formatDamage({ packet }: Reply): string {
  return lines(packet.errors.map(({ message }) => `;; damaged: ${escapeText(message)}`));
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('');
}

function section(title: string, content: readonly string[]): string {
  return content.length === 0 ? '' : lines(['', `;; ${title}:`, ...content]);
}

function statusOf({ header }: Packet): string {
  // Of the two names of 16 the first is the one for answers without TSIG: BADVERS.
  const known = Object.entries(Packet.RCODE).find(([, code]) => code === header.rcode);
  return known?.[0] ?? `RCODE${header.rcode}`;
}

/** From the octets: dns2 reads AD and CD, but its declared types do not have them. */
function flagsOf({ octets }: Reply): string[] {
  const flags = octets.readUInt16BE(2);
  return Object.entries(FLAG)
    .filter(([, bit]) => (flags & bit) !== 0)
    .map(([name]) => name.toLowerCase());
}

function isOpt({ type }: Resource): boolean {
  return type === TYPE.OPT;
}

function ednsFlagsOf({ ttl }: Resource): string[] {
  return (ttl & EDNS_DO) === 0 ? [] : ['do'];
}

function formatOpt(opt: Resource): string[] {
  const flags = ednsFlagsOf(opt).map((flag) => ` ${flag}`);
  return [
    `; EDNS: version: ${opt.version}, flags:${flags.join('')}; udp: ${opt.class}`,
    ...errorsOf(opt).map(({ infoCode, extraText }) => {
      const text = extraText === '' ? '' : `: (${escapeText(extraText)})`;
      return `; EDE: ${infoCode} (${errorName(infoCode)})${text}`;
    }),
  ];
}

/** The extended errors (RFC 8914); dns2 skips options that it does not know. */
function errorsOf({ rdata = [] }: Resource): EdeOption[] {
  return rdata.filter((option: EdnsOption): option is EdeOption => option.ednsCode === Packet.EDNS_OPTION_CODE.EDE);
}

/** The name of an extended error as the registry spells it, but for hyphens: `Stale Answer`. */
function errorName(infoCode: number): string {
  const words = Packet.EDE_NAME[infoCode]?.split('_') ?? ['Unknown'];
  return words.map((word) => word.charAt(0) + word.slice(1).toLowerCase()).join(' ');
}

function formatClass(code: number): string {
  return code === CLASS_IN ? 'IN' : `CLASS${code}`;
}

function nameOfTheirs(name: string): Name {
  // What dns2 writes without a message around it is the name in wire form.
  return Packet.Name.encode(name).toString('latin1') as Name;
}

function formatTheirs(name: string): string {
  return formatName(nameOfTheirs(name));
}

function recordOf(record: Resource): ResourceRecord {
  const { type, class: recordClass, ttl } = record;
  return { name: nameOfTheirs(record.name), type, class: recordClass, ttlSeconds: ttl, data: dataOf(record) };
}

function formatTheirRecord(record: Resource): string {
  return formatRecord(recordOf(record));
}

function recordObject(record: Resource): object {
  return {
    name: formatTheirs(record.name),
    ttl: record.ttl,
    class: formatClass(record.class),
    type: formatType(record.type),
    data: formatData(dataOf(record)),
  };
}

/** Octets before RDLENGTH in a record of the root: name, type, class and TTL. */
const RDLENGTH_AT = 9;

function dataOf(record: Resource): RecordData {
  const octets = Packet.Resource.encode(new Packet.Resource({ ...record, name: '' }));
  const reader = new MessageReader(octets, RDLENGTH_AT);
  const data = decodeData(reader, record.type);
  return reader.failed ? { kind: 'unknown', octets: octets.subarray(RDLENGTH_AT + 2) } : data;
}
