// Address text against the octets of A and AAAA records; `isIP` of Node is the independent judge of what is an address.

import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIpv4, formatIpv6, isIpv4Mapped, parseIpv4, parseIpv6 } from '../../src/wire/address.ts';

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

/** Addresses as fast-check writes them, and texts from the same characters, most of which are nearly addresses. */
const nearlyIpv4 = fc.oneof(
  fc.ipV4(),
  fc.ipV4Extended(),
  fc.string({ unit: fc.constantFrom('0', '1', '2', '5', '9', '.', 'x', ' '), maxLength: 16 }),
  fc.array(fc.integer({ min: -1, max: 300 }), { minLength: 3, maxLength: 5 }).map((numbers) => numbers.join('.')),
);
const nearlyIpv6 = fc.oneof(
  fc.ipV6(),
  fc.string({ unit: fc.constantFrom('0', '1', 'f', 'F', 'g', ':', '::', '.', '1.2.3.4'), maxLength: 20 }),
  fc
    .array(fc.constantFrom('', '0', '1', 'ffff', '00001', '1.2.3.4'), { minLength: 2, maxLength: 10 })
    .map((groups) => groups.join(':')),
);

describe('the text of an A record', () => {
  it.each([
    ['10.0.0.1', [10, 0, 0, 1]],
    ['0.0.0.0', [0, 0, 0, 0]],
    ['255.255.255.255', [255, 255, 255, 255]],
    ['199.20.3.250', [199, 20, 3, 250]],
  ])('reads %s', (text, expected) => {
    expect([...(parseIpv4(text) ?? [])]).toEqual(expected);
  });

  it.each([
    '',
    '10.1',
    '10.0.0',
    '10.0.0.1.',
    '.10.0.0.1',
    '10..0.1',
    '1.2.3.4.5',
    '010.0.0.1',
    '10.0.0.00',
    '256.0.0.1',
    '0x0a.0.0.1',
    '2130706433',
    '1e1.0.0.1',
    '+1.2.3.4',
    '-1.2.3.4',
    ' 10.0.0.1',
    '10.0.0.1\n',
    '10.0.0.1\0',
    '10.0.0.1:80',
    '１０.0.0.1',
    '::1',
  ])('refuses %j instead of guessing an address', (text) => {
    expect(parseIpv4(text)).toBeUndefined();
  });

  it('accepts exactly what isIPv4 accepts', () => {
    fc.assert(
      fc.property(nearlyIpv4, (text) => {
        expect(parseIpv4(text) !== undefined).toBe(isIPv4(text));
      }),
    );
  });

  it('gives the octets back after printing and reading them', () => {
    fc.assert(
      fc.property(octets(4), (bytes) => {
        expect(parseIpv4(formatIpv4(bytes))).toEqual(bytes);
      }),
    );
  });

  it('prints from the middle of a message', () => {
    expect(formatIpv4(Uint8Array.of(1, 2, 3, 10, 0, 0, 1, 4), 3)).toBe('10.0.0.1');
  });
});

describe('the text of an AAAA record', () => {
  // RFC 4291 §2.2 and RFC 5952 §4 and §5: what may be written, and the one form that is.
  it.each([
    ['2001:DB8:0:0:8:800:200C:417A', '2001:db8::8:800:200c:417a'],
    ['FF01:0:0:0:0:0:0:101', 'ff01::101'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['::', '::'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['2001:db8::', '2001:db8::'],
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::ffff:129.144.52.38', '::ffff:129.144.52.38'],
    ['0:0:0:0:0:ffff:8190:3426', '::ffff:129.144.52.38'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['::13.1.68.3', '::d01:4403'],
    ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
  ])('reads %s and prints %s', (text, canonical) => {
    const bytes = parseIpv6(text);
    expect(bytes && formatIpv6(bytes)).toBe(canonical);
  });

  it.each([
    '',
    ':',
    ':::',
    '1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '1::2::3',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:',
    '12345::',
    'g::',
    '-1::',
    '1.2.3.4',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '::1.2.3',
    '::01.2.3.4',
    '1:2:3:4:5:6:7:1.2.3.4',
    '[::1]',
    ' ::1',
    '::1\n',
    '::1/128',
    'fe80::1%eth0',
  ])('refuses %j', (text) => {
    expect(parseIpv6(text)).toBeUndefined();
  });

  it('refuses a text that is far too long without reading it', () => {
    expect(parseIpv6(':'.repeat(1_000_000))).toBeUndefined();
  });

  it('accepts exactly what isIPv6 accepts, zone ids aside', () => {
    fc.assert(
      fc.property(nearlyIpv6, (text) => {
        expect(parseIpv6(text) !== undefined).toBe(isIPv6(text));
      }),
      { numRuns: 1000 },
    );
  });

  it('gives the octets back after printing and reading them', () => {
    const withZeroRuns = fc
      .array(fc.constantFrom(0, 0, 1, 0xff), { minLength: 16, maxLength: 16 })
      .map((bytes) => Uint8Array.from(bytes));
    fc.assert(
      fc.property(fc.oneof(octets(16), withZeroRuns), (bytes) => {
        const text = formatIpv6(bytes);
        expect(isIPv6(text)).toBe(true);
        expect(parseIpv6(text)).toEqual(bytes);
      }),
    );
  });

  it('prints from the middle of a message', () => {
    const message = Uint8Array.of(9, 9, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 9);
    expect(formatIpv6(message, 2)).toBe('2001:db8::1');
  });

  it('knows an IPv4-mapped address from its neighbours', () => {
    const isMapped = (text: string) => {
      const bytes = parseIpv6(text);
      return bytes && isIpv4Mapped(bytes);
    };
    expect(isMapped('::ffff:10.0.0.1')).toBe(true);
    expect(isMapped('::fffe:10.0.0.1')).toBe(false);
    expect(isMapped('1::ffff:10.0.0.1')).toBe(false);
    expect(isMapped('::10.0.0.1')).toBe(false);
  });
});
