// Every record type between its octets, its value and its zone-file text. Packets are the length and data of one
// record, grouped by field; most records are those of the RFC that defines the type.

import { describe, expect, it } from 'vitest';
import { type Name, nameOf } from '../../src/wire/name.ts';
import { MessageReader } from '../../src/wire/reader.ts';
import {
  decodeData,
  encodeData,
  formatData,
  formatType,
  KNOWN_TYPES,
  parseType,
  type RecordData,
  TYPE,
} from '../../src/wire/record-types.ts';
import { MessageWriter } from '../../src/wire/writer.ts';
import { hex, toHex } from './hex.ts';
import { dataOf } from './zone-text.ts';

interface Example {
  readonly source: string;
  readonly type: number;
  /** RDLENGTH and RDATA. */
  readonly octets: string;
  readonly data: RecordData;
  readonly text: string;
}

const VENERA_ISI_EDU = '0656454e455241 03495349 03454455 00';
const STRING_255 = 'x'.repeat(255);

const EXAMPLES: readonly Example[] = [
  {
    source: 'A of RFC 1035 §5.3',
    type: TYPE.A,
    octets: '0004 1a030067',
    data: { kind: 'A', address: '26.3.0.103' },
    text: '26.3.0.103',
  },
  {
    source: 'AAAA with the address of RFC 3596 §2.5',
    type: TYPE.AAAA,
    octets: '0010 4321 0000 0001 0002 0003 0004 0567 89ab',
    data: { kind: 'AAAA', address: '4321:0:1:2:3:4:567:89ab' },
    text: '4321:0:1:2:3:4:567:89ab',
  },
  {
    source: 'NS of RFC 1035 §5.3',
    type: TYPE.NS,
    octets: `0010 ${VENERA_ISI_EDU}`,
    data: { kind: 'NS', target: nameOf('VENERA.ISI.EDU.') },
    text: 'VENERA.ISI.EDU.',
  },
  {
    source: 'CNAME of RFC 1034 §6.2.1',
    type: TYPE.CNAME,
    octets: '000b 0143 03495349 03454455 00',
    data: { kind: 'CNAME', target: nameOf('C.ISI.EDU.') },
    text: 'C.ISI.EDU.',
  },
  {
    source: 'PTR of RFC 1035 §3.5',
    type: TYPE.PTR,
    octets: '0013 094d494c4e45542d4757 03495349 03454455 00',
    data: { kind: 'PTR', target: nameOf('MILNET-GW.ISI.EDU.') },
    text: 'MILNET-GW.ISI.EDU.',
  },
  {
    source: 'SOA of RFC 1035 §5.3, with a dot in the mailbox',
    type: TYPE.SOA,
    octets: `0035 ${VENERA_ISI_EDU} 0e416374696f6e2e646f6d61696e73 c009
      00000014 ; serial 20
      00001c20 ; refresh 7200
      00000258 ; retry 600
      0036ee80 ; expire 3600000
      0000003c ; minimum 60`,
    data: {
      kind: 'SOA',
      mname: nameOf('VENERA.ISI.EDU.'),
      rname: nameOf('Action\\.domains.ISI.EDU.'),
      serial: 20,
      refreshSeconds: 7200,
      retrySeconds: 600,
      expireSeconds: 3_600_000,
      minimumSeconds: 60,
    },
    text: 'VENERA.ISI.EDU. Action\\.domains.ISI.EDU. 20 7200 600 3600000 60',
  },
  {
    source: 'HINFO of RFC 1034 §6.1',
    type: TYPE.HINFO,
    octets: '0010 084445432d32303630 06544f50533230',
    data: { kind: 'HINFO', cpu: 'DEC-2060', os: 'TOPS20' },
    text: '"DEC-2060" "TOPS20"',
  },
  {
    source: 'MX of RFC 1035 §5.3',
    type: TYPE.MX,
    octets: `0012 000a ${VENERA_ISI_EDU}`,
    data: { kind: 'MX', preference: 10, exchange: nameOf('VENERA.ISI.EDU.') },
    text: '10 VENERA.ISI.EDU.',
  },
  {
    source: 'TXT of RFC 1464 §2.1',
    type: TYPE.TXT,
    octets: '000d 0c7072696e7465723d6c707235',
    data: { kind: 'TXT', strings: ['printer=lpr5'] },
    text: '"printer=lpr5"',
  },
  {
    source: 'TXT of one empty string',
    type: TYPE.TXT,
    octets: '0001 00',
    data: { kind: 'TXT', strings: [''] },
    text: '""',
  },
  {
    source: 'TXT of several strings, empty ones among them',
    type: TYPE.TXT,
    octets: '0005 0161 00 0162',
    data: { kind: 'TXT', strings: ['a', '', 'b'] },
    text: '"a" "" "b"',
  },
  {
    source: 'TXT of two strings of 255 octets',
    type: TYPE.TXT,
    octets: `0200 ff${'78'.repeat(255)} ff${'78'.repeat(255)}`,
    data: { kind: 'TXT', strings: [STRING_255, STRING_255] },
    text: `"${STRING_255}" "${STRING_255}"`,
  },
  {
    source: 'TXT of octets that need escapes',
    type: TYPE.TXT,
    octets: '000a 09 22 5c 3b 20 00 0a 7f c3 a9',
    data: { kind: 'TXT', strings: ['"\\; \0\n\x7f\xc3\xa9'] },
    text: '"\\"\\\\; \\000\\010\\127\\195\\169"',
  },
  {
    source: 'SRV of RFC 2782',
    type: TYPE.SRV,
    octets: '0020 0000 0001 0009 0c6f6c642d736c6f772d626f78 076578616d706c65 03636f6d 00',
    data: { kind: 'SRV', priority: 0, weight: 1, port: 9, target: nameOf('old-slow-box.example.com.') },
    text: '0 1 9 old-slow-box.example.com.',
  },
  {
    source: 'SRV of RFC 2782 that says "no such service"',
    type: TYPE.SRV,
    octets: '0007 0000 0000 0000 00',
    data: { kind: 'SRV', priority: 0, weight: 0, port: 0, target: nameOf('.') },
    text: '0 0 0 .',
  },
  {
    source: 'CAA of RFC 8659 §4.2',
    type: TYPE.CAA,
    octets: '0016 00 056973737565 6361312e6578616d706c652e6e6574',
    data: { kind: 'CAA', flags: 0, tag: 'issue', value: 'ca1.example.net' },
    text: '0 issue "ca1.example.net"',
  },
  {
    source: 'CAA with an empty value and the critical bit',
    type: TYPE.CAA,
    octets: '0005 80 03746273',
    data: { kind: 'CAA', flags: 128, tag: 'tbs', value: '' },
    text: '128 tbs ""',
  },
  {
    source: 'TYPE731 of RFC 3597 §5',
    type: 731,
    octets: '0006 abcdef012345',
    data: { kind: 'unknown', octets: hex('abcdef012345') },
    text: '\\# 6 abcdef012345',
  },
  {
    source: 'an unknown type without data',
    type: 65280,
    octets: '0000',
    data: { kind: 'unknown', octets: hex('') },
    text: '\\# 0',
  },
];

function decode(octets: Uint8Array, type: number) {
  const reader = new MessageReader(octets);
  const data = decodeData(reader, type);
  return { data, failed: reader.failed, left: reader.left };
}

function encode(data: RecordData): Uint8Array {
  const writer = new MessageWriter(new Uint8Array(65535));
  encodeData(writer, data);
  return writer.bytes.subarray(0, writer.length);
}

describe.each(EXAMPLES)('$source', ({ type, octets, data, text }) => {
  it('is read from its octets', () => {
    expect(decode(hex(octets), type)).toEqual({ data, failed: false, left: 0 });
  });

  it('is written as the same octets', () => {
    expect(toHex(encode(data))).toBe(toHex(hex(octets)));
  });

  it('is printed as a zone file has it', () => {
    expect(formatData(data)).toBe(text);
  });

  it('is read from that text', () => {
    expect(dataOf(text, type)).toEqual({ data, mistakes: [] });
  });

  it('is none when the message ends before its data', () => {
    const whole = hex(octets);
    for (let length = 0; length < whole.length; length += 1) {
      expect(decode(whole.subarray(0, length), type).failed).toBe(true);
    }
  });
});

describe('data that does not fill its length', () => {
  // The data of the other types may end after any octet.
  const delimited = EXAMPLES.filter(({ type }) => type !== TYPE.CAA && formatType(type) !== `TYPE${type}`);

  it.each(delimited)('fails when RDLENGTH is an octet short: $source', ({ type, octets }) => {
    const short = hex(octets);
    new DataView(short.buffer).setUint16(0, short.length - 3);
    expect(decode(short, type).failed).toBe(true);
  });

  it.each(delimited.filter(({ type }) => type !== TYPE.TXT))(
    'fails when RDLENGTH counts an octet behind the data: $source',
    ({ type, octets }) => {
      const long = hex(`${octets}\n00`);
      new DataView(long.buffer).setUint16(0, long.length - 2);
      expect(decode(long, type).failed).toBe(true);
    },
  );

  it.each([
    ['TXT without a string', TYPE.TXT, '0000'],
    ['TXT whose second string passes the end', TYPE.TXT, '0004 0161 0262 63'],
    ['TXT whose string ends in the next record', TYPE.TXT, '0002 0261 62'],
    ['HINFO of one string', TYPE.HINFO, '0002 0161'],
    ['a name that ends in the next record', TYPE.NS, '0002 0161 00'],
    ['a pointer to its own record', TYPE.NS, '0002 c002'],
    ['an OPT option whose length passes the end', TYPE.OPT, '0005 000a 0002 ff ff'],
    ['an OPT option without a length', TYPE.OPT, '0002 000a'],
    ['CAA without a tag length', TYPE.CAA, '0001 00'],
    ['CAA whose tag passes the end', TYPE.CAA, '0004 00 05697373 7565'],
  ])('fails: %s', (_what, type, octets) => {
    expect(decode(hex(octets), type).failed).toBe(true);
  });

  it('leaves the reader to the rest of the message when the data is right', () => {
    const reader = new MessageReader(hex('0004 0a000001 beef'));
    decodeData(reader, TYPE.A);
    expect([reader.u16(), reader.failed]).toEqual([0xbeef, false]);
  });
});

describe('names within data', () => {
  it('are read through pointers to earlier octets, in SRV as well (RFC 3597 §4)', () => {
    const message = hex('03737663 056c6f63616c 00  000a 000a 0064 1f90 0131 c000');
    const reader = new MessageReader(message, 11);
    expect(formatData(decodeData(reader, TYPE.SRV))).toBe('10 100 8080 1.svc.local.');
    expect([reader.left, reader.failed]).toEqual([0, false]);
  });

  it.each([
    ['NS', 'c000', { kind: 'NS', target: nameOf('svc.local.') }],
    ['CNAME', 'c000', { kind: 'CNAME', target: nameOf('svc.local.') }],
    ['PTR', 'c000', { kind: 'PTR', target: nameOf('svc.local.') }],
    ['MX', '0001c000', { kind: 'MX', preference: 1, exchange: nameOf('svc.local.') }],
    // RFC 2782: the target is written in full.
    [
      'SRV',
      '000100020003 03737663 056c6f63616c 00',
      { kind: 'SRV', priority: 1, weight: 2, port: 3, target: nameOf('svc.local.') },
    ],
  ] as const)('of %s are written with pointers only where RFC 3597 §4 allows it', (_type, octets, data) => {
    const writer = new MessageWriter(new Uint8Array(512));
    writer.name(nameOf('svc.local.'));
    const start = writer.length;
    encodeData(writer, data);
    expect(toHex(writer.bytes.subarray(start + 2, writer.length))).toBe(toHex(hex(octets)));
  });

  it('of SRV are not pointed to', () => {
    const writer = new MessageWriter(new Uint8Array(512));
    const target = nameOf('svc.local.');
    encodeData(writer, { kind: 'SRV', priority: 0, weight: 0, port: 0, target });
    const start = writer.length;
    writer.name(target);
    expect(writer.length - start).toBe(target.length);
  });
});

describe('OPT', () => {
  // The client cookie of RFC 9018 appendix A.1 and an extended error of RFC 8914.
  const octets = '0014 000a 0008 2464c4abcf10c957  000f 0004 0003 6869';
  const data: RecordData = {
    kind: 'OPT',
    options: [
      { code: 10, data: hex('2464c4abcf10c957') },
      { code: 15, data: hex('00036869') },
    ],
  };

  it('keeps every option with its octets', () => {
    expect(decode(hex(octets), TYPE.OPT)).toEqual({ data, failed: false, left: 0 });
    expect(toHex(encode(data))).toBe(toHex(hex(octets)));
    expect(formatData(data)).toBe('10=2464c4abcf10c957 15=00036869');
  });

  it('may have no options, and options no data', () => {
    expect(decode(hex('0000'), TYPE.OPT).data).toEqual({ kind: 'OPT', options: [] });
    expect(decode(hex('0004 0003 0000'), TYPE.OPT).data).toEqual({
      kind: 'OPT',
      options: [{ code: 3, data: hex('') }],
    });
  });

  it.each([
    ['', TYPE.OPT, 'OPT'],
    ['\\# 0', TYPE.OPT, 'OPT'],
    ['\\# 0', TYPE.ANY, 'ANY'],
    ['\\# 0', TYPE.AXFR, 'AXFR'],
    ['\\# 0', TYPE.IXFR, 'IXFR'],
  ])('is like the types of questions refused in a zone: %j for type %d', (text, type, mnemonic) => {
    expect(dataOf(text, type).mistakes[0]).toMatch(new RegExp(`^1: ${mnemonic} cannot be in a zone$`));
  });
});

describe('the notation of RFC 3597', () => {
  it.each([
    ['\\# 4 0a000001', TYPE.A, '10.0.0.1'],
    ['\\# 4 0A00 0001', TYPE.A, '10.0.0.1'],
    ['\\# 16 20010db8000000000000000000000001', TYPE.AAAA, '2001:db8::1'],
    ['\\# 3 016100', TYPE.NS, 'a.'],
    ['\\# 1 00', TYPE.TXT, '""'],
    ['\\# 7 00000000000000', TYPE.SRV, '0 0 0 .'],
  ])('%s of a known type is that type: %d %s', (text, type, expected) => {
    const { data, mistakes } = dataOf(text, type);
    expect(mistakes).toEqual([]);
    expect(data).toEqual(dataOf(expected, type).data);
    expect(formatData(data)).toBe(expected);
  });

  it.each([
    ['\\# 3 0a0000', TYPE.A, '1: octets that are not data of this type'],
    ['\\# 5 0a00000100', TYPE.A, '1: octets that are not data of this type'],
    ['\\# 0', TYPE.TXT, '1: octets that are not data of this type'],
    ['\\# 5 0a000001', TYPE.A, '1: 4 octets of data, expected 5 as it says'],
    ['\\# 3 0a000001', TYPE.A, '1: 4 octets of data, expected 3 as it says'],
    ['\\# 2 c000', TYPE.NS, '1: octets that are not data of this type'],
    ['\\# 4 0161c002', TYPE.NS, '1: octets that are not data of this type'],
    ['10.0.0.1', 65280, '1: expected the form of RFC 3597 for TYPE65280: \\# LENGTH HEX'],
  ])('%s is refused for type %d', (text, type, mistake) => {
    expect(dataOf(text, type).mistakes[0]).toBe(mistake);
  });

  it('refuses a compressed name, which would point at nothing', () => {
    const twoNames = `\\# 23 00 c002 ${'00'.repeat(20)}`;
    expect(dataOf(twoNames, TYPE.SOA).mistakes).toEqual(['1: octets that are not data of this type']);
  });
});

describe('CAA', () => {
  it.each([
    ['no tag', '0002 00 00'],
    ['a tag with a line feed', '0005 00 03 610a62'],
    ['a tag with a space', '0005 00 03 612062'],
  ])('with %s is none: a tag is letters and digits (RFC 8659 §4.1)', (_what, octets) => {
    expect(decode(hex(octets), TYPE.CAA).failed).toBe(true);
  });
});

describe('values that only a bug can make', () => {
  it.each([
    [{ kind: 'A', address: '10.1' }, '10.1'],
    [{ kind: 'A', address: '::1' }, '::1'],
    [{ kind: 'AAAA', address: '10.0.0.1' }, '10.0.0.1'],
    [{ kind: 'TXT', strings: ['x'.repeat(256)] }, '256 octets'],
  ] as const)('are not written as wrong octets: %j', (data, message) => {
    expect(() => encode(data)).toThrow(message);
  });
});

describe('mnemonics', () => {
  it.each([
    ['A', 1],
    ['NS', 2],
    ['CNAME', 5],
    ['SOA', 6],
    ['PTR', 12],
    ['HINFO', 13],
    ['MX', 15],
    ['TXT', 16],
    ['AAAA', 28],
    ['SRV', 33],
    ['OPT', 41],
    ['IXFR', 251],
    ['AXFR', 252],
    ['ANY', 255],
    ['CAA', 257],
    ['TYPE65280', 65280],
    ['TYPE0', 0],
    ['TYPE65535', 65535],
  ])('%s is %d', (mnemonic, code) => {
    expect(formatType(code)).toBe(mnemonic);
    expect(parseType(mnemonic)).toBe(code);
    expect(parseType(mnemonic.toLowerCase())).toBe(code);
  });

  it('reads the number of a known type too', () => {
    expect(parseType('TYPE1')).toBe(1);
  });

  it.each(['', 'NONSENSE', 'TYPE', 'TYPE65536', 'TYPE-1', 'TYPE1x', 'unknown', 'constructor', 'A '])(
    'finds no type in %j',
    (text) => {
      expect(parseType(text)).toBeUndefined();
    },
  );

  it('has an example here for every type it knows', () => {
    const shown = new Set([...EXAMPLES.map(({ type }) => type), TYPE.OPT]);
    expect(KNOWN_TYPES.filter((type) => !shown.has(type))).toEqual([]);
  });
});

describe('a record at the limit of the message', () => {
  it('is reported as overflow, whichever octet is the first without room', () => {
    for (const { data } of EXAMPLES) {
      const octets = encode(data).length;
      for (const limit of [0, 1, 2, octets - 1]) {
        const writer = new MessageWriter(new Uint8Array(65535), Math.min(limit, octets - 1));
        encodeData(writer, data);
        expect(writer.overflowed).toBe(true);
      }
      const writer = new MessageWriter(new Uint8Array(65535), octets);
      encodeData(writer, data);
      expect([writer.overflowed, writer.length]).toEqual([false, octets]);
    }
  });

  it('keeps the case and the octets of a target', () => {
    const target = '\x04A.\0\xff\x03svc\0' as Name;
    expect(decode(encode({ kind: 'NS', target }), TYPE.NS).data).toEqual({ kind: 'NS', target });
  });
});
