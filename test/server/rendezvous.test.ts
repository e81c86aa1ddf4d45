// Which records which client sees: a fixed choice, even over clients.

import { describe, expect, it } from 'vitest';
import { hashText, rank, tiersOf } from '../../src/server/rendezvous.ts';
import { nameOf } from '../../src/wire/name.ts';
import { type RecordData, TYPE } from '../../src/wire/record-types.ts';
import type { RRset } from '../../src/zone/rrset.ts';

function addresses(count: number, weights?: readonly number[]): RRset {
  const data = Array.from({ length: count }, (_, at): RecordData => {
    return { kind: 'A', address: `10.0.${at >> 8}.${at & 255}` };
  });
  return { name: nameOf('web.svc.local'), type: TYPE.A, ttlSeconds: 5, data, ...(weights && { weights }) };
}

describe('the ranking of records', () => {
  it('has each record at most once, as many as are asked for, and all when there are fewer', () => {
    const tiers = tiersOf(addresses(500));
    for (const count of [1, 10, 100, 499, 500, 501]) {
      const ranked = rank(tiers, 3, count);
      expect(ranked).toHaveLength(Math.min(count, 500));
      expect(new Set(ranked).size).toBe(ranked.length);
    }
    expect(rank(tiersOf(addresses(0)), 3, 10)).toEqual([]);
  });

  it('begins in the same way however many are asked for', () => {
    const tiers = tiersOf(addresses(1000));
    for (let group = 0; group < 50; group += 1) {
      const all = rank(tiers, group, 1000);
      for (const count of [1, 30, 77]) expect(rank(tiers, group, count)).toEqual(all.slice(0, count));
    }
  });

  it('puts each record first for about the same number of groups', () => {
    const tiers = tiersOf(addresses(8));
    const count = new Array<number>(8).fill(0);
    for (let group = 0; group < 1024; group += 1) {
      const [first = 0] = rank(tiers, group, 1);
      count[first] = (count[first] ?? 0) + 1;
    }
    // 128 expected, 10.6 the deviation.
    for (const groups of count) expect(Math.abs(groups - 128)).toBeLessThan(53);
  });

  it('puts records of worse priority, or without a share, behind all others', () => {
    const weights = Array.from({ length: 100 }, (_, at) => at % 4);
    const ranked = rank(tiersOf(addresses(100, weights)), 5, 100);
    expect(ranked.slice(75).every((at) => at % 4 === 0)).toBe(true);
    const data = Array.from({ length: 30 }, (_, at): RecordData => {
      return { kind: 'SRV', priority: at % 3, weight: 0, port: at, target: nameOf('a.svc.local') };
    });
    const services = rank(tiersOf({ ...addresses(0), type: TYPE.SRV, data }), 5, 20);
    expect(services.map((at) => at % 3)).toEqual([...new Array(10).fill(0), ...new Array(10).fill(1)]);
  });
});

describe('the hash of a text', () => {
  it('is FNV-1a with 32 bits', () => {
    // From the test vectors of its authors.
    expect(hashText('')).toBe(0x811c9dc5);
    expect(hashText('a')).toBe(0xe40c292c);
    expect(hashText('foobar')).toBe(0xbf9cf968);
  });
});
