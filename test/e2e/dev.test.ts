// `svcdns dev`, which is what `npm start` runs: the first minute of somebody who has Node and nothing else.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it, type TestContext } from 'vitest';
import { dig } from '../support/dig.ts';
import { startEtcd } from '../support/etcd.ts';
import { Program } from '../support/program.ts';
import { CHECKOUT, FREE_PORTS, type SvcdnsServer, startSvcdns, svcdnsCommand } from '../support/svcdns.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

async function startDev({ onTestFinished }: TestContext, ...args: readonly string[]): Promise<SvcdnsServer> {
  const server = await startSvcdns('dev', args);
  onTestFinished(() => server.program.close());
  await server.program.until('the introduction is whole', () => server.program.stdout.includes('Ctrl-C stops.'));
  return server;
}

/** The commands that the introduction proposes. */
function proposals({ program }: SvcdnsServer): string[] {
  const [, block = ''] = /^Try in another terminal:\n((?: {2}.+\n)+)/m.exec(program.stdout) ?? [];
  return block
    .trimEnd()
    .split('\n')
    .map((line) => line.trim());
}

async function addresses(server: SvcdnsServer): Promise<string[]> {
  const { answer } = await dig(server, 'specServer.svc.local', 'A');
  return answer.map((record) => record.split(' ').at(-1) ?? '').sort();
}

const SAMPLES = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];

it('needs no etcd, and every command of its introduction works as printed', async (context) => {
  const server = await startDev(context);
  await until('the samples are in DNS', async () => (await addresses(server)).join() === SAMPLES.join());
  const commands = proposals(server);
  for (const program of ['dig', 'node', 'ETCDCTL_API=3 etcdctl', 'curl']) {
    expect(commands).toContainEqual(expect.stringContaining(`${program} `));
  }
  for (const command of commands) {
    // What is fetched with curl is fetched here, for those who do not have it.
    const url = /^curl (http:.*)$/.exec(command)?.[1];
    const output = url === undefined ? await printedBy(command) : await (await fetch(url)).text();
    expect(output, command).toMatch(/status: NOERROR|^OK$|^1$|^svcdns_/m);
  }
  await until('put and del are in DNS', async () => {
    return (await addresses(server)).join() === '10.0.0.2,10.0.0.3,10.0.0.4';
  });
  expect(server.program.stdout).toContain('they end with it');
});

async function printedBy(command: string): Promise<string> {
  const { stdout } = await run('sh', ['-c', command], { cwd: CHECKOUT });
  return stdout;
}

it('stops with 0 on Ctrl-C', async (context) => {
  const { program } = await startDev(context);
  program.signal('SIGINT');
  expect(await program.ended()).toBe(0);
});

it('runs twice on one machine: the second finds ports of its own', async (context) => {
  const [first, second] = await Promise.all([startDev(context), startDev(context)]);
  const endpoints = [first, second].map(({ program }) => /--endpoints=(\S+)/.exec(program.stdout)?.[1]);
  expect(new Set(endpoints).size).toBe(2);
  for (const server of [first, second]) expect((await dig(server, 'svc.local', 'SOA')).status).toBe('NOERROR');
});

it('uses a real etcd when one is named, and takes its samples away when it goes', async (context) => {
  const etcd = await startEtcd();
  context.onTestFinished(() => etcd.close());
  const server = await startDev(context, '--etcd', etcd.endpoint);
  expect(server.program.stdout).not.toContain('they end with it');
  expect(await etcd.etcdctl('get', '--prefix', '/specServer/', '--keys-only')).toContain('/specServer/3');
  await until('the samples are in DNS', async () => (await addresses(server)).join() === SAMPLES.join());
  server.program.signal('SIGTERM');
  expect(await server.program.ended()).toBe(0);
  expect(await etcd.etcdctl('get', '--prefix', '/specServer/', '--keys-only')).toBe('');
});

it('leaves the keys of others as they are, and takes none of them away', async (context) => {
  const etcd = await startEtcd();
  context.onTestFinished(() => etcd.close());
  await etcd.etcdctl('put', '/specServer/1', 'http://10.9.9.9:80');
  const server = await startDev(context, '--etcd', etcd.endpoint);
  await until('all are in DNS', async () => (await addresses(server)).join() === '10.0.0.2,10.0.0.3,10.9.9.9');
  server.program.signal('SIGTERM');
  expect(await server.program.ended()).toBe(0);
  expect(await etcd.etcdctl('get', '--prefix', '/specServer/')).toBe('/specServer/1\nhttp://10.9.9.9:80\n');
});

it('exits with 1 and one sentence when the etcd that was named is not there', async (context) => {
  const program = Program.start(context, svcdnsCommand('dev', ...FREE_PORTS, '--etcd', 'http://127.0.0.1:9'));
  expect(await program.ended()).toBe(1);
  expect(program.stdout).toBe('');
  const [sentence, ...others] = program.stderr.split('\n').filter((line) => line.startsWith('svcdns: '));
  expect(sentence).toContain('http://127.0.0.1:9');
  expect(others).toEqual([]);
});

it('exits with 1 when the port that was named is taken: its own store does not hold it', async (context) => {
  const { port } = await startDev(context);
  const args = ['--listen', '127.0.0.1', '--port', String(port), '--http', 'off'];
  const program = Program.start(context, svcdnsCommand('dev', ...args));
  expect(await program.ended()).toBe(1);
  expect(program.stderr).toContain(String(port));
});
