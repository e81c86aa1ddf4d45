// How long to wait before the next attempt to reach etcd. Full jitter: many servers that lost the same etcd come back
// spread over the whole wait.

/** Milliseconds, the most before the first new attempt; doubled for each one that follows. */
const FIRST_WAIT_MS = 100;

/** Milliseconds. With 1.5 s for an attempt it bounds how long a healed etcd goes unnoticed to 3 s. */
const MAX_WAIT_MS = 1500;

/** @param failures attempts that failed since etcd was last well, from 0; `random` gives numbers from 0 to below 1 */
export function backoffMs(failures: number, random: () => number): number {
  return random() * Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
}
