import { expect, it } from 'vitest';
import { backoffMs } from '../../src/etcd/backoff.ts';

it('waits up to 100 ms at first, twice as long each time, and never more than 1.5 s', () => {
  const longest = [0, 1, 2, 3, 4, 5, 1000].map((failures) => backoffMs(failures, () => 1));
  expect(longest).toEqual([100, 200, 400, 800, 1500, 1500, 1500]);
});

it('spreads attempts over the whole wait', () => {
  expect([0, 0.5].map((random) => backoffMs(10, () => random))).toEqual([0, 750]);
});
