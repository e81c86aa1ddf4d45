// Whole messages between octets and values. The packet is an answer as svcdns gives it, grouped by field.

import { describe, expect, it } from 'vitest';
import { CLASS_IN, FLAG, formatRcode, RCODE } from '../../src/wire/codes.ts';
import {
  decodeMessage,
  encodeMessage,
  formatRecord,
  type Message,
  type ResourceRecord,
  writeRecord,
} from '../../src/wire/message.ts';
import { nameOf, ROOT } from '../../src/wire/name.ts';
import { TYPE } from '../../src/wire/record-types.ts';
import { MessageWriter } from '../../src/wire/writer.ts';
import { hex, toHex } from './hex.ts';

const SERVICE = nameOf('specServer.svc.local.');
const INSTANCE = nameOf('1.specServer.svc.local.');

const a = (name = SERVICE, address = '10.0.0.1'): ResourceRecord => ({
  name,
  type: TYPE.A,
  class: CLASS_IN,
  ttlSeconds: 5,
  data: { kind: 'A', address },
});

const EMPTY: Message = { id: 0, flags: 0, questions: [], answers: [], authorities: [], additionals: [] };

describe('an answer with SRV, NS, A and OPT', () => {
  const octets = `
    b5d6 8500 0001 0001 0001 0002
    0a73706563536572766572 03737663 056c6f63616c 00 0021 0001
    c00c 0021 0001 00000005 001e  000a 0064 1f90 0131 0a73706563536572766572 03737663 056c6f63616c 00
    c017 0002 0001 00000e10 0006  036e7331 c017
    0131 c00c 0001 0001 00000005 0004 0a000001
    00 0029 04d0 00000000 0006 0003 0002 6869`;
  const message: Message = {
    id: 0xb5d6,
    flags: FLAG.QR | FLAG.AA | FLAG.RD,
    questions: [{ name: SERVICE, type: TYPE.SRV, class: CLASS_IN }],
    answers: [
      {
        name: SERVICE,
        type: TYPE.SRV,
        class: CLASS_IN,
        ttlSeconds: 5,
        data: { kind: 'SRV', priority: 10, weight: 100, port: 8080, target: INSTANCE },
      },
    ],
    authorities: [
      {
        name: nameOf('svc.local.'),
        type: TYPE.NS,
        class: CLASS_IN,
        ttlSeconds: 3600,
        data: { kind: 'NS', target: nameOf('ns1.svc.local.') },
      },
    ],
    additionals: [
      a(INSTANCE),
      {
        name: ROOT,
        type: TYPE.OPT,
        class: 1232,
        ttlSeconds: 0,
        data: { kind: 'OPT', options: [{ code: 3, data: hex('6869') }] },
      },
    ],
  };

  it('is written with names compressed across sections, and the SRV target in full', () => {
    const written = encodeMessage(message);
    expect(written && toHex(written)).toBe(toHex(hex(octets)));
  });

  it('is read', () => {
    expect(decodeMessage(hex(octets))).toEqual(message);
  });

  it('is read from a Buffer that is used again afterwards', () => {
    const datagram = Buffer.from(hex(octets));
    const decoded = decodeMessage(datagram);
    datagram.fill(0xee);
    expect(decoded).toEqual(message);
  });

  it('is printed as lines of a zone file', () => {
    const records = [...message.answers, ...message.authorities, ...message.additionals];
    expect(records.map(formatRecord)).toEqual([
      'specServer.svc.local. 5 IN SRV 10 100 8080 1.specServer.svc.local.',
      'svc.local. 3600 IN NS ns1.svc.local.',
      '1.specServer.svc.local. 5 IN A 10.0.0.1',
      '. 0 CLASS1232 OPT 3=6869',
    ]);
  });

  it('is none when an octet is missing or too many', () => {
    const whole = hex(octets);
    for (let length = 0; length < whole.length; length += 1) {
      expect(decodeMessage(whole.subarray(0, length))).toBeUndefined();
    }
    expect(decodeMessage(hex(`${octets} 00`))).toBeUndefined();
  });

  it('is none when a count in its header is one too high', () => {
    for (const countAt of [4, 6, 8, 10]) {
      const wrong = hex(octets);
      wrong[countAt + 1] = (wrong[countAt + 1] ?? 0) + 1;
      expect(decodeMessage(wrong)).toBeUndefined();
    }
  });
});

describe('what is not a message', () => {
  it.each([
    ['11 octets', '1234 0100 0000 0000 0000 00'],
    ['a question that is not there', '1234 0100 0001 0000 0000 0000'],
    ['65535 questions in 21 octets', '1234 0100 ffff 0000 0000 0000  0361626300 0001 0001'],
    ['a record that is its own owner', '1234 0100 0000 0001 0000 0000  c00c 0001 0001 00000000 0004 0a000001'],
    ['A of 3 octets', '1234 8400 0000 0001 0000 0000  00 0001 0001 00000000 0003 0a0000'],
    ['A of 5 octets', '1234 8400 0000 0001 0000 0000  00 0001 0001 00000000 0005 0a00000100'],
  ])('%s', (_what, octets) => {
    expect(decodeMessage(hex(octets))).toBeUndefined();
  });

  it('but a header alone is one', () => {
    expect(decodeMessage(hex('1234 0100 0000 0000 0000 0000'))).toEqual({ ...EMPTY, id: 0x1234, flags: FLAG.RD });
  });
});

describe('TTL', () => {
  it('is unsigned and kept as it is', () => {
    const octets = encodeMessage({ ...EMPTY, answers: [{ ...a(), ttlSeconds: 0xffffffff }] });
    expect(octets && decodeMessage(octets)?.answers[0]?.ttlSeconds).toBe(0xffffffff);
  });
});

describe('a message of 64 KiB', () => {
  /** An opaque record of `octets` octets, its header of 11 included. */
  const filler = (octets: number): ResourceRecord => ({
    name: ROOT,
    type: 65280,
    class: CLASS_IN,
    ttlSeconds: 0,
    data: { kind: 'unknown', octets: new Uint8Array(octets - 11) },
  });

  it('is as long as the length field of TCP can say, and not an octet longer', () => {
    const largest = encodeMessage({ ...EMPTY, answers: [filler(65535 - 12)] });
    expect(largest).toHaveLength(65535);
    expect(largest && decodeMessage(largest)?.answers).toHaveLength(1);
    expect(encodeMessage({ ...EMPTY, answers: [filler(65536 - 12)] })).toBeUndefined();
    expect(encodeMessage({ ...EMPTY, answers: [filler(65536 - 12)], additionals: [a()] })).toBeUndefined();
  });

  it('is not made of more questions than fit', () => {
    const question = { name: ROOT, type: TYPE.A, class: CLASS_IN };
    const fits = Math.floor((65535 - 12) / 5);
    expect(encodeMessage({ ...EMPTY, questions: Array(fits).fill(question) })).toHaveLength(12 + 5 * fits);
    expect(encodeMessage({ ...EMPTY, questions: Array(fits + 1).fill(question) })).toBeUndefined();
    expect(encodeMessage({ ...EMPTY, questions: Array(fits + 1).fill(question), answers: [a()] })).toBeUndefined();
  });

  it('has the names of its last records in full where no pointer can reach', () => {
    const answers = [filler(0x4000), a(INSTANCE), a(INSTANCE)];
    const octets = encodeMessage({ ...EMPTY, answers });
    expect(octets).toHaveLength(12 + 0x4000 + 2 * (INSTANCE.length + 14));
    expect(octets && decodeMessage(octets)?.answers).toEqual(answers);
  });
});

describe('a record at the end of the room', () => {
  it('is written whole or not at all', () => {
    const octets = SERVICE.length + 14;
    for (let room = 0; room < octets; room += 1) {
      const writer = new MessageWriter(new Uint8Array(512), room);
      expect(writeRecord(writer, a())).toBe(false);
      expect([writer.length, writer.overflowed]).toEqual([0, false]);
    }
    const writer = new MessageWriter(new Uint8Array(512), octets);
    expect(writeRecord(writer, a())).toBe(true);
    expect(writer.length).toBe(octets);
  });

  it('leaves room for a shorter one, which does not point into it', () => {
    const writer = new MessageWriter(new Uint8Array(64), 30);
    expect(writeRecord(writer, a(INSTANCE))).toBe(false);
    expect(writeRecord(writer, a(nameOf('local.')))).toBe(true);
    expect(toHex(writer.bytes.subarray(0, writer.length))).toBe(
      toHex(hex('056c6f63616c 00 0001 0001 00000005 0004 0a000001')),
    );
  });
});

describe('response codes', () => {
  it('print as their mnemonic, or as a number', () => {
    expect(Object.values(RCODE).map(formatRcode)).toEqual(Object.keys(RCODE));
    expect(formatRcode(4095)).toBe('RCODE4095');
  });
});
