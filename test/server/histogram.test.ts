// Which bucket a value is counted in.

import { describe, expect, it } from 'vitest';
import { DURATION_BOUNDS_US, Histogram, SIZE_BOUNDS_OCTETS } from '../../src/server/histogram.ts';

describe('a histogram', () => {
  it('counts a value in the first bucket whose bound it does not exceed, and above all bounds in the last', () => {
    const histogram = new Histogram([10, 100]);
    for (const value of [0, 10, 10.5, 100, 101, 1e9]) histogram.observe(value);
    expect([...histogram.counts]).toEqual([2, 2, 2]);
    expect(histogram.sum).toBe(1_000_000_221.5);
  });

  it.each([
    ['durations', DURATION_BOUNDS_US],
    ['sizes', SIZE_BOUNDS_OCTETS],
  ])('has rising bounds for %s', (_what, bounds) => {
    expect([...bounds].sort((one, other) => one - other)).toEqual(bounds);
    expect(new Set(bounds).size).toBe(bounds.length);
  });
});
