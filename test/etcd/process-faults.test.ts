// What happens to etcd's processes and data: killed, frozen, without a majority, restored, replaced.

import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { type EtcdMember, startCluster, startEtcd, temporaryDirectory } from '../support/etcd.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { AN_AUDIT_LATER_MS, NOTICED_MS } from './describe-follower.ts';
import { RecordedFollower, type RecordOptions, StoreClient } from './recorded-follower.ts';

async function startOne({ onTestFinished }: TestContext): Promise<EtcdMember> {
  const etcd = await startEtcd();
  onTestFinished(() => etcd.close());
  return etcd;
}

async function startThree({ onTestFinished }: TestContext): Promise<[EtcdMember, EtcdMember, EtcdMember]> {
  const members = await startCluster();
  onTestFinished(async () => {
    await Promise.all(members.map((member) => member.close()));
  });
  const [one, two, three] = members;
  if (one === undefined || two === undefined || three === undefined) throw new Error('expected three members');
  return [one, two, three];
}

function clientOf({ onTestFinished }: TestContext, { endpoint }: EtcdMember): StoreClient {
  const client = new StoreClient(endpoint);
  onTestFinished(() => client.close());
  return client;
}

function follow(
  { onTestFinished }: TestContext,
  ...members: ReadonlyArray<{ readonly endpoint: string }>
): RecordedFollower {
  const recorded = new RecordedFollower({ endpoints: members.map(({ endpoint }) => endpoint) });
  onTestFinished(() => recorded.follower.close());
  return recorded;
}

/** The members of a new cluster, its leader first. */
async function startLeaderAndTwo(context: TestContext): Promise<[EtcdMember, EtcdMember, EtcdMember]> {
  const [one, two, three] = await startThree(context);
  if (await leads(two)) return [two, one, three];
  if (await leads(three)) return [three, one, two];
  return [one, two, three];
}

async function leads(member: EtcdMember): Promise<boolean> {
  // `simple` prints ids in hexadecimal, as JSON numbers they would lose digits: the fifth field says "true" for a leader.
  const fields = (await member.etcdctl('endpoint', 'status')).split(', ');
  return fields[4] === 'true';
}

/** What a store that is put back to a snapshot has after it, and had before. */
type Writes = (store: StoreClient) => Promise<void>;

const SECOND_HISTORIES: ReadonlyArray<readonly [string, Writes, Writes]> = [
  [
    'without the last put',
    (store) => store.put('/a/1', 'first history'),
    async (store) => {
      for (let at = 0; at < 6; at += 1) await store.put(`/b/${at}`, 'second history');
    },
  ],
  [
    'with another value in the last put',
    (store) => store.put('/a/1', 'first history'),
    (store) => store.put('/a/1', 'second history'),
  ],
  [
    'with another value in an older put',
    async (store) => {
      await store.put('/a/1', 'first history');
      await store.put('/a/2', 'the same');
    },
    async (store) => {
      await store.put('/a/1', 'second history');
      await store.put('/a/2', 'the same');
    },
  ],
  ['with another delete', (store) => store.delete('/a/1'), (store) => store.delete('/a/2')],
  [
    'with a put where all was deleted',
    async (store) => {
      for (let at = 0; at < 9; at += 1) await store.delete(`/a/${at}`);
    },
    async (store) => {
      for (let at = 0; at < 9; at += 1) await store.put('/a/1', 'second history');
    },
  ],
];

/**
 * Lets a follower see a first history and then, resuming, an etcd of the same identity that was put back to a snapshot
 * from before it and has gone on in another way.
 */
async function followTwoHistories(context: TestContext, first: Writes, second: Writes, options?: RecordOptions) {
  const etcd = await startOne(context);
  const proxy = await TcpProxy.listen(etcd.clientPort);
  context.onTestFinished(() => proxy.close());
  const before = clientOf(context, etcd);
  await before.putMany('/a/', 10, '10.0.0.1:8080');
  const snapshot = join(temporaryDirectory(context), 'snapshot');
  await etcd.etcdctl('snapshot', 'save', snapshot);
  const recorded = new RecordedFollower({ endpoints: [proxy.endpoint] }, options);
  context.onTestFinished(() => recorded.follower.close());
  await recorded.live();
  await first(before);
  const applied = await before.revision();
  await until('the first history is followed', () => recorded.follower.appliedRevision === BigInt(applied));
  await proxy.refuse();
  await recorded.stale();
  await restoreAsItself(etcd, snapshot);
  const client = clientOf(context, etcd);
  await second(client);
  await client.put('/c', 'something new');
  expect(BigInt(await client.revision())).toBeGreaterThan(BigInt(applied));
  await proxy.heal();
  return { recorded, client };
}

/** Puts a member back to a snapshot in the way that keeps the identity of its cluster, and starts it again. */
async function restoreAsItself(etcd: EtcdMember, snapshot: string): Promise<void> {
  const [, , name = '', peer = ''] = (await etcd.etcdctl('member', 'list')).split(', ');
  await etcd.kill();
  rmSync(etcd.dataDir, { recursive: true });
  await etcd.etcdctl(
    ...['snapshot', 'restore', snapshot, '--data-dir', etcd.dataDir, '--name', name],
    ...['--initial-cluster', `${name}=${peer}`, '--initial-advertise-peer-urls', peer],
  );
  await etcd.restart();
}

describe.concurrent('one etcd', () => {
  it('is killed and started again: no event is lost, and nothing is listed twice', async (context) => {
    const etcd = await startOne(context);
    const client = clientOf(context, etcd);
    await client.putMany('/a/', 10, '10.0.0.1:8080');
    const recorded = follow(context, etcd);
    await recorded.live();
    await etcd.kill();
    await recorded.stale();
    expect(recorded.table.size).toBe(10);
    etcd.spawn();
    await etcd.ready();
    const after = clientOf(context, etcd);
    await after.put('/a/new', '10.0.0.2:8080');
    await after.delete('/a/3');
    await recorded.equals(() => after.content());
    expect(recorded.follower.counters.lists).toBe(1);
  });

  it('is frozen and goes on: noticed in time, served from the table, caught up with', async (context) => {
    const etcd = await startOne(context);
    const client = clientOf(context, etcd);
    await client.putMany('/a/', 10, '10.0.0.1:8080');
    const recorded = follow(context, etcd);
    await recorded.live();
    etcd.freeze();
    await recorded.stale(NOTICED_MS);
    await until('an attempt on the frozen etcd has failed', () => recorded.eventsOf('session-ended').length >= 2);
    expect(recorded.table.size).toBe(10);
    etcd.thaw();
    await recorded.live();
    await client.put('/a/new', '10.0.0.2:8080');
    await recorded.equals(() => client.content());
    expect(recorded.follower.counters.lists).toBe(1);
  });

  it('is frozen when the follower closes', async (context) => {
    const etcd = await startOne(context);
    const recorded = follow(context, etcd);
    await recorded.live();
    etcd.freeze();
    const startedMs = performance.now();
    await recorded.follower.close();
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });

  it('is restored as another cluster at a lower revision', async (context) => {
    const etcd = await startOne(context);
    const client = clientOf(context, etcd);
    await client.putMany('/a/', 10, '10.0.0.1:8080');
    const directory = temporaryDirectory(context);
    const snapshot = join(directory, 'snapshot');
    await etcd.etcdctl('snapshot', 'save', snapshot);
    for (let at = 0; at < 30; at += 1) await client.put(`/lost/${at}`, '10.0.0.2:8080');
    const recorded = follow(context, etcd);
    await recorded.live();
    const known = recorded.follower.appliedRevision;
    await etcd.kill();
    await etcd.etcdctl(
      ...['snapshot', 'restore', snapshot, '--data-dir', join(directory, 'data'), '--name', 'one'],
      ...['--initial-cluster', 'one=http://localhost:2380', '--initial-advertise-peer-urls', 'http://localhost:2380'],
    );
    const restored = await startEtcd({ dataDir: join(directory, 'data'), clientPort: etcd.clientPort });
    context.onTestFinished(() => restored.close());
    const after = clientOf(context, restored);
    await after.put('/a/new', '10.0.0.3:8080');
    await recorded.equals(() => after.content());
    expect(recorded.table.size).toBe(11);
    expect(recorded.follower.appliedRevision).toBeLessThan(known);
    expect(recorded.eventsOf('store-changed')).toMatchObject([{ reason: 'other-cluster' }]);
  });

  it('goes back to an older state of its own data, and another history follows', async (context) => {
    const etcd = await startOne(context);
    const before = clientOf(context, etcd);
    await before.putMany('/a/', 10, '10.0.0.1:8080');
    await etcd.kill();
    const backup = join(temporaryDirectory(context), 'data');
    cpSync(etcd.dataDir, backup, { recursive: true });
    await etcd.restart();
    const proxy = await TcpProxy.listen(etcd.clientPort);
    context.onTestFinished(() => proxy.close());
    const client = clientOf(context, etcd);
    await client.put('/a/1', 'first history');
    for (let at = 0; at < 30; at += 1) await client.put('/a/2', '10.0.0.2:8080');
    const recorded = follow(context, proxy);
    await recorded.live();
    await proxy.refuse();
    await recorded.stale();
    await etcd.kill();
    rmSync(etcd.dataDir, { recursive: true });
    cpSync(backup, etcd.dataDir, { recursive: true });
    await etcd.restart();
    const after = clientOf(context, etcd);
    // The same key at the same revision as in the first history: only its value tells the two apart.
    await after.put('/a/1', 'second history');
    await proxy.heal();
    await recorded.equals(() => after.content());
    expect(recorded.eventsOf('store-changed')).toMatchObject([{ reason: 'revision-fell' }]);
  });

  for (const [difference, first, second] of SECOND_HISTORIES) {
    it(`is restored as itself and has caught up in revisions, ${difference}: listed before it is live`, async (context) => {
      const { recorded, client } = await followTwoHistories(context, first, second);
      await recorded.equals(() => client.content());
      expect(recorded.follower.counters).toMatchObject({ lists: 2, auditDifferences: 1, watches: 2 });
      expect(recorded.eventsOf('store-changed')).toEqual([]);
    });
  }

  it('is restored as itself, and only an old key of many is another: the first audit finds it', async (context) => {
    const clock = { aheadMs: 0 };
    const { recorded, client } = await followTwoHistories(
      context,
      async (store) => {
        await store.put('/a/1', 'first history');
        await store.putMany('/many/', 300, '10.0.0.1:8080');
      },
      async (store) => {
        await store.put('/a/1', 'second history');
        await store.putMany('/many/', 300, '10.0.0.1:8080');
      },
      { monotonicMs: () => performance.now() + clock.aheadMs },
    );
    await recorded.live();
    clock.aheadMs += AN_AUDIT_LATER_MS;
    await recorded.equals(() => client.content());
    expect(recorded.follower.counters).toMatchObject({ lists: 2, auditDifferences: 1, watches: 3 });
    expect(recorded.batches.at(-1)?.changes.map(({ key }) => key)).toEqual(['/a/1']);
  });

  it('holds more than fits into one message, so pages are halved', async (context) => {
    const etcd = await startOne(context);
    const client = clientOf(context, etcd);
    const large = Buffer.alloc(1_400_000, 'x');
    for (let at = 0; at < 50; at += 1) await client.put(`/a/${at}`, large);
    const recorded = follow(context, etcd);
    await recorded.live();
    expect(recorded.table.size).toBe(50);
    expect(recorded.eventsOf('listed')).toMatchObject([{ keys: 50 }]);
  });
});

describe.concurrent('three etcds', () => {
  it('lose their leader, which the follower was connected to', async (context) => {
    const [leader, second, third] = await startLeaderAndTwo(context);
    const recorded = follow(context, leader, second, third);
    await recorded.live();
    const client = clientOf(context, second);
    await client.putMany('/a/', 10, '10.0.0.1:8080');
    await until('the puts are followed', () => recorded.table.size === 10);
    await leader.kill();
    await second.ready();
    const after = clientOf(context, second);
    await after.put('/a/new', '10.0.0.2:8080');
    await recorded.equals(() => after.content());
    expect(recorded.follower.counters.lists).toBe(1);
  });

  it('go on without the member that the follower was connected to, which is frozen', async (context) => {
    const [leader, member] = await startLeaderAndTwo(context);
    const recorded = follow(context, member, leader);
    await recorded.live();
    const client = clientOf(context, leader);
    await client.put('/a/stays', '10.0.0.1:8080');
    await until('the put is followed', () => recorded.table.size === 1);
    member.freeze();
    for (let at = 0; at < 40; at += 1) await client.put(`/a/${at}`, '10.0.0.2:8080');
    await recorded.equals(() => client.content());
    expect(recorded.follower.counters.lists).toBe(1);
  });

  it('lose their majority, and the follower its claim to be live', async (context) => {
    const [one, two, three] = await startThree(context);
    const recorded = follow(context, one);
    const client = clientOf(context, one);
    await client.put('/a/stays', '10.0.0.1:8080');
    await recorded.live();
    await until('the put is followed', () => recorded.table.size === 1);
    two.freeze();
    three.freeze();
    await recorded.stale(NOTICED_MS);
    expect(recorded.table.size).toBe(1);
    two.thaw();
    three.thaw();
    await recorded.live();
    await one.ready();
    const after = clientOf(context, one);
    await after.put('/a/new', '10.0.0.2:8080');
    await recorded.equals(() => after.content());
    expect(recorded.follower.counters.lists).toBe(1);
  });
});
