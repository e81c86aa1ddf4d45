// The reader of messages: every way in which octets can be no name, and what reading costs at most.

import { describe, expect, it } from 'vitest';
import { decodeMessage } from '../../src/wire/message.ts';
import { formatName, nameOf, ROOT } from '../../src/wire/name.ts';
import { MessageReader } from '../../src/wire/reader.ts';
import { countReads, hex } from './hex.ts';

/** The name at `at`, the place after it, and whether reading failed. */
function readName(octets: string, at = 0) {
  const reader = new MessageReader(hex(octets), at);
  const text = formatName(reader.name());
  return { text, at: reader.at, failed: reader.failed };
}

describe('fields', () => {
  it('are read in network byte order and unsigned', () => {
    const reader = new MessageReader(hex('ff fffe fffefdfc 0102 00ff 026162 00'));
    expect([reader.u8(), reader.u16(), reader.u32()]).toEqual([0xff, 0xfffe, 0xfffefdfc]);
    expect(reader.octets(2)).toEqual(hex('0102'));
    expect([reader.text(2), reader.characterString(), reader.characterString()]).toEqual(['\0\xff', 'ab', '']);
    expect([reader.left, reader.failed]).toEqual([0, false]);
  });

  it('are copies: the datagram that they came from may be overwritten', () => {
    const datagram = Buffer.from(hex('0102'));
    const copy = new MessageReader(datagram).octets(2);
    datagram.fill(0xee);
    expect(copy).toEqual(hex('0102'));
  });

  it.each([
    ['u8', '', (reader: MessageReader) => reader.u8()],
    ['u16', '01', (reader: MessageReader) => reader.u16()],
    ['u32', '010203', (reader: MessageReader) => reader.u32() % 0x10000],
    ['text', '6162', (reader: MessageReader) => reader.text(3).length],
    ['octets', '0102', (reader: MessageReader) => reader.octets(3).length],
    ['a character string', '026', (reader: MessageReader) => reader.characterString().length],
  ])('fail past the end: %s', (_what, octets, read) => {
    const reader = new MessageReader(hex(octets.length % 2 === 0 ? octets : `${octets}1`));
    expect(read(reader)).toBe(0);
    expect(reader.failed).toBe(true);
  });

  it('are zeros, roots and empty strings after the first that failed, whatever octets are left', () => {
    const reader = new MessageReader(hex('0161 00 ff ff ff ff'));
    reader.octets(100);
    expect(reader.failed).toBe(true);
    expect(reader.name()).toBe(ROOT);
    expect([reader.u8(), reader.u16(), reader.u32(), reader.characterString()]).toEqual([0, 0, 0, '']);
    expect(reader.octets(1)).toHaveLength(0);
    expect(reader.at).toBe(0);
  });
});

describe('a name', () => {
  it.each([
    ['the root', '00', '.', 1],
    ['labels', '03737663 056c6f63616c 00', 'svc.local.', 11],
    ['a dot, a NUL and 255 within labels', '03612e62 0100 02ffc0 00', 'a\\.b.\\000.\\255\\192.', 10],
  ])('is read whole: %s', (_what, octets, text, at) => {
    expect(readName(octets)).toEqual({ text, at, failed: false });
  });

  it('may end in a pointer, and reading goes on behind the pointer', () => {
    const octets = '03737663 056c6f63616c 00 0161 c000 ff';
    expect(readName(octets, 11)).toEqual({ text: 'a.svc.local.', at: 15, failed: false });
    expect(readName('056c6f63616c 00 c000', 7)).toEqual({ text: 'local.', at: 9, failed: false });
  });

  it('may go through several pointers, each to an earlier place', () => {
    expect(readName('00 0163c000 0162c001 0161c005', 9)).toEqual({ text: 'a.b.c.', at: 13, failed: false });
  });

  it.each([
    ['nothing', '', 0],
    ['a label that passes the end', '0361', 0],
    ['no root label', '0161', 0],
    ['half a pointer', '00 c0', 1],
    ['a pointer to itself', '00 c001', 1],
    ['a pointer to its own first label', '00 0161 c001', 1],
    ['a pointer into its own first label', '00 0161 c002', 1],
    ['a pointer forward', 'c002 00', 0],
    ['a pointer past the message', '00 ffff', 1],
    ['two names that point to each other', '0161c004 0162c000', 4],
    ['a pointer into what has no end before the name', '0161 c000', 2],
    ['a label of type 01 (RFC 6891 §5)', '4161 00', 0],
    ['a label of type 10', '8161 00', 0],
    ['a pointer to a label of type 01', '41 00 c000', 2],
    ['type 01 where type 11 would be a pointer', '00 4000', 1],
    ['type 10 where type 11 would be a pointer', '00 8000', 1],
    ['a pointer to a pointer forward', 'c002 00 c000', 3],
    ['a pointer to a label that runs into the name', '0361 c000 00', 2],
  ])('is none: %s', (_what, octets, at) => {
    expect(readName(octets, at)).toMatchObject({ text: '.', failed: true });
  });

  const label63 = `3f${'61'.repeat(63)}`;

  it('has at most 255 octets', () => {
    const label61 = `3d${'61'.repeat(61)}`;
    const label62 = `3e${'61'.repeat(62)}`;
    expect(readName(`${label63}${label63}${label63}${label61}00`)).toMatchObject({ at: 255, failed: false });
    expect(readName(`${label63}${label63}${label63}${label62}00`)).toMatchObject({ failed: true });
  });

  it('has at most 255 octets once its pointers are followed', () => {
    const tail = `${label63}${label63}${label63}00`;
    const fits = `3d${'62'.repeat(61)}c000`;
    const long = `3e${'62'.repeat(62)}c000`;
    expect(readName(`${tail}${fits}`, 193).failed).toBe(false);
    expect(readName(`${tail}${long}`, 193).failed).toBe(true);
  });

  it('does not reach past the data of its record', () => {
    const reader = new MessageReader(hex('0161 00'), 0, 2);
    reader.name();
    expect(reader.failed).toBe(true);
  });

  it('has no pointer where compression is not allowed', () => {
    const reader = new MessageReader(hex('00 c000'), 1);
    reader.pointersAllowed = false;
    reader.name();
    expect(reader.failed).toBe(true);
  });
});

describe('what reading costs', () => {
  /** A root label, and `count` pointers, each to the one before. */
  const chain = (count: number) => {
    const octets = [0];
    for (let pointer = 0; pointer < count; pointer += 1) {
      const target = pointer === 0 ? 0 : 2 * pointer - 1;
      octets.push(0xc0 | (target >> 8), target & 0xff);
    }
    return Uint8Array.from(octets);
  };

  it('is bounded by 127 pointers in one name', () => {
    const longest = new MessageReader(chain(127), 2 * 127 - 1);
    expect([longest.name(), longest.failed]).toEqual([ROOT, false]);
    const tooLong = new MessageReader(chain(128), 2 * 128 - 1);
    tooLong.name();
    expect(tooLong.failed).toBe(true);
  });

  /** A message of at most `octets` octets: a chain of 126 labels and as many pointers, then questions that end in it. */
  const chainMessage = (octets: number) => {
    const root = hex('0000 0100 0001 0000 0000 0000  00 0001 0001');
    const message = new Uint8Array(octets);
    message.set(root);
    let at = root.length;
    let name = 12;
    let questions = 1;
    for (; questions <= 126; questions += 1) {
      message.set([1, 0x61, 0xc0 | (name >> 8), name & 0xff, 0, 1, 0, 1], at);
      name = at;
      at += 8;
    }
    for (; at + 6 <= octets; questions += 1) {
      message.set([0xc0 | (name >> 8), name & 0xff, 0, 1, 0, 1], at);
      at += 6;
    }
    message.set([questions >> 8, questions & 0xff], 4);
    return { message: message.subarray(0, at), questions };
  };

  it('grows with the size of the message, also when every name is a chain of 127 pointers', () => {
    const readsPerOctet = [4096, 16384].map((octets) => {
      const { message, questions } = chainMessage(octets);
      const counted = countReads(message);
      const decoded = decodeMessage(counted.octets);
      expect(decoded?.questions).toHaveLength(questions);
      expect(decoded?.questions.at(-1)?.name).toBe(nameOf('a.'.repeat(126)));
      return counted.reads() / message.length;
    });
    // A name has at most 255 octets, of which 127 lengths are read twice, and 127 pointers; a question has 6 or more.
    for (const reads of readsPerOctet) expect(reads).toBeLessThan((255 + 127 + 2 * 127 + 6) / 6);
  });

  it('ends at the first thing that is wrong, whatever the counts in the header say', () => {
    const counted = countReads(hex('1234 0100 ffff ffff ffff ffff  0361626300 0001 0001'));
    expect(decodeMessage(counted.octets)).toBeUndefined();
    expect(counted.reads()).toBeLessThan(30);
  });
});
