import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergePrefixes, rangeOfPrefix } from '../../src/etcd/key-range.ts';

/** Few different octets, so that prefixes meet; 0xff has no successor. */
const octets = fc.string({ unit: fc.constantFrom('\x00', '/', 'a', '\xfe', '\xff'), maxLength: 5 });

function isWithin(key: string, prefix: string): boolean {
  const range = rangeOfPrefix(prefix);
  const octetsOfKey = Buffer.from(key, 'latin1');
  const unbounded = range.rangeEnd.equals(Buffer.from([0]));
  return octetsOfKey.compare(range.key) >= 0 && (unbounded || octetsOfKey.compare(range.rangeEnd) < 0);
}

describe('the range of a prefix', () => {
  it('holds exactly the keys that begin with it', () => {
    // etcd has no empty key.
    const keys = octets.filter((key) => key !== '');
    fc.assert(fc.property(keys, octets, (key, prefix) => isWithin(key, prefix) === key.startsWith(prefix)));
  });

  it('ends after the last octet that can be raised', () => {
    expect(rangeOfPrefix('/a\xff\xff')).toEqual({
      key: Buffer.from('/a\xff\xff', 'latin1'),
      rangeEnd: Buffer.from('/b'),
    });
    expect(rangeOfPrefix('\xff')).toEqual({ key: Buffer.from([0xff]), rangeEnd: Buffer.from([0]) });
    expect(rangeOfPrefix('')).toEqual({ key: Buffer.from([0]), rangeEnd: Buffer.from([0]) });
  });
});

describe('merged prefixes', () => {
  it('hold every key that one of the prefixes holds, exactly once', () => {
    fc.assert(
      fc.property(fc.array(octets, { minLength: 1 }), octets, (prefixes, key) => {
        const holders = mergePrefixes(prefixes).filter((prefix) => key.startsWith(prefix));
        expect(holders).toHaveLength(prefixes.some((prefix) => key.startsWith(prefix)) ? 1 : 0);
      }),
    );
  });
});
