// SipHash-2-4 against the vectors of its authors: the key 00 01 … 0f, and inputs 00 01 … of each length.

import { describe, expect, it } from 'vitest';
import { SIPHASH_OCTETS, SipHash } from '../../src/wire/siphash.ts';
import { hex, toHex } from './hex.ts';

const KEY = hex('00010203 04050607 08090a0b 0c0d0e0f');

function hashOf(length: number): string {
  // What lies behind the input must not matter.
  const input = Uint8Array.from({ length: length + 8 }, (_, at) => at);
  const out = new Uint8Array(SIPHASH_OCTETS + 4).fill(0xee);
  new SipHash(KEY).hash(input, length, out, 2);
  expect([out[0], out[1], out.at(-2), out.at(-1)]).toEqual([0xee, 0xee, 0xee, 0xee]);
  return toHex(out.subarray(2, 2 + SIPHASH_OCTETS));
}

describe('SipHash-2-4', () => {
  it.each([
    [0, '310e0edd47db6f72'],
    [1, 'fd67dc93c539f874'],
    [2, '5a4fa9d909806c0d'],
    [3, '2d7efbd796666785'],
    [7, '37d1018bf50002ab'],
    [8, '6224939a79f5f593'],
    [9, 'b0e4a90bdf82009e'],
    [15, 'e545be4961ca29a1'],
    [16, 'db9bc2577fcc2a3f'],
    [63, '724506eb4c328a95'],
  ])('of %d octets', (length, expected) => {
    expect(hashOf(length)).toBe(expected);
  });

  it('takes keys of 16 octets only', () => {
    expect(() => new SipHash(new Uint8Array(15))).toThrow('a key of 15 octets: expected 16');
  });
});
