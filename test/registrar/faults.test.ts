// Never lost: whatever happens to the lease, the key, the network or etcd, the instance is back within 2 s of etcd
// answering, and nobody has to do anything.

import { rmSync } from 'node:fs';
import { describe, expect, it, type TestContext } from 'vitest';
import { type EtcdMember, startCluster, startEtcd } from '../support/etcd.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import {
  clientOf,
  expectBackInTime,
  expectToStay,
  KEY,
  readKey,
  registerOne,
  startOne,
  untilValue,
  VALUE,
} from './registering.ts';

async function proxyTo({ onTestFinished }: TestContext, etcd: EtcdMember): Promise<TcpProxy> {
  const proxy = await TcpProxy.listen(etcd.clientPort);
  onTestFinished(() => proxy.close());
  return proxy;
}

describe.concurrent('an instance', () => {
  it('is back when its lease was revoked behind its back', async (context) => {
    const etcd = await startOne(context);
    const { registration } = registerOne(context, [etcd.endpoint]);
    await registration.registered();
    const { leaseId } = (await readKey(etcd)) ?? {};
    await clientOf(context, etcd).leaseClient.leaseRevoke({ ID: String(leaseId) });
    await expectBackInTime(etcd);
    expect((await readKey(etcd))?.leaseId).not.toBe(leaseId);
  });

  it('is back when its key went without its lease, which keepalives do not show', async (context) => {
    const etcd = await startOne(context);
    const { registration } = registerOne(context, [etcd.endpoint]);
    await registration.registered();
    const { leaseId } = (await readKey(etcd)) ?? {};
    await etcd.etcdctl('del', KEY);
    // Three keepalives in a TTL of 2 s, the third of which is followed by a look.
    await untilValue(etcd, VALUE);
    expect((await readKey(etcd))?.leaseId).toBe(leaseId);
  });

  it('is back after etcd was down for more than twice the TTL', async (context) => {
    const etcd = await startOne(context);
    const { registration, states } = registerOne(context, [etcd.endpoint]);
    await registration.registered();
    await etcd.kill();
    await until('the instance counts as lost', () => registration.state.kind === 'registering');
    const lostMs = performance.now();
    await until('twice the TTL has passed', () => performance.now() - lostMs > 4000);
    etcd.spawn();
    await expectBackInTime(etcd);
    await registration.registered();
    await expectToStay(etcd, 4000);
    expect(states.map(({ kind }) => kind)).toContain('registering');
  });

  it('is back in an etcd that has lost all its data', async (context) => {
    const etcd = await startOne(context);
    const { registration } = registerOne(context, [etcd.endpoint], { leaseSeconds: 10 });
    await registration.registered();
    await etcd.kill();
    rmSync(etcd.dataDir, { recursive: true });
    const empty = await startEtcd({ clientPort: etcd.clientPort });
    context.onTestFinished(() => empty.close());
    await expectBackInTime(empty);
  });

  it('is back after etcd was frozen for longer than the TTL', async (context) => {
    const etcd = await startOne(context);
    const { registration } = registerOne(context, [etcd.endpoint]);
    await registration.registered();
    etcd.freeze();
    await until('the instance counts as lost', () => registration.state.kind === 'registering');
    etcd.thaw();
    await expectBackInTime(etcd);
    await registration.registered();
    await expectToStay(etcd, 3000);
  });

  it('is back after a network that swallowed everything for longer than the TTL', async (context) => {
    const etcd = await startOne(context);
    const proxy = await proxyTo(context, etcd);
    const { registration } = registerOne(context, [proxy.endpoint]);
    await registration.registered();
    proxy.blackHole();
    await untilValue(etcd, undefined);
    await until('the instance counts as lost', () => registration.state.kind === 'registering');
    await proxy.heal();
    await expectBackInTime(etcd);
  });

  it('stays when one endpoint swallows everything and another one is well', async (context) => {
    const etcd = await startOne(context);
    const proxy = await proxyTo(context, etcd);
    const { registration, states } = registerOne(context, [proxy.endpoint, etcd.endpoint], { leaseSeconds: 9 });
    await registration.registered();
    proxy.blackHole();
    await expectToStay(etcd, 12_000);
    expect(registration.state.kind).toBe('registered');
    expect(states.map(({ kind }) => kind)).toEqual(['registered']);
  });

  it('stays when the leader of three is killed', async (context) => {
    const members = await startCluster();
    context.onTestFinished(async () => {
      await Promise.all(members.map((member) => member.close()));
    });
    const { registration } = registerOne(
      context,
      members.map(({ endpoint }) => endpoint),
      { leaseSeconds: 9 },
    );
    await registration.registered();
    const leaders = await Promise.all(
      members.map(async (member) => (await member.etcdctl('endpoint', 'status')).split(', ')[4] === 'true'),
    );
    const leader = members[leaders.indexOf(true)];
    const follower = members[leaders.indexOf(false)];
    if (leader === undefined || follower === undefined) throw new Error('expected a leader and a follower');
    await leader.kill();
    await expectBackInTime(follower);
    await follower.ready();
    const { leaseId } = (await readKey(follower)) ?? {};
    // Longer than the TTL that the new leader has given every lease.
    await expectToStay(follower, 12_000);
    expect((await readKey(follower))?.leaseId).toBe(leaseId);
  });

  it('comes once etcd does, when that was away at first', async (context) => {
    const etcd = await startOne(context);
    await etcd.kill();
    const { registration } = registerOne(context, [etcd.endpoint]);
    await until('the reason is known', () => {
      const { state } = registration;
      return state.kind === 'registering' && state.fault?.reason === 'unreachable';
    });
    etcd.spawn();
    await expectBackInTime(etcd);
  });
});
