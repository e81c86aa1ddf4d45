// The OPT record of an answer, octet by octet and as dns2 reads it.

import dns from 'dns2';
import { describe, expect, it } from 'vitest';
import { EDE, type ExtendedError, RCODE } from '../../src/wire/codes.ts';
import { OPT_MAX_OCTETS, optOctets, writeOpt } from '../../src/wire/edns.ts';
import { hex, toHex } from './hex.ts';

function opt(rcode: number, isDo: boolean, extendedError?: ExtendedError): Uint8Array {
  const out = new Uint8Array(64).fill(0xee);
  const end = writeOpt(out, 3, rcode, isDo, extendedError);
  expect(end).toBe(3 + optOctets(extendedError));
  expect(end - 3).toBeLessThanOrEqual(OPT_MAX_OCTETS);
  expect([...out.subarray(0, 3), ...out.subarray(end)].every((octet) => octet === 0xee)).toBe(true);
  return out.slice(3, end);
}

describe('the OPT record of an answer', () => {
  it.each([
    ['plain', opt(RCODE.NOERROR, false), '00 0029 04d0 00 00 0000 0000'],
    ['with DO copied', opt(RCODE.NOERROR, true), '00 0029 04d0 00 00 8000 0000'],
    [
      'with the upper bits of BADVERS, its own version being 0',
      opt(RCODE.BADVERS, false),
      '00 0029 04d0 01 00 0000 0000',
    ],
    ['without upper bits for a code below 16', opt(RCODE.REFUSED, false), '00 0029 04d0 00 00 0000 0000'],
    [
      'with an extended error without text (RFC 8914 §2)',
      opt(RCODE.NXDOMAIN, true, EDE.STALE_NXDOMAIN_ANSWER),
      '00 0029 04d0 00 00 8000 0006  000f 0002 0013',
    ],
  ])('is written %s', (_what, octets, expected) => {
    expect(toHex(octets)).toBe(toHex(hex(expected)));
  });

  it('is read by dns2 with its size, version, flags, rcode and extended error', () => {
    const header = hex('b5d6 8400 0000 0000 0000 0001');
    const packet = dns.Packet.parse(Buffer.concat([header, opt(RCODE.BADVERS, true, EDE.NOT_READY)]));
    expect(packet.errors).toEqual([]);
    expect(packet.header.rcode).toBe(RCODE.BADVERS);
    expect(packet.additionals).toMatchObject([
      { type: 41, class: 1232, version: 0, doFlag: true, rdata: [{ ednsCode: 15, infoCode: 14 }] },
    ]);
  });
});
