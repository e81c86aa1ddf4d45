// An etcd, svcdns on it, and the life of a provider from examples/providers with `svcdns register` around it.

import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { dig } from '../support/dig.ts';
import { type EtcdMember, freePort, startEtcd } from '../support/etcd.ts';
import { Program } from '../support/program.ts';
import { CHECKOUT, type SvcdnsServer, startSvcdns, svcdnsCommand } from '../support/svcdns.ts';

export const PROVIDERS = join(CHECKOUT, 'examples/providers');

/** Seconds between the instance's goodbye and that of the program. The default waits out a TTL; nobody has one here. */
const DRAIN_SECONDS = 1;

export interface Registry {
  readonly etcd: EtcdMember;
  readonly server: SvcdnsServer;
  close(): Promise<void>;
}

/** Starts an etcd and svcdns on it. */
export async function startRegistry(): Promise<Registry> {
  const etcd = await startEtcd();
  try {
    const server = await startSvcdns('serve', ['--etcd', etcd.endpoint]);
    const close = async (): Promise<void> => {
      await server.program.close();
      await etcd.close();
    };
    return { etcd, server, close };
  } catch (error) {
    await etcd.close();
    throw error;
  }
}

/** Ports of a service's instances, in order. */
export async function portsOf({ server }: Registry, service: string): Promise<string> {
  const { answer } = await dig(server, `${service}.svc.local`, 'SRV');
  // name TTL IN SRV priority weight port target
  return answer
    .map((record) => record.split(' ')[6])
    .sort()
    .join();
}

/**
 * Runs a provider until it is in DNS and answers, and stops it: what it answered, and its exit code. Rejects when it
 * does not come into DNS, or does not go.
 *
 * @param command what runs it on a port
 */
export async function live(
  context: TestContext,
  registry: Registry,
  service: string,
  command: (port: number) => readonly string[],
): Promise<{ readonly answered: string; readonly code: number | NodeJS.Signals | null }> {
  const port = await freePort();
  const flags = ['--etcd', registry.etcd.endpoint, '--port', String(port), '--drain', String(DRAIN_SECONDS)];
  // So that a test that fails leaves nothing behind.
  const program = ['setpriv', '--pdeathsig', 'KILL', ...command(port)];
  const wrapper = Program.start(context, svcdnsCommand('register', service, ...flags, '--', ...program));
  await wrapper.until('it is registered', async () => (await portsOf(registry, service)) === String(port));
  const answered = await (await fetch(`http://127.0.0.1:${port}/`)).text();
  wrapper.signal('SIGTERM');
  const code = await wrapper.ended();
  await registry.server.program.until('it is gone from DNS', async () => (await portsOf(registry, service)) === '');
  return { answered, code };
}
