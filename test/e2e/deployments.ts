// svcdns with a store to read, in the two ways that there are. What does not depend on the store is tested with both.

import { execFile } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { promisify } from 'node:util';
import { Etcd3 } from 'etcd3';
import { dig } from '../support/dig.ts';
import { startCluster } from '../support/etcd.ts';
import { type SvcdnsServer, startSvcdns } from '../support/svcdns.ts';

const run = promisify(execFile);

const { PATH } = process.env;

export interface Running {
  readonly server: SvcdnsServer;
  /** Asks this server, and remembers nothing. */
  readonly resolver: Resolver;
  readonly endpoints: readonly string[];
  readonly client: Etcd3;
  /** Runs etcdctl: what it prints. */
  readonly etcdctl: (...args: readonly string[]) => Promise<string>;
  close(): Promise<void>;
}

export interface Deployment {
  readonly name: string;
  /** Starts it with nothing registered, and waits until it knows that. */
  start(): Promise<Running>;
}

export const DEPLOYMENTS: readonly Deployment[] = [
  { name: 'svcdns dev with its own store', start: startDev },
  { name: 'svcdns serve with three members of etcd', start: startServe },
];

async function startDev(): Promise<Running> {
  const server = await startSvcdns('dev');
  const { program } = server;
  await program.until('the introduction is whole', () => program.stdout.includes('Ctrl-C stops.'));
  const endpoint = /--endpoints=(\S+)/.exec(program.stdout)?.[1];
  if (endpoint === undefined) throw new Error(`no endpoint in:\n${program.stdout}`);
  const running = runningWith(server, [endpoint], () => program.close());
  await running.etcdctl('del', '--prefix', '/specServer/');
  await program.until(
    'has forgotten the samples',
    async () => (await dig(server, 'specServer.svc.local')).status === 'NXDOMAIN',
  );
  return running;
}

async function startServe(): Promise<Running> {
  const members = await startCluster();
  const close = async (): Promise<void> => {
    await Promise.all(members.map((member) => member.close()));
  };
  const endpoints = members.map(({ endpoint }) => endpoint);
  try {
    const server = await startSvcdns('serve', ['--etcd', endpoints.join()]);
    await server.program.until('is ready', async () => (await fetch(`${server.http}/readyz`)).ok);
    return runningWith(server, endpoints, close);
  } catch (error) {
    await close();
    throw error;
  }
}

function runningWith(server: SvcdnsServer, endpoints: readonly string[], closeStore: () => Promise<void>): Running {
  const client = new Etcd3({ hosts: [...endpoints] });
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${server.port}`]);
  const env = { PATH, ETCDCTL_API: '3', ETCDCTL_ENDPOINTS: endpoints.join() };
  return {
    server,
    resolver,
    endpoints,
    client,
    etcdctl: async (...args) => (await run('etcdctl', [...args], { env })).stdout,
    close: async () => {
      client.close();
      await server.program.close();
      await closeStore();
    },
  };
}
