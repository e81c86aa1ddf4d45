// Counts of observed values in fixed buckets: numbers in two arrays, so that observing allocates nothing and costs a
// handful of comparisons. The metrics read it when they are asked for.

/** Microseconds: a warm answer takes a few, a collection of garbage some thousands. */
export const DURATION_BOUNDS_US = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 100_000, 1_000_000];

/** Octets: the usual limits of messages (512 of RFC 1035, 1232 of DNS Flag Day 2020, 65535 of TCP) and steps between. */
export const SIZE_BOUNDS_OCTETS = [32, 64, 128, 256, 512, 1_232, 4_096, 16_384, 65_535];

export class Histogram {
  /** Upper bounds of the buckets, inclusive, rising. */
  readonly bounds: Float64Array;
  /** Observations in each bucket and, at the end, above all bounds. Not cumulative. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = Float64Array.from(bounds);
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** Counts one value, in the unit of the bounds. */
  observe(value: number): void {
    // Most values are small, so a walk from below ends earlier than a binary search.
    let bucket = 0;
    while (bucket < this.bounds.length && value > (this.bounds[bucket] ?? 0)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sum += value;
  }
}
