// Never another's: a key is taken only when nobody has it, or a former start of the same instance; and what is left behind
// at the end is what belongs to others.

import { describe, expect, it } from 'vitest';
import { EmbeddedStore } from '../../src/embedded/server.ts';
import { RegisterError } from '../../src/registrar/register-error.ts';
import type { Registration } from '../../src/registrar/registration.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { clientOf, KEY, readKey, registerOne, startOne, untilValue, VALUE } from './registering.ts';

async function untilConflict(registration: Registration, rival: 'another-owner' | 'later-start'): Promise<void> {
  await until(`a conflict with ${rival}`, () => {
    const { state } = registration;
    return state.kind === 'conflict' && state.with === rival;
  });
}

describe.concurrent('an instance', () => {
  it('has its key under a lease of its own, and takes both away when it leaves', async (context) => {
    const etcd = await startOne(context);
    const { registration, states } = registerOne(context, [etcd.endpoint]);
    await registration.registered();
    const leaseId = (await readKey(etcd))?.leaseId;
    expect(await readKey(etcd)).toEqual({ value: VALUE, leaseId: expect.stringMatching(/^[1-9]\d*$/) });
    await registration.close();
    expect(await readKey(etcd)).toBeUndefined();
    expect((await clientOf(context, etcd).leaseClient.leaseLeases()).leases).toEqual([]);
    expect(states).toEqual([{ kind: 'registered', leaseId }, { kind: 'withdrawn' }, { kind: 'closed' }]);
  });

  it('does the same in the embedded store', async (context) => {
    const store = await EmbeddedStore.listen({ host: '127.0.0.1', port: 0 });
    context.onTestFinished(() => store.close());
    const { registration } = registerOne(context, [store.endpoint]);
    await registration.registered();
    expect((await readKey(store))?.value).toBe(VALUE);
    registration.update({ weight: 50 });
    await until('the new value is there', async () => (await readKey(store))?.value.includes('"weight":50') ?? false);
    await registration.close();
    expect(await readKey(store)).toBeUndefined();
  });

  it('takes over at once from its own former start, which died without a word', async (context) => {
    const etcd = await startOne(context);
    const proxy = await TcpProxy.listen(etcd.clientPort);
    context.onTestFinished(() => proxy.close());
    const former = registerOne(context, [proxy.endpoint], { leaseSeconds: 30 }).registration;
    await former.registered();
    const formerLease = (await readKey(etcd))?.leaseId;
    proxy.blackHole();
    const startedMs = performance.now();
    const next = registerOne(context, [etcd.endpoint], { leaseSeconds: 30 }).registration;
    await next.registered();
    expect(performance.now() - startedMs).toBeLessThan(5000);
    expect((await readKey(etcd))?.leaseId).not.toBe(formerLease);
  });

  it('gives way to a later start of itself, and comes back when that leaves', async (context) => {
    const etcd = await startOne(context);
    const former = registerOne(context, [etcd.endpoint]).registration;
    await former.registered();
    const later = registerOne(context, [etcd.endpoint]).registration;
    await later.registered();
    await untilConflict(former, 'later-start');
    const laterLease = (await readKey(etcd))?.leaseId;
    expect(later.state).toEqual({ kind: 'registered', leaseId: laterLease });
    await later.close();
    await former.registered().catch(() => {});
    await untilValue(etcd, VALUE);
    expect((await readKey(etcd))?.leaseId).not.toBe(laterLease);
  });

  it('does not take a key from another owner, and gets it once the lease of that one has ended', async (context) => {
    const etcd = await startOne(context);
    const first = registerOne(context, [etcd.endpoint]).registration;
    await first.registered();
    const second = registerOne(context, [etcd.endpoint], { address: 'http://10.0.0.2:8080' }).registration;
    const refusal = await second.registered().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(RegisterError);
    expect(refusal).toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/^\/specServer\/1 is held by another owner \(lease \d+\)$/),
    });
    expect((await readKey(etcd))?.value).toBe(VALUE);
    await first.close();
    await untilValue(etcd, 'http://10.0.0.2:8080');
    expect(second.state.kind).toBe('registered');
  });

  it('leaves a key alone that somebody put by hand, while it waits and when it leaves', async (context) => {
    const etcd = await startOne(context);
    await etcd.etcdctl('put', KEY, '10.9.9.9:80');
    const { registration } = registerOne(context, [etcd.endpoint]);
    await expect(registration.registered()).rejects.toMatchObject({
      code: 'conflict',
      message: '/specServer/1 is held by someone who put it without a lease',
    });
    await registration.close();
    expect(await readKey(etcd)).toEqual({ value: '10.9.9.9:80', leaseId: '0' });
  });

  it('leaves a key alone that was overwritten while it had it, and holds no lease for it', async (context) => {
    const etcd = await startOne(context);
    const client = clientOf(context, etcd);
    const { registration } = registerOne(context, [etcd.endpoint]);
    await registration.registered();
    await etcd.etcdctl('put', KEY, '10.9.9.9:80');
    await untilConflict(registration, 'another-owner');
    expect((await client.leaseClient.leaseLeases()).leases).toEqual([]);
    await registration.close();
    expect((await readKey(etcd))?.value).toBe('10.9.9.9:80');
  });

  it('says that its user may not write the key, and is there once the user may', async (context) => {
    const etcd = await startOne(context);
    const auth = { username: 'provider', password: 'of services' };
    const asRoot = ['--user', 'root:of all'];
    await etcd.etcdctl('user', 'add', 'root:of all');
    await etcd.etcdctl('user', 'grant-role', 'root', 'root');
    await etcd.etcdctl('role', 'add', 'services');
    await etcd.etcdctl('role', 'grant-permission', 'services', '--prefix', 'read', '/specServer/');
    await etcd.etcdctl('user', 'add', `${auth.username}:${auth.password}`);
    await etcd.etcdctl('user', 'grant-role', auth.username, 'services');
    await etcd.etcdctl('auth', 'enable');
    const { registration } = registerOne(context, [], { etcd: { endpoints: [etcd.endpoint], auth } });
    await expect(registration.registered()).rejects.toMatchObject({
      code: 'permission',
      message: expect.stringMatching(/^etcd refuses to register \/specServer\/1: .*permission denied/),
    });
    await etcd.etcdctl(...asRoot, 'role', 'grant-permission', 'services', '--prefix', 'readwrite', '/specServer/');
    await until('it is registered', () => registration.state.kind === 'registered');
    expect(await etcd.etcdctl(...asRoot, 'get', '--print-value-only', KEY)).toBe(`${VALUE}\n`);
  });

  it('is taken out and brought back by its program', async (context) => {
    const etcd = await startOne(context);
    const { registration } = registerOne(context, [etcd.endpoint]);
    await registration.registered();
    registration.update({ up: false });
    await untilValue(etcd, undefined);
    expect(registration.state.kind).toBe('withdrawn');
    registration.update({ up: true, metadata: { version: '3' } });
    await untilValue(etcd, '{"address":"10.0.0.1","port":8080,"ports":{"http":8080},"metadata":{"version":"3"}}');
    expect(() => registration.update({ weight: 70_000 })).toThrow(/^weight/);
  });

  it('can be closed by the end of a block', async (context) => {
    const etcd = await startOne(context);
    {
      await using registration = registerOne(context, [etcd.endpoint]).registration;
      await registration.registered();
    }
    expect(await readKey(etcd)).toBeUndefined();
  });

  it('closes within seconds while etcd is away', async (context) => {
    const etcd = await startOne(context);
    const { registration } = registerOne(context, [etcd.endpoint]);
    await registration.registered();
    etcd.freeze();
    const startedMs = performance.now();
    await registration.close();
    expect(performance.now() - startedMs).toBeLessThan(6000);
    expect(registration.state).toEqual({ kind: 'closed' });
  });
});
