// The memory of the limiter stays bounded whatever keys strangers write.

import { expect, it } from 'vitest';
import { KEYS_MAX, LineLimiter } from '../../src/ops/line-limiter.ts';

it('forgets the key it has heard of longest ago once it knows too many', () => {
  const limiter = new LineLimiter();
  const kinds = 100;
  let nowMs = 0;
  // Each kind once a second, below its limit, and all keys well within the ten minutes of one.
  const admit = (key: number) => limiter.admitKey(`kind-${key % kinds}`, `/a/${key}`, nowMs);
  for (let key = 0; key <= KEYS_MAX; key += 1) {
    nowMs += 1_000 / kinds;
    admit(key);
  }
  nowMs += 1_000;
  expect(admit(KEYS_MAX)).toBe(false);
  expect(admit(0)).toBe(true);
  expect(limiter.dropped).toBe(0);
});
