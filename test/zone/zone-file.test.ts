// Zone files as people and tools write them: what each notation means, and where each mistake is said to be.

import { describe, expect, it } from 'vitest';
import { formatName } from '../../src/wire/name.ts';
import { MISTAKES_MAX, parseZoneFile } from '../../src/zone/zone-file.ts';
import { ENTRY_MAX_CHARACTERS } from '../../src/zone/zone-lexer.ts';
import { APEX, outcomeOf, recordsAfterApex } from './zone-text.ts';

const NO_SOA = '1:1: no SOA record: a zone begins with one at its apex';

describe('the master file of RFC 1035 §5.3', () => {
  const EXAMPLE = String.raw`
@   IN  SOA     VENERA      Action\.domains (
                                 20     ; SERIAL
                                 7200   ; REFRESH
                                 600    ; RETRY
                                 3600000; EXPIRE
                                 60)    ; MINIMUM

        NS      A.ISI.EDU.
        NS      VENERA
        NS      VAXA
        MX      10      VENERA
        MX      20      VAXA

A       A       26.3.0.103

VENERA  A       10.1.0.52
        A       128.9.0.32

VAXA    A       10.2.0.27
        A       128.9.0.33
`;

  it('has the TTL of the SOA minimum, and owners and targets below its origin', () => {
    expect(outcomeOf(EXAMPLE, 'ISI.EDU.')).toEqual({
      records: [
        String.raw`ISI.EDU. 60 IN SOA VENERA.ISI.EDU. Action\.domains.ISI.EDU. 20 7200 600 3600000 60`,
        'ISI.EDU. 60 IN NS A.ISI.EDU.',
        'ISI.EDU. 60 IN NS VENERA.ISI.EDU.',
        'ISI.EDU. 60 IN NS VAXA.ISI.EDU.',
        'ISI.EDU. 60 IN MX 10 VENERA.ISI.EDU.',
        'ISI.EDU. 60 IN MX 20 VAXA.ISI.EDU.',
        'A.ISI.EDU. 60 IN A 26.3.0.103',
        'VENERA.ISI.EDU. 60 IN A 10.1.0.52',
        'VENERA.ISI.EDU. 60 IN A 128.9.0.32',
        'VAXA.ISI.EDU. 60 IN A 10.2.0.27',
        'VAXA.ISI.EDU. 60 IN A 128.9.0.33',
      ],
      mistakes: [],
      warnings: [],
    });
  });

  it('gives the same records with lines that end in CR LF, or behind a byte order mark', () => {
    expect(outcomeOf(EXAMPLE.replaceAll('\n', '\r\n'), 'ISI.EDU.')).toEqual(outcomeOf(EXAMPLE, 'ISI.EDU.'));
    expect(outcomeOf(`\xef\xbb\xbf${EXAMPLE.trimStart()}`, 'ISI.EDU.')).toEqual(outcomeOf(EXAMPLE, 'ISI.EDU.'));
  });
});

it('reads the EDU zone of RFC 1034 §6.1 with its delegations and their glue', () => {
  const { records, mistakes, warnings } = outcomeOf(
    `
EDU.   IN       SOA     SRI-NIC.ARPA.       HOSTMASTER.SRI-NIC.ARPA. (
                        870729 ;serial
                        1800 ;refresh every 30 minutes
                        300 ;retry every 5 minutes
                        604800 ;expire after a week
                        86400 ;minimum of a day
                        )
                NS      SRI-NIC.ARPA.
                NS      C.ISI.EDU.

UCI 172800 NS   ICS.UCI
                172800 NS       ROME.UCI
ICS.UCI 172800 A        192.5.19.1
ROME.UCI 172800 A       192.5.19.31

ISI 172800 NS   VAXA.ISI
                172800 NS       A.ISI
                172800 NS       VENERA.ISI.EDU.

VAXA.ISI 172800 A       10.2.0.27
                172800 A        128.9.0.33
VENERA.ISI.EDU. 172800 A 10.1.0.52
                172800 A        128.9.0.32
A.ISI 172800 A  26.3.0.103

UDEL.EDU.  172800 NS    LOUIE.UDEL.EDU.
                172800 NS       UMN-REI-UC.ARPA.
LOUIE.UDEL.EDU. 172800 A 10.0.0.96
                172800 A 192.5.39.3

YALE.EDU.  172800 NS    YALE.ARPA.
YALE.EDU.  172800 NS    YALE-BULLDOG.ARPA.

MIT.EDU.  43200 NS      XX.LCS.MIT.EDU.
                  43200 NS      ACHILLES.MIT.EDU.
XX.LCS.MIT.EDU.  43200 A 10.0.0.44
ACHILLES.MIT.EDU. 43200 A 18.72.0.8
`,
    'EDU.',
  );
  expect({ mistakes, warnings, count: records.length }).toEqual({ mistakes: [], warnings: [], count: 25 });
  expect(records[1]).toBe('EDU. 86400 IN NS SRI-NIC.ARPA.');
  expect(records).toContain('ICS.UCI.EDU. 172800 IN A 192.5.19.1');
  expect(records.at(-1)).toBe('ACHILLES.MIT.EDU. 43200 IN A 18.72.0.8');
});

describe('an entry', () => {
  it.each([
    [
      'without an owner has that of the record before',
      'a A 10.0.0.1\n  A 10.0.0.2',
      ['a 300 A 10.0.0.1', 'a 300 A 10.0.0.2'],
    ],
    [
      'without an owner keeps it over comments and $ORIGIN',
      'a A 10.0.0.1\n; x\n\n$ORIGIN x\n\tA 10.0.0.2',
      ['a 300 A 10.0.0.1', 'a 300 A 10.0.0.2'],
    ],
    ['has its TTL before the class', 'a 30 IN A 10.0.0.1', ['a 30 A 10.0.0.1']],
    ['has its class before the TTL', 'a IN 30 A 10.0.0.1', ['a 30 A 10.0.0.1']],
    ['has its class as a number', 'a CLASS1 30 A 10.0.0.1', ['a 30 A 10.0.0.1']],
    ['is written in lower case', 'a in a 10.0.0.1', ['a 300 A 10.0.0.1']],
    ['has a TTL with units', 'a 1d2h A 10.0.0.1\nb 1H30m5S A 10.0.0.2', ['a 93600 A 10.0.0.1', 'b 5405 A 10.0.0.2']],
    ['has the largest TTL there is', 'a 2147483647 A 10.0.0.1', ['a 2147483647 A 10.0.0.1']],
    ['is at the origin', '@ A 10.0.0.1', ['@ 300 A 10.0.0.1']],
    ['is of the name before a comment without a space', 'a A 10.0.0.1;b A 10.0.0.2', ['a 300 A 10.0.0.1']],
    ['ends with the file', 'a A 10.0.0.1', ['a 300 A 10.0.0.1']],
    [
      'has an owner named like a type or a class',
      'a A 10.0.0.1\nIN A 10.0.0.2',
      ['a 300 A 10.0.0.1', 'IN 300 A 10.0.0.2'],
    ],
    ['has a wildcard owner', '*.a A 10.0.0.1', ['*.a 300 A 10.0.0.1']],
    ['goes on over lines between parentheses', 'a (\n\n IN ; (\n A\n)  10.0.0.1', ['a 300 A 10.0.0.1']],
    ['has parentheses next to its words', 'a TXT("b"\n"c")\nd A(10.0.0.1)', ['a 300 TXT "b" "c"', 'd 300 A 10.0.0.1']],
    ['has parentheses more than once', 'a ( IN ) ( A\n) 10.0.0.1', ['a 300 A 10.0.0.1']],
    ['has ; ( and @ inside quotes', 'a TXT "b;c(d)" "@"', ['a 300 TXT "b;c(d)" "@"']],
    ['has ; ( " and a space behind backslashes', 'a TXT b\\;c\\(d\\"e\\ f', ['a 300 TXT "b;c(d\\"e f"']],
    ['has an empty string', 'a TXT "" b', ['a 300 TXT "" "b"']],
    ['has octets above 127 as they are', 'a TXT caf\xc3\xa9', ['a 300 TXT "caf\\195\\169"']],
    ['has a dot inside a label', 'a\\.b A 10.0.0.1', ['a\\.b 300 A 10.0.0.1']],
    ['has an octet by its number', '\\097 TXT \\098\\255', ['a 300 TXT "b\\255"']],
    ['has a name that begins with a dollar sign', '\\$a A 10.0.0.1', ['\\$a 300 A 10.0.0.1']],
    ['is of an unknown type', 'a TYPE65280 \\# 4 0a000001', ['a 300 TYPE65280 \\# 4 0a000001']],
    ['is of an unknown type without data', 'a TYPE65280 \\# 0', ['a 300 TYPE65280 \\# 0']],
    [
      'has octets in groups and over lines',
      'a CLASS1 TYPE731 \\# 6 abcd (\n ef 01 23 45 )',
      ['a 300 TYPE731 \\# 6 abcdef012345'],
    ],
    ['is of a known type by its number', 'a TYPE1 10.0.0.1', ['a 300 A 10.0.0.1']],
    ['is of a known type in the form for unknown ones', 'a A \\# 4 0A000001', ['a 300 A 10.0.0.1']],
    [
      'has relative names in its data',
      'a SRV 0 0 1 b\nc MX 1 d.e\nf PTR @',
      ['a 300 SRV 0 0 1 b.svc.local.', 'c 300 MX 1 d.e.svc.local.', 'f 300 PTR svc.local.'],
    ],
  ])('%s', (_, text, expected) => {
    expect(recordsAfterApex(text)).toEqual(expected.map(inFull));
  });

  /** `a 300 A 10.0.0.1` → the record as it is printed. */
  function inFull(record: string): string {
    const [owner = '', ttl = '', ...rest] = record.split(' ');
    return `${owner === '@' ? '' : `${owner}.`}svc.local. ${ttl} IN ${rest.join(' ')}`;
  }
});

it.each([
  ['A', '10.0.0.1'],
  ['AAAA', '2001:db8::1'],
  ['NS', 'ns2.svc.local.'],
  ['CNAME', 'b.example.'],
  ['PTR', 'b.example.'],
  ['HINFO', '"ANY CPU" ""'],
  ['MX', '10 mail.example.'],
  ['TXT', '"a b" "c\\"d"'],
  ['SRV', '1 2 3 b.example.'],
  ['CAA', '128 issue "ca.example; x=y"'],
])('reads %s data', (type, data) => {
  expect(recordsAfterApex(`a ${type} ${data}`)).toEqual([`a.svc.local. 300 IN ${type} ${data}`]);
});

describe('$ORIGIN', () => {
  it('holds until the next one, and may be relative to the one before', () => {
    const text =
      '$ORIGIN a\nb A 10.0.0.1\n$origin c\n@ A 10.0.0.2\n$ORIGIN d.svc.local.\nb A 10.0.0.3\n$ORIGIN svc.local.\nb A 10.0.0.4';
    expect(recordsAfterApex(text).map((record) => record.split(' ')[0])).toEqual([
      'b.a.svc.local.',
      'c.a.svc.local.',
      'b.d.svc.local.',
      'b.svc.local.',
    ]);
  });

  it('decides over the name of the file: the zone is that of the SOA', () => {
    const result = parseZoneFile(`$ORIGIN example.\n${APEX}`, undefined);
    expect(result.kind === 'zone' && formatName(result.zone.origin)).toBe('example.');
  });
});

describe('a TTL', () => {
  const SOA = '@ SOA ns1 host 1 3600 600 604800 2\n NS ns1\n';
  const ttlsOf = (text: string) => outcomeOf(text).records.map((record) => record.split(' ')[1]);

  it('is that of the last $TTL, with units', () => {
    expect(ttlsOf(`$TTL 1h\n${SOA}a A 10.0.0.1\n$ttl 1d2h\nb A 10.0.0.2\nc 5 A 10.0.0.3\nd A 10.0.0.4`)).toEqual([
      '3600',
      '3600',
      '3600',
      '93600',
      '5',
      '93600',
    ]);
  });

  it('is the last one stated where there is no $TTL (RFC 1035 §5.1)', () => {
    expect(ttlsOf(`${SOA.replace('SOA', '60 SOA')}a 5 A 10.0.0.1\nb A 10.0.0.2`)).toEqual(['60', '60', '5', '5']);
  });

  it('is the minimum of the SOA where none is stated', () => {
    expect(ttlsOf(`${SOA}a A 10.0.0.1`)).toEqual(['2', '2', '2']);
    expect(ttlsOf(`a A 10.0.0.1\n${SOA}`)).toEqual(['2', '2', '2']);
  });

  it('is zero', () => {
    expect(ttlsOf(`$TTL 0\n${SOA}`)).toEqual(['0', '0']);
  });
});

describe('a mistake', () => {
  const TYPES = 'A AAAA NS CNAME PTR SOA HINFO MX TXT SRV CAA, or TYPE and a number';

  /** Line 1 is the first after the apex. */
  it.each([
    ['a A 999.1.1.1', '1:5: 999.1.1.1: expected an IPv4 address'],
    ['a A 010.0.0.1', '1:5: 010.0.0.1: expected an IPv4 address'],
    ['a AAAA 10.0.0.1', '1:8: 10.0.0.1: expected an IPv6 address'],
    ['a A', '1:4: expected an IPv4 address'],
    ['a A 10.0.0.1 10.0.0.2', '1:14: 10.0.0.2: expected the end of the record'],
    ['a MX 65536 b', '1:6: preference 65536: expected 0 to 65535'],
    ['a SRV 0 0 b', '1:11: port b: expected 0 to 65535\n1:12: expected target'],
    ['a TXT', '1:6: expected text'],
    [`a TXT "${'x'.repeat(256)}"`, '1:7: text: 256 octets, expected at most 255'],
    ['a TXT \\256', '1:7: text: expected \\DDD up to \\255, or a backslash and a character'],
    ['a TXT "\\9"', '1:7: text: expected \\DDD up to \\255, or a backslash and a character'],
    ['a TXT \\', '1:7: text: expected \\DDD up to \\255, or a backslash and a character'],
    ['a..b A 10.0.0.1', '1:3: owner: empty label'],
    ['a MX 1 "b..c"', '1:11: exchange: empty label'],
    [`${'x'.repeat(64)} A 10.0.0.1`, '1:64: owner: a label of more than 63 octets'],
    ['a HTTPS 1 .', `1:3: HTTPS: expected a record type: ${TYPES}`],
    ['a "A" 10.0.0.1', `1:3: A: expected a record type: ${TYPES}`],
    ['a IN IN A 10.0.0.1', `1:6: IN: expected a record type: ${TYPES}`],
    ['a \x1b[31m A 10.0.0.1', '1:3: \\027[31m: a control character: write \\027 if it is meant'],
    ['a TXT \u20ac', '1:7: \\8364: a character that is not one octet'],
    ['a TXT "\u20ac"', '1:7: a character that is not one octet'],
    ['\u20ac A 10.0.0.1', '1:1: \\8364: a character that is not one octet'],
    ['a TXT \\\u20ac', '1:7: text: expected \\DDD up to \\255, or a backslash and a character'],
    ['a TXT "b\0"', '1:7: a control character: write \\000 if it is meant'],
    [`a ${'x'.repeat(70)} A`, `1:3: ${'x'.repeat(60)}…: expected a record type: ${TYPES}`],
    ['a', '1:2: expected a record type'],
    ['a 30 IN', '1:8: expected a record type'],
    ['a TYPE0 \\# 0', '1:3: TYPE0 cannot be in a zone'],
    ['a OPT \\# 0', '1:3: OPT cannot be in a zone'],
    ['a TYPE250 \\# 0', '1:3: TYPE250 cannot be in a zone'],
    ['a ANY \\# 0', '1:3: ANY cannot be in a zone'],
    ['a TYPE65280 10.0.0.1', '1:13: expected the form of RFC 3597 for TYPE65280: \\# LENGTH HEX'],
    ['a TYPE65280 \\# 4 0a0000', '1:13: 3 octets of data, expected 4 as it says'],
    ['a A \\# 3 0a0000', '1:5: octets that are not data of this type'],
    ['a CH A 10.0.0.1', '1:3: class CH: expected IN'],
    ['a CLASS3 A 10.0.0.1', '1:3: class CLASS3: expected IN'],
    ['a 2147483648 A 10.0.0.1', '1:3: TTL 2147483648: expected seconds such as 300, 5m or 1h30m, at most 2147483647'],
    ['a 3000w30000w A 10.0.0.1', '1:3: TTL 3000w30000w: expected seconds such as 300, 5m or 1h30m, at most 2147483647'],
    ['a 5x A 10.0.0.1', '1:3: TTL 5x: expected seconds such as 300, 5m or 1h30m, at most 2147483647'],
    ['$TTL', '1:5: expected TTL'],
    ['$TTL 5 6', '1:8: 6: expected the end of the record'],
    ['$ORIGIN a..b', '1:11: origin: empty label'],
    ['$INCLUDE other.zone', '1:1: $INCLUDE: a zone is one file here, expected its records in place'],
    ['$GENERATE 1-9 a$ A 10.0.0.$', '1:1: $GENERATE: expected $ORIGIN or $TTL'],
    ['a TXT "b\nc A 10.0.0.1', '1:7: a quoted string that is not closed in its line'],
    [
      'a TXT "b\\\n"',
      '1:7: a quoted string that is not closed in its line\n2:1: a quoted string that is not closed in its line',
    ],
    ['a TXT b"c"', '1:7: b"c": a quote inside a word: quote the whole of it, or write \\"'],
    ['a TXT "b"c', '1:7: no space after the closing quote'],
    ['a A 10.0.0.1 )', '1:14: a closing parenthesis that none opened'],
    ['a ( A ( 10.0.0.1 ) )', '1:7: a parenthesis inside the one of line 1'],
    ['a A ( 10.0.0.1\nb A 10.0.0.2', '1:5: a parenthesis that is not closed before the end of the file'],
    ['a.example. A 10.0.0.1', '1:1: a.example. is not in the zone svc.local.'],
    ['xsvc.local. A 10.0.0.1', '1:1: xsvc.local. is not in the zone svc.local.'],
    ['@ SOA a b 1 2 3 4 5', '1:1: a second SOA record; the first is on line -1'],
    ['A CNAME b\na TXT c\na A 10.0.0.1', '1:1: CNAME beside other data of A.svc.local.: TXT on line 2'],
    ['a TXT c\nA CNAME b', '2:1: CNAME beside other data of A.svc.local.: TXT on line 1'],
    ['@ CNAME b', '1:1: CNAME beside other data of svc.local.: SOA on line -1'],
    ['a CNAME b\na CNAME c', '2:1: a second CNAME of a.svc.local.; the first is on line 1'],
  ])('in %j has its line, its column and its reason', (text, expected) => {
    // The apex is on lines -2 to 0, so that the text begins at line 1.
    const numbered = outcomeOf(APEX + text).mistakes.map(renumber);
    expect(numbered.join('\n')).toBe(expected);
  });

  function renumber(mistake: string): string {
    const apexLines = 3;
    return mistake
      .replace(/^\d+/, (line) => String(Number(line) - apexLines))
      .replace(/(?<=line )\d+/, (line) => String(Number(line) - apexLines));
  }

  it.each(['', '\n\n', '   ', '; only a comment', '$TTL 5', '$ORIGIN a'])('is the missing SOA of %j', (text) => {
    expect(outcomeOf(text).mistakes).toEqual([NO_SOA]);
  });

  it('is a record that no TTL can be found for', () => {
    expect(outcomeOf('a A 10.0.0.1\nb A 10.0.0.2').mistakes).toEqual([
      NO_SOA,
      '1:1: no TTL: expected one here, in $TTL or as the minimum of the SOA',
    ]);
  });

  it('is a missing owner, told once', () => {
    expect(outcomeOf('$TTL 5\n A 10.0.0.1\n A 10.0.0.2').mistakes).toEqual([
      '2:2: expected an owner: no record comes before this one',
    ]);
  });

  it('is a relative name where nothing says what it is relative to', () => {
    const text = 'a 5 A 10.0.0.1\n$ORIGIN b\nc.\\. 5 NS @\nd.\\\\. 5 NS .';
    expect(outcomeOf(text, null).mistakes).toEqual([
      '1:1: owner a: a relative name, and no $ORIGIN before it',
      '2:9: origin b: a relative name, and no $ORIGIN before it',
      '3:1: owner c.\\.: a relative name, and no $ORIGIN before it',
      '3:11: target @: a relative name, and no $ORIGIN before it',
    ]);
  });

  it('does not hide the others, and no record that could not be read is called missing', () => {
    const text = [
      '@ SOA ns1 host one 3600 600 604800 2x',
      ' NS',
      'a 5 A 10.0.0.256',
      '  5 AAAA "::1',
      '  BOGUS x',
      'b 5 TXT "ok"',
      'c.example. 5 A 10.0.0.1',
      'd 5 CNAME e',
      'd 5 A 10.0.0.1 (',
    ];
    expect(outcomeOf(text.join('\n')).mistakes.map((mistake) => mistake.split(': ')[0])).toEqual([
      '1:16',
      '1:36',
      '2:4',
      '3:7',
      '4:10',
      '5:3',
      '7:1',
      '9:16',
    ]);
  });

  it('is data that no answer can hold', () => {
    const strings = (count: number) => `a TXT ${`"${'x'.repeat(255)}" `.repeat(count)}`;
    expect(recordsAfterApex(strings(255))).toHaveLength(1);
    expect(recordsAfterApex(strings(256))).toEqual(['4:1: more data than an answer of 65535 octets can hold']);
  });

  it('is an entry longer than any record', () => {
    const { mistakes } = outcomeOf(`${APEX}a TXT ${'x'.repeat(ENTRY_MAX_CHARACTERS)}\nb A 10.0.0.300`);
    expect(mistakes).toEqual([
      `4:7: an entry of more than ${ENTRY_MAX_CHARACTERS} characters`,
      '5:5: 10.0.0.300: expected an IPv4 address',
    ]);
  });

  it('is one of a thousand at most', () => {
    const { mistakes } = outcomeOf('a 5 A x\n'.repeat(MISTAKES_MAX + 5));
    expect(mistakes).toHaveLength(MISTAKES_MAX + 1);
    expect(mistakes.at(-1)).toBe(
      `${MISTAKES_MAX}:7: ${MISTAKES_MAX} mistakes so far: the rest of the file is not read`,
    );
    expect(outcomeOf('a 5 A x\n'.repeat(MISTAKES_MAX - 1)).mistakes).toHaveLength(MISTAKES_MAX);
  });
});

describe('a warning', () => {
  const warningsOf = (text: string) => outcomeOf(APEX + text).warnings;

  it('says that the apex has no NS', () => {
    expect(outcomeOf('@ 5 SOA a b 1 2 3 4 5\na NS b').warnings).toEqual([
      '1:1: no NS record at the apex svc.local.: resolvers expect one',
    ]);
  });

  it('says that an RRset has two TTLs, and the lowest is used for all of it', () => {
    const text = 'a 30 A 10.0.0.1\nb A 10.0.0.1\nA 20 A 10.0.0.2\na 40 A 10.0.0.3\na 40 TXT x';
    expect(warningsOf(text)).toEqual(['6:1: TTL 20 differs from 30 on line 4 in one RRset: the lowest is used']);
    expect(recordsAfterApex(text).map((record) => record.split(' ')[1])).toEqual(['20', '300', '20', '20', '40']);
  });

  it('says that a record is there twice, and one is kept', () => {
    const text = 'a MX 1 B\nA MX 1 b\nc TXT x\nc TXT X\nc TXT x\nd CNAME e\nd CNAME E';
    expect(warningsOf(text)).toEqual([
      '5:1: the same record as on line 4: one is kept',
      '8:1: the same record as on line 6: one is kept',
      '10:1: the same record as on line 9: one is kept',
    ]);
    expect(recordsAfterApex(text)).toHaveLength(4);
  });

  it('says that the target of an NS, an MX or an SRV is an alias', () => {
    const alias = 'is an alias (CNAME on line 4), which clients need not follow';
    expect(warningsOf('a CNAME b\n@ NS A\n@ MX 1 a\nc SRV 1 1 1 a\nd CNAME a\ne PTR a')).toEqual([
      `5:1: NS target A.svc.local. ${alias}`,
      `6:1: MX target a.svc.local. ${alias}`,
      `7:1: SRV target a.svc.local. ${alias}`,
    ]);
  });

  it('says what a delegation hides, which glue and DS are not', () => {
    const text = [
      'sub NS ns.sub',
      '    NS host.other',
      '    TYPE43 \\# 1 00',
      '    TXT hidden',
      'ns.sub A 10.0.0.1',
      '       AAAA ::1',
      '       TXT hidden',
      'www.sub A 10.0.0.2',
      'x.y.sub NS ns.sub',
      'ysub A 10.0.0.3',
      'other NS host.other',
      'host.other A 10.0.0.4',
    ];
    expect(warningsOf(text.join('\n'))).toEqual([
      '7:5: hidden by the delegation of sub.svc.local. on line 4',
      '10:8: hidden by the delegation of sub.svc.local. on line 4',
      '11:1: hidden by the delegation of sub.svc.local. on line 4',
      '12:1: hidden by the delegation of sub.svc.local. on line 4',
    ]);
  });
});
