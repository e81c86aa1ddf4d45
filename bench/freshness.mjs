// How soon a change is in an answer: puts at a fixed rate, and from the moment that etcd acknowledges one, queries until
// the answer has it. Beside it, in the same process and for the same puts, a client that only watches: how soon anyone
// could have known.

import { Etcd3 } from 'etcd3';
import { ZONE } from './data.mjs';
import { answerHolds } from './query.mjs';
import { percentile } from './statistics.mjs';

/** Milliseconds after which a change counts as lost. */
const LOST_AFTER_MS = 5_000;

/** Queries for a change that follow each other at once; from then on one a millisecond, lest asking be the load. */
const QUICK_QUERIES = 8;

/**
 * @typedef {object} Change
 * @property {string} service
 * @property {{ key: string, value: string }} entry
 * @property {Buffer} octets of the address that is in the answer once the change is
 */

/**
 * @param {object} run
 * @param {number} run.rate puts a second
 * @param {number} run.seconds
 * @param {string} run.endpoint
 * @param {(entry: { key: string, value: string }) => Promise<unknown>} run.put
 * @param {(question: string) => Promise<Buffer | undefined>} run.ask
 * @param {(number: number) => Change} run.nextChange
 */
export async function measureFreshness({ rate, seconds, endpoint, put, ask, nextChange }) {
  const watching = new Etcd3({ hosts: endpoint });
  const watcher = await watching.watch().prefix('/').create();
  /** Value → when the watching client had it. */
  const seenMs = new Map();
  watcher.on('put', ({ value }) => seenMs.set(value.toString(), performance.now()));

  const answeredMs = [];
  const acknowledgedMs = new Map();
  let lost = 0;
  const follow = async ({ service, entry, octets }) => {
    await put(entry);
    const fromMs = performance.now();
    acknowledgedMs.set(entry.value, fromMs);
    for (let asked = 1; ; asked += 1) {
      if (asked > QUICK_QUERIES) await new Promise((resolve) => setTimeout(resolve, 1));
      const reply = await ask(`${service}.${ZONE} A`);
      const tookMs = performance.now() - fromMs;
      if (reply !== undefined && answerHolds(reply, octets)) return answeredMs.push(tookMs);
      if (tookMs > LOST_AFTER_MS) {
        lost += 1;
        return undefined;
      }
    }
  };

  const following = [];
  const startedMs = performance.now();
  while (following.length < rate * seconds) {
    const due = Math.min(rate * seconds, ((performance.now() - startedMs) / 1_000) * rate);
    while (following.length < due) following.push(follow(nextChange(following.length)));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(following);
  await watcher.cancel();
  watching.close();
  const watchedMs = Array.from(acknowledgedMs).flatMap(([value, ms]) =>
    seenMs.has(value) ? seenMs.get(value) - ms : [],
  );
  return { rate, puts: following.length, lost, answerMs: figuresOf(answeredMs), watchMs: figuresOf(watchedMs) };
}

function figuresOf(milliseconds) {
  const sorted = Float64Array.from(milliseconds).sort();
  return { count: sorted.length, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
}
