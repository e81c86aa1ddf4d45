// What holds for every zone file: reading one never throws, and what is printed reads back as the same records.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLASS_IN } from '../../src/wire/codes.ts';
import { formatRecord, type ResourceRecord } from '../../src/wire/message.ts';
import { type Name, nameOf, prependLabel } from '../../src/wire/name.ts';
import { formatData, type RecordData, TYPE } from '../../src/wire/record-types.ts';
import { parseZoneFile } from '../../src/zone/zone-file.ts';
import { ENTRY_MAX_CHARACTERS } from '../../src/zone/zone-lexer.ts';

const APEX = nameOf('svc.local.');

const octets = (limits: { minLength: number; maxLength: number }) =>
  fc.uint8Array(limits).map((bytes) => Buffer.from(bytes).toString('latin1'));

/** A name below the apex, of labels with any octets. */
const owner: fc.Arbitrary<Name> = fc
  .array(octets({ minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 3 })
  .map((labels) => labels.reduce<Name>((name, label) => prependLabel(label, name) ?? name, APEX));

const uint16 = fc.nat(0xffff);

const ipv4 = fc.ipV4().map((address) => ({ type: TYPE.A, data: { kind: 'A', address } as RecordData }));
const aaaa = fc.integer({ min: 1, max: 0xffff }).map((group) => ({
  type: TYPE.AAAA,
  data: { kind: 'AAAA', address: `2001:db8::${group.toString(16)}` } as RecordData,
}));
const txt = fc
  .array(octets({ minLength: 0, maxLength: 255 }), { minLength: 1, maxLength: 3 })
  .map((strings) => ({ type: TYPE.TXT, data: { kind: 'TXT', strings } as RecordData }));
const srv = fc.record({ priority: uint16, weight: uint16, port: uint16, target: owner }).map((fields) => {
  return { type: TYPE.SRV, data: { kind: 'SRV', ...fields } as RecordData };
});
const mx = fc.record({ preference: uint16, exchange: owner }).map((fields) => {
  return { type: TYPE.MX, data: { kind: 'MX', ...fields } as RecordData };
});
const ptr = owner.map((target) => ({ type: TYPE.PTR, data: { kind: 'PTR', target } as RecordData }));
const hinfo = fc
  .tuple(octets({ minLength: 0, maxLength: 255 }), octets({ minLength: 0, maxLength: 255 }))
  .map(([cpu, os]) => {
    return { type: TYPE.HINFO, data: { kind: 'HINFO', cpu, os } as RecordData };
  });
const caa = fc
  .record({
    flags: fc.nat(255),
    tag: fc.stringMatching(/^[a-z0-9]{1,20}$/),
    value: octets({ minLength: 0, maxLength: 300 }),
  })
  .map((fields) => ({ type: TYPE.CAA, data: { kind: 'CAA', ...fields } as RecordData }));
const unknown = fc
  .tuple(fc.integer({ min: 65280, max: 65534 }), fc.uint8Array({ maxLength: 100 }))
  .map(([type, bytes]) => ({ type, data: { kind: 'unknown', octets: bytes } as RecordData }));

/** Records of one zone: neither duplicates nor RRsets with two TTLs, which a file may have and a zone has not. */
const zoneRecords: fc.Arbitrary<ResourceRecord[]> = fc.uniqueArray(
  fc
    .tuple(owner, fc.nat(0x7fffffff), fc.oneof(ipv4, aaaa, txt, srv, mx, ptr, hinfo, caa, unknown))
    .map(([name, ttlSeconds, { type, data }]) => ({ name, type, class: CLASS_IN, ttlSeconds, data })),
  { selector: ({ name, type }) => `${name.toLowerCase()} ${type}`, maxLength: 20 },
);

const HEAD = 'svc.local. 5 IN SOA ns1.svc.local. host.svc.local. 1 2 3 4 5\nsvc.local. 5 IN NS ns1.svc.local.\n';

describe('any zone', () => {
  it('reads back as the records that were printed', () => {
    fc.assert(
      fc.property(zoneRecords, (records) => {
        const result = parseZoneFile(HEAD + records.map(formatRecord).join('\n'), undefined);
        expect(result.kind === 'zone' ? result.zone.records.slice(2) : result.mistakes).toEqual(records);
      }),
    );
  });

  it('is the same with its entries spread over lines', () => {
    const word = /"(?:\\.|[^"\\])*"|\S+/g;
    fc.assert(
      fc.property(zoneRecords, fc.constantFrom('\n', '\r\n\t', ' ; ( " )\n '), (records, gap) => {
        const spread = ({ name, type, ttlSeconds, data }: ResourceRecord) => {
          const [first, ...rest] = formatRecord({ name, type, class: CLASS_IN, ttlSeconds, data }).match(word) ?? [];
          return `${first} (${rest.join(gap)})`;
        };
        const result = parseZoneFile(HEAD + records.map(spread).join('\n'), undefined);
        expect(result.kind === 'zone' ? result.zone.records.slice(2) : result.mistakes).toEqual(records);
      }),
    );
  });
});

describe('any text', () => {
  /** Words that mean something, so that the parser is not done after the first. */
  const fragment = fc.constantFrom(
    ...[
      '\n',
      '\n ',
      ' ',
      '\t',
      '\r\n',
      '(',
      ')',
      '"',
      ';',
      '\\',
      '\\#',
      '\\300',
      '@',
      '.',
      'a',
      'a.b.',
      '$TTL',
      '$ORIGIN',
    ],
    ...[
      'IN',
      'CH',
      'CLASS1',
      '30',
      '1h',
      'A',
      'AAAA',
      'SOA',
      'NS',
      'CNAME',
      'TXT',
      'SRV',
      'MX',
      'CAA',
      'TYPE65280',
      'ANY',
    ],
    ...['10.0.0.1', '::1', '4', '0a000001', '@ SOA a b 1 2 3 4 5\n', '\0', '\xff', '\u20ac', '$INCLUDE'],
  );
  const text = fc.oneof(
    fc.array(fragment, { maxLength: 60 }).map((fragments) => fragments.join('')),
    fc.array(fragment, { maxLength: 60 }).map((fragments) => fragments.join(' ')),
    fc.string({ unit: 'binary', maxLength: 200 }),
  );

  it('is a zone or has mistakes, all of them within the text and in its order', () => {
    fc.assert(
      fc.property(text, fc.option(fc.constant(APEX), { nil: undefined }), (zoneText, origin) => {
        const result = parseZoneFile(zoneText, origin);
        const told = result.kind === 'zone' ? result.warnings : result.mistakes;
        if (result.kind === 'mistakes') expect(told).not.toEqual([]);
        const lines = zoneText.split('\n');
        let before = { line: 1, column: 1 };
        for (const { line, column, message } of told) {
          expect(line > before.line || (line === before.line && column >= before.column)).toBe(true);
          expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
          expect(message).toMatch(/^[ -~…]+$/);
          before = { line, column };
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('is read the same way twice once it is a zone: printed and read, its records do not change', () => {
    fc.assert(
      fc.property(text, (zoneText) => {
        const result = parseZoneFile(`$TTL 5\n@ SOA a b 1 2 3 4 5\n${zoneText}`, APEX);
        if (result.kind === 'mistakes') return;
        const printed = result.zone.records.map(formatRecord).join('\n');
        const again = parseZoneFile(printed, undefined);
        expect(again.kind === 'zone' && again.zone.records.map(({ data }) => formatData(data))).toEqual(
          result.zone.records.map(({ data }) => formatData(data)),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('of one word or one entry, however long, is read without exhausting the stack', () => {
    for (const unit of ['(', '"', '\\', 'a', 'a.', '1s', 'ab', '\n', '\0', '\\9 ', '"" ']) {
      // Short enough for the fields of a record to see it, and so long that only the lexer does.
      for (const length of [ENTRY_MAX_CHARACTERS / 2, 2 * ENTRY_MAX_CHARACTERS]) {
        const repeated = unit.repeat(length / unit.length);
        for (const before of ['@ ', '@ TXT ', '@ TYPE65280 \\# 9 ']) {
          expect(parseZoneFile(before + repeated, APEX).kind).toBe('mistakes');
        }
      }
    }
  });
});
