// Names, records and messages for properties. Octets that the text form escapes, letters of both cases and lengths at
// the limits come up often, and names share endings, so that compression has work to do.

import fc from 'fast-check';
import { formatIpv4, formatIpv6 } from '../../src/wire/address.ts';
import { CLASS_IN, CLIENT_COOKIE_OCTETS, EDNS_OPTION, OPCODE_SHIFT } from '../../src/wire/codes.ts';
import type { Message, Question, ResourceRecord } from '../../src/wire/message.ts';
import { foldName, type Name, prependLabel, ROOT } from '../../src/wire/name.ts';
import { type EdnsOption, KNOWN_TYPES, type RecordData, TYPE } from '../../src/wire/record-types.ts';

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });

/** One octet as a character; those with a meaning somewhere come up often. */
const octet = fc.oneof(
  fc.constantFrom(...'aAzZ09-_.@"\\;()$ \0\n\x7f\xc0\xe0\xff\x03\x3f'),
  u8.map((code) => String.fromCharCode(code)),
);

const octets = (minLength: number, maxLength: number) => fc.string({ unit: octet, minLength, maxLength });

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });

/** As many of the labels, from the right, as fit into a name below `origin`. */
function join(labels: readonly string[], origin: Name): Name {
  return labels.reduceRight<Name>((name, label) => prependLabel(label, name) ?? name, origin);
}

const label = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('svc', 'SVC', 'local', 'a', 'A', '_tcp', 'a.b', '\x03svc') },
  { weight: 4, arbitrary: octets(1, 8) },
  { weight: 1, arbitrary: octets(63, 63) },
);

/** Any name, those of 255 octets and of 127 labels among them. */
export const anyName: fc.Arbitrary<Name> = fc
  .oneof(
    { weight: 8, arbitrary: fc.array(label, { maxLength: 6 }) },
    { weight: 1, arbitrary: fc.array(octets(63, 63), { minLength: 5, maxLength: 5 }) },
    { weight: 1, arbitrary: fc.array(octets(1, 1), { minLength: 120, maxLength: 130 }) },
  )
  .map((labels) => join(labels, ROOT));

/** A name in lower case: what compression gives back when names of other cases stand before it. */
export const lowerName: fc.Arbitrary<Name> = anyName.map(foldName);

/** A host name of letters, digits and hyphens, as other programs can write it without escapes. */
export const hostName: fc.Arbitrary<Name> = fc
  .array(
    fc.oneof(fc.constantFrom('svc', 'local', 'example'), fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)),
    {
      minLength: 1,
      maxLength: 5,
    },
  )
  .map((labels) => join(labels, ROOT));

/** The kinds of data that a zone can hold, with the number of their type. */
export function zoneData(name: fc.Arbitrary<Name>): fc.Arbitrary<{ readonly type: number; readonly data: RecordData }> {
  // SOA times and TTLs end at 2^31 - 1 (RFC 2181 §8).
  const seconds = fc.integer({ min: 0, max: 0x7fffffff });
  const ofType = <T extends RecordData>(type: number, data: fc.Arbitrary<T>) =>
    data.map((value) => ({ type, data: value }));
  const string = octets(0, 255);
  return fc.oneof(
    ofType(
      TYPE.A,
      fc.record({
        kind: fc.constant('A' as const),
        address: fc.uint8Array({ minLength: 4, maxLength: 4 }).map((of) => formatIpv4(of)),
      }),
    ),
    ofType(
      TYPE.AAAA,
      fc.record({
        kind: fc.constant('AAAA' as const),
        address: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((of) => formatIpv6(of)),
      }),
    ),
    ofType(TYPE.NS, fc.record({ kind: fc.constant('NS' as const), target: name })),
    ofType(TYPE.CNAME, fc.record({ kind: fc.constant('CNAME' as const), target: name })),
    ofType(TYPE.PTR, fc.record({ kind: fc.constant('PTR' as const), target: name })),
    ofType(
      TYPE.SOA,
      fc.record({
        kind: fc.constant('SOA' as const),
        mname: name,
        rname: name,
        serial: u32,
        refreshSeconds: seconds,
        retrySeconds: seconds,
        expireSeconds: seconds,
        minimumSeconds: seconds,
      }),
    ),
    ofType(TYPE.HINFO, fc.record({ kind: fc.constant('HINFO' as const), cpu: string, os: string })),
    ofType(TYPE.MX, fc.record({ kind: fc.constant('MX' as const), preference: u16, exchange: name })),
    ofType(
      TYPE.TXT,
      fc.record({ kind: fc.constant('TXT' as const), strings: fc.array(string, { minLength: 1, maxLength: 4 }) }),
    ),
    ofType(
      TYPE.SRV,
      fc.record({ kind: fc.constant('SRV' as const), priority: u16, weight: u16, port: u16, target: name }),
    ),
    ofType(
      TYPE.CAA,
      fc.record({
        kind: fc.constant('CAA' as const),
        flags: u8,
        tag: fc.stringMatching(/^[A-Za-z0-9]{1,15}$/),
        value: octets(0, 300),
      }),
    ),
    // A type without an entry; 128 to 255 are for questions (RFC 6895 §3.1).
    fc.record({
      type: fc.integer({ min: 258, max: 0xffff }).filter((type) => !KNOWN_TYPES.includes(type)),
      data: fc.record({ kind: fc.constant('unknown' as const), octets: bytes(300) }),
    }),
  );
}

const option: fc.Arbitrary<EdnsOption> = fc.record({
  code: fc.oneof(
    { weight: 4, arbitrary: u16 },
    { weight: 1, arbitrary: fc.constantFrom(...Object.values(EDNS_OPTION)) },
  ),
  data: bytes(40),
});

function optOf(options: fc.Arbitrary<EdnsOption>): fc.Arbitrary<{ readonly type: number; readonly data: RecordData }> {
  return fc
    .array(options, { maxLength: 4 })
    .map((some) => ({ type: TYPE.OPT, data: { kind: 'OPT' as const, options: some } }));
}

/** An option that is no reason for FORMERR: a cookie has a length that cookies have (RFC 7873 §5.2.2). */
const rightOption = option.filter(
  ({ code, data }) => code !== EDNS_OPTION.COOKIE || data.length === CLIENT_COOKIE_OCTETS || data.length >= 16,
);

function anyRecord(name: fc.Arbitrary<Name>): fc.Arbitrary<ResourceRecord> {
  const typed = fc.oneof({ weight: 12, arbitrary: zoneData(name) }, { weight: 1, arbitrary: optOf(option) });
  return fc
    .record({ name, class: fc.oneof(fc.constant(CLASS_IN), u16), ttlSeconds: u32, typed })
    .map(({ typed: { type, data }, ...rest }) => ({ ...rest, type, data }));
}

/** Records of class IN as a zone holds them. */
export function zoneRecord(name: fc.Arbitrary<Name>): fc.Arbitrary<ResourceRecord> {
  return fc
    .record({ name, ttlSeconds: fc.integer({ min: 0, max: 0x7fffffff }), typed: zoneData(name) })
    .map(({ typed: { type, data }, ...rest }) => ({ ...rest, class: CLASS_IN, type, data }));
}

function anyQuestion(name: fc.Arbitrary<Name>): fc.Arbitrary<Question> {
  return fc.record({ name, type: u16, class: u16 });
}

/** Any message that fits into 65535 octets, its names drawn from `name`. */
export function anyMessage(name: fc.Arbitrary<Name>): fc.Arbitrary<Message> {
  const section = fc.array(anyRecord(name), { maxLength: 4 });
  return fc.record({
    id: u16,
    flags: u16,
    questions: fc.array(anyQuestion(name), { maxLength: 2 }),
    answers: section,
    authorities: section,
    additionals: section,
  });
}

/** A query that is to be answered: one question, with and without EDNS 0. */
export function anyQuery(name: fc.Arbitrary<Name>): fc.Arbitrary<Message> {
  const opt = fc
    .record({ class: u16, ednsFlags: u16, data: optOf(rightOption) })
    .map(({ class: size, ednsFlags, data }) => ({ name: ROOT, class: size, ttlSeconds: ednsFlags, ...data }));
  return fc.record({
    id: u16,
    // Any bits but QR and the opcode, which are 0.
    flags: u16.map((flags) => flags & ((1 << OPCODE_SHIFT) - 1)),
    questions: anyQuestion(name).map((question) => [question]),
    answers: fc.constant([]),
    authorities: fc.constant([]),
    additionals: fc.oneof(
      fc.constant([]),
      opt.map((record) => [record]),
    ),
  });
}

/** Octets that are nearly a message: those of one from `messages` with some overwritten, cut off or put behind. */
export function nearly(messages: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const change = fc.record({ at: fc.nat(), octet: fc.oneof(fc.constantFrom(0, 1, 0x3f, 0x40, 0xc0, 0xff), u8) });
  return fc
    .record({ message: messages, changes: fc.array(change, { maxLength: 4 }), cut: fc.nat({ max: 6 }), tail: bytes(3) })
    .map(({ message, changes, cut, tail }) => {
      const octetsLeft = Uint8Array.from([...message.subarray(0, Math.max(0, message.length - cut)), ...tail]);
      for (const { at, octet: value } of changes) {
        // Half of the changes hit the header and the question, where most is decided.
        const place = at % 2 === 0 ? at % 24 : at;
        if (octetsLeft.length > 0) octetsLeft[place % octetsLeft.length] = value;
      }
      return octetsLeft;
    });
}
