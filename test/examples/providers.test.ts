// The providers of examples/providers in Python and shell, and one that has nothing but etcdctl.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, temporaryDirectory } from '../support/etcd.ts';
import { Program } from '../support/program.ts';
import { svcdnsCommand } from '../support/svcdns.ts';
import { until } from '../support/until.ts';
import { live, PROVIDERS, portsOf, type Registry, startRegistry } from './provider-life.ts';

/** Lines; what is longer does not show that it is easy. */
const MOST_LINES = 20;

/** Milliseconds: the script's lease of ten seconds, and time for a busy machine. */
const LEASE_DEADLINE_MS = 30_000;

let registry: Registry;

beforeAll(async () => {
  registry = await startRegistry();
});

afterAll(() => registry.close());

/** The lease that holds a key, as etcdctl writes it; empty when there is no such key. */
async function leaseOf({ etcd }: Registry, key: string): Promise<string> {
  const [, lease] = /^"Lease" : (\d+)$/m.exec(await etcd.etcdctl('get', key, '--write-out', 'fields')) ?? [];
  return lease === undefined ? '' : BigInt(lease).toString(16);
}

describe('examples/providers', () => {
  it.each(readdirSync(PROVIDERS))(`has %s in at most ${MOST_LINES} lines`, (name) => {
    expect(readFileSync(join(PROVIDERS, name), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(MOST_LINES);
  });
});

describe.concurrent('a provider', () => {
  it('in Python is in DNS while it serves', async (context) => {
    const outcome = await live(context, registry, 'python', (port) => [
      'python3',
      join(PROVIDERS, 'provider.py'),
      String(port),
    ]);
    context.expect(outcome).toEqual({ answered: 'hello from Python\n', code: 0 });
  });

  it('in shell registers any program while its port accepts connections', async (context) => {
    const directory = temporaryDirectory(context);
    writeFileSync(join(directory, 'svcdns'), `#!/bin/sh\nexec ${svcdnsCommand().join(' ')} "$@"\n`, { mode: 0o755 });
    const { PATH } = process.env;
    const env = { PATH: `${directory}:${PATH}`, SVCDNS_ETCD: registry.etcd.endpoint };
    const port = String(await freePort());
    const program = ['setpriv', '--pdeathsig', 'KILL', 'python3', join(PROVIDERS, 'provider.py'), port];
    const provider = Program.start(context, [join(PROVIDERS, 'provider.sh'), 'shell', port, ...program], { env });
    await provider.until('it is registered', async () => (await portsOf(registry, 'shell')) === port);
    provider.signal('SIGTERM');
    context.expect(await provider.ended()).toBe(0);
    context.expect(await portsOf(registry, 'shell')).toBe('');
  });

  it('with etcdctl alone is in DNS until it says goodbye, or its lease ends after a kill', async (context) => {
    const { etcd } = registry;
    const start = (id: number): Program => {
      const command = [join(PROVIDERS, 'etcdctl-only.sh'), 'etcdctl', String(id), `http://10.0.0.${id}:800${id}`];
      return Program.start(context, command, { env: { ETCDCTL_ENDPOINTS: etcd.endpoint } });
    };
    const ports = (): Promise<string> => portsOf(registry, 'etcdctl');
    const [one, two] = [start(1), start(2), start(3)];
    const { program } = registry.server;
    await program.until('all three are registered', async () => (await ports()) === '8001,8002,8003');

    one?.signal('SIGTERM');
    context.expect(await one?.ended()).toBe(0);
    await program.until('the first has said goodbye', async () => (await ports()) === '8002,8003');
    two?.signal('SIGKILL');
    await until('the lease of the second has ended', async () => (await ports()) === '8003', LEASE_DEADLINE_MS);

    const lease = await leaseOf(registry, '/etcdctl/3');
    await etcd.etcdctl('lease', 'revoke', lease);
    await until(
      'the third has another lease',
      async () => !['', lease].includes(await leaseOf(registry, '/etcdctl/3')),
    );
    await program.until('the third is back', async () => (await ports()) === '8003');
  });
});
