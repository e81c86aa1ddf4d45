// A thousand registrations at once: each of them is in DNS, and the time that takes is printed. It is no test of speed:
// the clients of etcd and of DNS and the store share the processors with the server.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEPLOYMENTS, type Running } from './deployments.ts';

const PUTS = 1_000;

/** Puts under way at one time: some services that start together. */
const WRITERS = 16;

describe.each(DEPLOYMENTS)('$name', ({ name, start }) => {
  let running: Running;

  beforeAll(async () => {
    running = await start();
  });

  afterAll(() => running?.close());

  it('has every one of a thousand puts in DNS', async () => {
    const { client, resolver } = running;
    const delaysMs: number[] = [];
    let next = 0;

    async function write(): Promise<void> {
      while (next < PUTS) {
        const at = next;
        next += 1;
        await client.put(`/burst/${at}`).value(`10.5.${at >>> 8}.${at & 0xff}:80`);
        const acknowledgedMs = performance.now();
        while (!(await isRegistered(at))) {}
        delaysMs.push(performance.now() - acknowledgedMs);
      }
    }

    async function isRegistered(at: number): Promise<boolean> {
      try {
        const [address] = await resolver.resolve4(`${at}.burst.svc.local`);
        expect(address).toBe(`10.5.${at >>> 8}.${at & 0xff}`);
        return true;
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOTFOUND') return false;
        throw error;
      }
    }

    await Promise.all(Array.from({ length: WRITERS }, write));
    expect(delaysMs).toHaveLength(PUTS);
    expect(await resolver.resolve4('burst.svc.local')).toHaveLength(PUTS);
    const sortedMs = delaysMs.sort((one, other) => one - other);
    const quantileMs = (share: number): string => (sortedMs[Math.ceil(PUTS * share) - 1] ?? Number.NaN).toFixed(1);
    console.log(`${name}: etcd's answer to DNS: p50 ${quantileMs(0.5)} ms, p99 ${quantileMs(0.99)} ms`);
  });
});
