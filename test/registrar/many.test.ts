// Thousands of instances in one process: one connection, none lost when etcd is restarted, all back when all were lost, and
// etcd has time for others meanwhile.

import type { Etcd3 } from 'etcd3';
import { describe, expect, it, type TestContext } from 'vitest';
import { register } from '../../src/registrar/register.ts';
import type { Registration } from '../../src/registrar/registration.ts';
import type { EtcdMember } from '../support/etcd.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { clientOf, readKey, startOne } from './registering.ts';

const COUNT = 2000;
const LEASE_SECONDS = 6;

/** Milliseconds that etcd may take for one in a hundred calls of others meanwhile. */
const OTHERS_P99_MS = 1000;

/** Milliseconds in which all are gone, or back: 5 s here, and many times that on a machine that is busy with others. */
const BACK_MS = 90_000;

interface Many {
  readonly etcd: EtcdMember;
  readonly proxy: TcpProxy;
  readonly registrations: readonly Registration[];
}

async function registerMany(context: TestContext): Promise<Many> {
  const etcd = await startOne(context);
  const proxy = await TcpProxy.listen(etcd.clientPort);
  context.onTestFinished(() => proxy.close());
  const registrations = Array.from({ length: COUNT }, (_, at) =>
    register({
      name: 'many',
      id: String(at),
      address: `10.0.${at >> 8}.${at & 255}:80`,
      leaseSeconds: LEASE_SECONDS,
      etcd: { endpoints: [proxy.endpoint] },
    }),
  );
  context.onTestFinished(async () => {
    await Promise.all(registrations.map((registration) => registration.close()));
  });
  await Promise.all(registrations.map((registration) => registration.registered()));
  return { etcd, proxy, registrations };
}

/** Counts the keys again and again, as somebody else would, until `done` says so; checks how long etcd took. */
async function countUntil(client: Etcd3, done: (count: number) => boolean): Promise<void> {
  const keys = { key: Buffer.from('/many/'), range_end: Buffer.from('/many0'), count_only: true };
  const tookMs: number[] = [];
  await until(
    'the keys are as they should be',
    async () => {
      const askedMs = performance.now();
      const { count } = await client.kv.range(keys);
      tookMs.push(performance.now() - askedMs);
      return done(Number(count));
    },
    BACK_MS,
  );
  tookMs.sort((one, other) => one - other);
  expect(tookMs[Math.floor(tookMs.length * 0.99)]).toBeLessThan(OTHERS_P99_MS);
}

describe('2000 instances of one process', { timeout: 3 * BACK_MS }, () => {
  it('share a connection, and outlive a restart of etcd', async (context) => {
    const { etcd, proxy, registrations } = await registerMany(context);
    expect(proxy.connections).toBe(1);
    await etcd.kill();
    etcd.spawn();
    await until('etcd answers', () =>
      readKey(etcd).then(
        () => true,
        () => false,
      ),
    );
    const answeredMs = performance.now();
    await countUntil(clientOf(context, etcd), (count) => {
      expect(count).toBe(COUNT);
      // Longer than the whole TTL that etcd gives every lease when it starts.
      return performance.now() - answeredMs > (LEASE_SECONDS + 2) * 1000;
    });
    expect(registrations.every(({ state }) => state.kind === 'registered')).toBe(true);
    expect(proxy.connections).toBe(1);
  });

  it('are all back after a network that swallowed everything until their leases had ended', async (context) => {
    const { etcd, proxy, registrations } = await registerMany(context);
    const client = clientOf(context, etcd);
    proxy.blackHole();
    await countUntil(client, (count) => count === 0);
    await proxy.heal();
    await countUntil(client, (count) => count === COUNT);
    await until('all know that they are registered', () =>
      registrations.every(({ state }) => state.kind === 'registered'),
    );
  });
});
