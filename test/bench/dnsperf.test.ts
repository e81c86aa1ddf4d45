// What is read from the output of dnsperf 2.10.

import { describe, expect, it } from 'vitest';
import { parseLatency, parseSummary } from '../../bench/dnsperf.mjs';

const OUTPUT = `DNS Performance Testing Tool
Version 2.10.0

> NOERROR s00000.bench.example A 0.000100
> NOERROR s00001.bench.example A 0.000300
> T s00002.bench.example A
> NXDOMAIN s00003.bench.example A 0.000200
[Status] Testing complete (time limit)

Statistics:

  Queries sent:         4
  Queries completed:    3 (75.00%)
  Queries lost:         1 (25.00%)

  Response codes:       NOERROR 2 (66.67%), NXDOMAIN 1 (33.33%)
  Average packet size:  request 38, response 152
  Run time (s):         1.000262
  Queries per second:   2.999214

  Average Latency (s):  0.000200 (min 0.000100, max 0.000300)
  Latency StdDev (s):   0.000100
`;

describe('the output of dnsperf', () => {
  it('has how many queries were answered, with what, and how many were lost', () => {
    expect(parseSummary(OUTPUT)).toEqual({
      completed: 3,
      lost: 1,
      queriesPerSecond: 2.999214,
      replyOctets: 152,
      rcodes: { NOERROR: 2, NXDOMAIN: 1 },
    });
  });

  it('has the latency of each query that was answered, and of no other', () => {
    expect(parseLatency(OUTPUT)).toEqual({ count: 3, p50Us: 200, p99Us: 300, p999Us: 300 });
  });

  it('is an error when it ends before the statistics', () => {
    expect(() => parseSummary('Version 2.10.0\n')).toThrow('Queries completed');
  });
});
