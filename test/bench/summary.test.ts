// The figures that the benchmark draws from its samples.

import { describe, expect, it } from 'vitest';
import { percentile } from '../../bench/statistics.mjs';
import { summarize } from '../../bench/summary.mjs';

function sample(round: number, server: string, cpuUs: number) {
  return {
    ...{ round, server, workload: 'a', cpuUs, rate: 1_000, lost: 1, lostAtRate: 0, rcodes: { NOERROR: 10 } },
    latency: { p50Us: cpuUs * 10, p99Us: cpuUs * 20, p999Us: undefined },
  };
}

describe('a percentile', () => {
  it('is a value that was measured', () => {
    expect(percentile([1, 2, 3, 4], 0.5)).toBe(2);
    expect(percentile([1, 2, 3, 4], 0.99)).toBe(4);
    expect(percentile([], 0.5)).toBeUndefined();
  });
});

describe('the summary of all rounds', () => {
  it('has medians, and ratios to Knot that were taken within each round', () => {
    const rows = summarize([
      ...[sample(0, 'knot', 2), sample(0, 'svcdns', 4)],
      ...[sample(1, 'knot', 20), sample(1, 'svcdns', 60)],
      ...[sample(2, 'knot', 3), sample(2, 'svcdns', 12)],
    ]);
    const svcdns = rows.find(({ server }) => server === 'svcdns');
    expect(svcdns).toMatchObject({ cpuUs: 12, cpuRatio: 3, p50Us: 120, p99Us: 240, lost: 3, rcodes: { NOERROR: 30 } });
    expect(svcdns?.p999Us).toBeUndefined();
  });

  it('has no ratios where Knot was not measured', () => {
    expect(summarize([sample(0, 'svcdns', 4)])[0]?.cpuRatio).toBeUndefined();
  });
});
