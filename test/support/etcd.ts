// Real etcd processes for tests: one member or a cluster of three, on free ports of 127.0.0.1, with their data in a
// temporary directory. The kernel kills them when the test process ends, however it does.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestContext } from 'vitest';
import { until } from './until.ts';

const run = promisify(execFile);

/** PEM files for TLS with client certificates. */
export interface TlsFiles {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

export interface EtcdStart {
  readonly tls?: TlsFiles;
  readonly flags?: readonly string[];
  /** A directory that holds data already, such as a restored backup. */
  readonly dataDir?: string;
  readonly clientPort?: number;
}

/** All of our environment that the programs get: settings for them may be in it. */
const { PATH } = process.env;

/** A directory that is removed when the test is finished. */
export function temporaryDirectory({ onTestFinished }: Pick<TestContext, 'onTestFinished'>): string {
  const directory = mkdtempSync(join(tmpdir(), 'svcdns-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('expected a TCP port');
  return address.port;
}

interface Member {
  readonly name: string;
  readonly dataDir: string;
  readonly clientPort: number;
  readonly peerPort: number;
}

/** One etcd process, which may be killed, frozen and started again on its data. */
export class EtcdMember {
  readonly clientPort: number;
  readonly dataDir: string;
  readonly #name: string;
  readonly #arguments: readonly string[];
  readonly #tls: TlsFiles | undefined;
  #child: ChildProcess | undefined;

  constructor(member: Member, initialCluster: string, start: EtcdStart) {
    const scheme = start.tls ? 'https' : 'http';
    const client = `${scheme}://127.0.0.1:${member.clientPort}`;
    const peer = `http://127.0.0.1:${member.peerPort}`;
    this.clientPort = member.clientPort;
    this.dataDir = member.dataDir;
    this.#name = member.name;
    this.#tls = start.tls;
    this.#arguments = [
      ...['--name', member.name, '--data-dir', member.dataDir, '--initial-cluster', initialCluster],
      ...['--listen-client-urls', client, '--advertise-client-urls', client],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
      ...['--logger', 'zap', '--log-level', 'error', '--log-outputs', '/dev/null'],
      ...tlsFlags(start.tls),
      ...(start.flags ?? []),
    ];
  }

  get endpoint(): string {
    return `${this.#tls ? 'https' : 'http'}://127.0.0.1:${this.clientPort}`;
  }

  /** Starts the process, and does not wait until it serves. */
  spawn(): void {
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', 'etcd', ...this.#arguments], {
      stdio: 'ignore',
      env: { PATH },
    });
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when the member answers reads that need a leader. */
  async ready(): Promise<void> {
    await until(`etcd at ${this.endpoint} is ready`, async () => {
      if (!this.running) throw new Error(`etcd at ${this.endpoint} has exited`);
      try {
        await this.etcdctl('get', 'ready');
        // Another etcd may have taken the port before this one could: then this one exits, but perhaps not yet.
        return (await this.etcdctl('member', 'list')).includes(this.#name);
      } catch (error) {
        // With users it wants to know who asks; it serves all the same.
        return String(error).includes('user name is empty');
      }
    });
  }

  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Kills the process without warning. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.running) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  async restart(): Promise<void> {
    await this.kill();
    this.spawn();
    await this.ready();
  }

  /** Runs etcdctl against this member and returns what it prints. */
  async etcdctl(...args: readonly string[]): Promise<string> {
    const flags = ['--endpoints', this.endpoint, '--command-timeout', '3s'];
    if (this.#tls) {
      flags.push('--cacert', this.#tls.ca, '--cert', this.#tls.certificate, '--key', this.#tls.key);
    }
    const env = { PATH, ETCDCTL_API: '3' };
    const { stdout } = await run('etcdctl', [...flags, ...args], { env, maxBuffer: 256 * 1024 * 1024 });
    return stdout;
  }

  /** Kills the process and removes its data. */
  async close(): Promise<void> {
    await this.kill();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

function tlsFlags(tls: TlsFiles | undefined): string[] {
  if (tls === undefined) return [];
  return [
    ...['--cert-file', tls.certificate, '--key-file', tls.key],
    ...['--client-cert-auth', '--trusted-ca-file', tls.ca],
  ];
}

/** Starts one etcd and waits until it serves. */
export async function startEtcd(start: EtcdStart = {}): Promise<EtcdMember> {
  const [member] = await startMembers(['one'], start);
  if (member === undefined) throw new Error('expected one member');
  return member;
}

/** Starts a cluster of three and waits until every member serves. */
export function startCluster(start: EtcdStart = {}): Promise<EtcdMember[]> {
  return startMembers(['one', 'two', 'three'], start);
}

/** Attempts to start: between finding a free port and taking it, another process may take it. */
const START_ATTEMPTS = 3;

async function startMembers(names: readonly string[], start: EtcdStart): Promise<EtcdMember[]> {
  for (let attempt = 1; ; attempt += 1) {
    const planned: Member[] = [];
    for (const name of names) {
      const dataDir = start.dataDir ?? mkdtempSync(join(tmpdir(), 'svcdns-test-etcd-'));
      planned.push({
        name: `${name}-${randomUUID()}`,
        dataDir,
        clientPort: start.clientPort ?? (await freePort()),
        peerPort: await freePort(),
      });
    }
    const initialCluster = planned.map(({ name, peerPort }) => `${name}=http://127.0.0.1:${peerPort}`).join(',');
    const members = planned.map((member) => new EtcdMember(member, initialCluster, start));
    for (const member of members) member.spawn();
    try {
      await Promise.all(members.map((member) => member.ready()));
      return members;
    } catch (error) {
      await Promise.all(members.map((member) => member.kill()));
      if (attempt === START_ATTEMPTS) throw error;
    }
  }
}
