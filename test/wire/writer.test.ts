// The writer of messages: its limits, what a rollback takes back, and which names are compressed.

import { describe, expect, it } from 'vitest';
import { nameOf } from '../../src/wire/name.ts';
import { MessageWriter } from '../../src/wire/writer.ts';
import { hex, toHex } from './hex.ts';

const writer = (octets = 512) => new MessageWriter(new Uint8Array(octets));

const written = (of: MessageWriter) => toHex(of.bytes.subarray(0, of.length));

describe('fields', () => {
  it('are in network byte order and unsigned', () => {
    const message = writer();
    message.u8(0xff);
    message.u16(0xfffe);
    message.u32(0xfffefdfc);
    message.octets(hex('0102'));
    message.text('\0\xff');
    message.characterString('ab');
    message.characterString('');
    expect(written(message)).toBe('ff' + 'fffe' + 'fffefdfc' + '0102' + '00ff' + '026162' + '00');
  });

  it('can be patched once their value is known', () => {
    const message = writer();
    message.u16(0);
    message.u8(7);
    message.patchU16(0, 0xbeef);
    expect(written(message)).toBe('beef07');
  });

  it('refuses a character string of more than 255 octets, whose length octet would lie', () => {
    const message = writer();
    message.characterString('x'.repeat(255));
    expect(message.length).toBe(256);
    expect(() => message.characterString('x'.repeat(256))).toThrow('256 octets');
    expect(message.length).toBe(256);
  });
});

describe('the limit', () => {
  it.each([
    ['u8', 1, (message: MessageWriter) => message.u8(1)],
    ['u16', 2, (message: MessageWriter) => message.u16(1)],
    ['u32', 4, (message: MessageWriter) => message.u32(1)],
    ['octets', 3, (message: MessageWriter) => message.octets(hex('010203'))],
    ['text', 3, (message: MessageWriter) => message.text('abc')],
    ['a name in full', 5, (message: MessageWriter) => message.nameInFull(nameOf('abc.'))],
  ])('lets %s through that fits exactly, and nothing of it that is an octet too long', (_what, octets, write) => {
    const fits = writer(octets + 1);
    fits.u8(0xee);
    write(fits);
    expect([fits.overflowed, fits.length]).toEqual([false, octets + 1]);

    const full = writer(octets + 1);
    full.u16(0xeeee);
    write(full);
    expect([full.overflowed, full.length]).toEqual([true, 2]);
    expect(full.bytes.subarray(2).every((octet) => octet === 0)).toBe(true);
  });

  it('may be lower than the buffer is long, and never higher', () => {
    const low = new MessageWriter(new Uint8Array(8), 2);
    low.u16(1);
    low.u8(1);
    expect([low.overflowed, low.length]).toEqual([true, 2]);
    const high = new MessageWriter(new Uint8Array(2), 8);
    high.u32(1);
    expect([high.overflowed, high.length]).toEqual([true, 0]);
  });

  it('lets nothing shorter slip in behind what did not fit', () => {
    const message = writer(3);
    message.u32(1);
    message.u8(1);
    expect([message.overflowed, message.length]).toEqual([true, 0]);
  });

  it('can be all of the 65535 octets of a message', () => {
    const message = writer(65535);
    message.octets(new Uint8Array(65530));
    message.u32(1);
    message.u8(1);
    expect([message.overflowed, message.length]).toEqual([false, 65535]);
    message.u8(1);
    expect([message.overflowed, message.length]).toEqual([true, 65535]);
  });
});

describe('a rollback', () => {
  it('takes back the octets and the overflow', () => {
    const message = writer(4);
    message.u16(0xaaaa);
    const mark = message.mark();
    message.u32(1);
    message.rollback(mark);
    expect([message.overflowed, message.length]).toEqual([false, 2]);
    message.u16(0xbbbb);
    expect(written(message)).toBe('aaaabbbb');
  });

  it('forgets the names that it takes back, so that nothing points to them', () => {
    const message = writer();
    message.name(nameOf('local.'));
    const mark = message.mark();
    message.name(nameOf('svc.local.'));
    message.rollback(mark);
    message.name(nameOf('a.svc.local.'));
    expect(written(message)).toBe('056c6f63616c00' + '0161' + '03737663' + 'c000');
  });

  it('forgets the labels of a name that did not fit whole', () => {
    const message = writer(12);
    const mark = message.mark();
    message.name(nameOf('svc.example.com.'));
    expect(message.overflowed).toBe(true);
    message.rollback(mark);
    message.name(nameOf('com.'));
    message.name(nameOf('com.'));
    expect(written(message)).toBe('03636f6d00' + 'c000');
  });
});

describe('compression', () => {
  it('writes the example of RFC 1035 §4.1.4', () => {
    const message = writer();
    message.octets(new Uint8Array(20));
    message.name(nameOf('F.ISI.ARPA.'));
    message.octets(new Uint8Array(8));
    message.name(nameOf('FOO.F.ISI.ARPA.'));
    message.octets(new Uint8Array(18));
    message.name(nameOf('ARPA.'));
    message.name(nameOf('.'));
    expect(toHex(message.bytes.subarray(20, 32))).toBe('0146' + '03495349' + '0441525041' + '00');
    expect(toHex(message.bytes.subarray(40, 46))).toBe('03464f4f' + 'c014');
    expect(toHex(message.bytes.subarray(64, message.length))).toBe('c01a' + '00');
  });

  it('compares names without case, ASCII letters only', () => {
    const message = writer();
    message.name(nameOf('\xc0.SVC.'));
    message.name(nameOf('\xc0.svc.'));
    message.name(nameOf('\xe0.svc.'));
    expect(written(message)).toBe('01c0' + '03535643' + '00' + 'c000' + '01e0' + 'c002');
  });

  it('does not take a dot within a label for the end of one', () => {
    const message = writer();
    message.name(nameOf('a.b.'));
    message.name(nameOf('a\\.b.'));
    expect(written(message)).toBe('0161' + '0162' + '00' + '03612e62' + '00');
  });

  it('neither compresses a name in full nor points into it', () => {
    const message = writer();
    message.name(nameOf('b.'));
    message.nameInFull(nameOf('a.b.'));
    message.name(nameOf('a.b.'));
    expect(written(message)).toBe('016200' + '0161016200' + '0161c000');
  });

  it('points as far as 0x3fff, and no farther', () => {
    const message = writer(0x8000);
    message.octets(new Uint8Array(0x3fff));
    message.name(nameOf('at.'));
    expect(message.length).toBe(0x4003);
    message.name(nameOf('above.at.'));
    message.name(nameOf('above.at.'));
    const repeated = '0561626f7665' + 'ffff';
    expect(toHex(message.bytes.subarray(0x4003, message.length))).toBe(repeated + repeated);
  });

  it('does not take 0x4000 for an offset, which would be a pointer to 0', () => {
    const message = writer(0x8000);
    message.octets(new Uint8Array(0x4000));
    message.name(nameOf('at.'));
    message.name(nameOf('at.'));
    expect(toHex(message.bytes.subarray(0x4000, message.length))).toBe('02617400' + '02617400');
  });
});
