// The script that runs three members of etcd on one machine, and svcdns on the cluster that it starts.

import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, it, type TestContext } from 'vitest';
import { dig } from '../support/dig.ts';
import { temporaryDirectory } from '../support/etcd.ts';
import { Program } from '../support/program.ts';
import { CHECKOUT, startSvcdns, svcdnsCommand } from '../support/svcdns.ts';

const run = promisify(execFile);

/** Clients of three members, and their peers. */
const PORTS = 6;

/** Seconds; longer than an election takes on a busy machine, so that the leader's death costs no lease. */
const LEASE_SECONDS = 10;

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Script = (command: string) => Promise<Outcome>;

/** The script with a directory and ports of its own; what it has started is stopped with the test. */
async function clusterScript(context: TestContext): Promise<Script> {
  const directory = temporaryDirectory(context);
  const { PATH } = process.env;
  const env = { PATH, FIRST_PORT: String(await firstOfFreePorts()) };
  const script = async (command: string): Promise<Outcome> => {
    try {
      return { code: 0, ...(await run(join(CHECKOUT, 'examples/cluster/cluster.sh'), [command, directory], { env })) };
    } catch (error) {
      return error as Outcome;
    }
  };
  context.onTestFinished(async () => {
    await script('stop');
  });
  return script;
}

/** Below the ports that the kernel gives to those who ask for any, so that none of them is taken meanwhile. */
async function firstOfFreePorts(): Promise<number> {
  for (;;) {
    const first = randomInt(20_000, 32_000);
    const free = await Promise.all(Array.from({ length: PORTS }, (_, at) => isFree(first + at)));
    if (free.every((each) => each)) return first;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** The status once all three serve and one of them leads. */
async function serving(script: Script): Promise<Outcome> {
  for (;;) {
    const status = await script('status');
    if (status.code === 0 && status.stdout.match(/leads$/gm)?.length === 1) return status;
  }
}

/** Process ids of the members that run, by name. */
function members({ stdout }: Outcome): Map<string, number> {
  return new Map(Array.from(stdout.matchAll(/^(\w+): .*process (\d+)/gm), ([, name = '', pid]) => [name, Number(pid)]));
}

/** Empty when the process has ended, also while nobody has asked how. */
function commandLine(pid: number): string {
  const file = `/proc/${pid}/cmdline`;
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

describe.concurrent('cluster.sh', () => {
  it('starts three members, kills the one that leads, brings it back, and ends them all', async (context) => {
    const { expect } = context;
    const script = await clusterScript(context);
    expect(await script('start')).toMatchObject({ code: 0, stderr: '' });
    expect(members(await serving(script)).size).toBe(3);

    const [, killed = ''] = /^(\w+) was killed\n$/.exec((await script('kill-leader')).stdout) ?? [];
    const without = await script('status');
    expect(without.code).toBe(1);
    expect(without.stdout).toContain(`${killed}: does not run\n`);

    expect((await script('start')).code).toBe(0);
    const again = await serving(script);
    // The two that ran were left alone.
    for (const [name, pid] of members(without)) expect(members(again).get(name)).toBe(pid);

    expect((await script('stop')).code).toBe(0);
    for (const pid of members(again).values()) expect(commandLine(pid)).toBe('');
  });

  it('gives svcdns a cluster whose leader can be killed: what is registered stays in the answers', async (context) => {
    const { expect } = context;
    const script = await clusterScript(context);
    const { stdout } = await script('start');
    const etcd = stdout.trim();
    const server = await startSvcdns('serve', ['--etcd', etcd]);
    context.onTestFinished(() => server.program.close());
    const address = ['--address', 'http://127.0.0.1:9001', '--ttl', String(LEASE_SECONDS)];
    Program.start(context, svcdnsCommand('register', 'specServer', '--id', '1', '--etcd', etcd, ...address));
    const answer = async (): Promise<string> => (await dig(server, 'specServer.svc.local', 'A')).answer.join();
    await server.program.until('it is registered', async () => (await answer()) !== '');
    const before = await answer();

    expect((await script('kill-leader')).code).toBe(0);
    const killedAt = performance.now();
    const leaseEnded = (): boolean => performance.now() - killedAt > (LEASE_SECONDS + 2) * 1000;
    while (!leaseEnded()) expect(await answer()).toBe(before);
    Program.start(
      context,
      svcdnsCommand('register', 'specServer', '--id', '2', '--etcd', etcd, '--address', 'http://127.0.0.2:9001'),
    );
    await server.program.until('one more can be registered', async () => (await answer()).includes('127.0.0.2'));
  });

  it('tells how it is called when it does not know the command', async (context) => {
    const { expect } = context;
    expect(await (await clusterScript(context))('restart')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('usage: '),
    });
  });
});
