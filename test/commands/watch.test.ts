// `svcdns watch` against a real etcd: what is registered, each change, and the state on standard error.

import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { watch } from '../../src/commands/watch.ts';
import { StoreClient } from '../etcd/recorded-follower.ts';
import { type EtcdMember, freePort, startEtcd } from '../support/etcd.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { type CommandRun, runCommand } from './run-command.ts';

let etcd: EtcdMember;
let client: StoreClient;
const runs: CommandRun[] = [];

beforeAll(async () => {
  etcd = await startEtcd();
  client = new StoreClient(etcd.endpoint);
});

afterAll(async () => {
  client.close();
  await etcd.close();
});

beforeEach(async () => {
  await etcd.etcdctl('del', '--from-key', '');
});

afterEach(async () => {
  for (const run of runs.splice(0)) {
    run.stop();
    expect(await run.exited).toBe(0);
  }
});

/** Starts the command and waits until it follows etcd. */
async function follow(...argv: string[]): Promise<CommandRun> {
  const run = runCommand(watch, 'watch', '--etcd', etcd.endpoint, ...argv);
  runs.push(run);
  await until('the watch is live', () => run.stderr().includes('live: '));
  return run;
}

/** Waits until exactly these lines are on standard output. */
async function prints(run: CommandRun, ...lines: string[]): Promise<void> {
  const expected = lines.map((line) => `${line}\n`).join('');
  await until(`${lines.length} lines`, () => run.stdout().length >= expected.length).catch(() => {});
  expect(run.stdout()).toBe(expected);
}

it('shows what is registered, and then what comes, changes and goes', async () => {
  await client.put('/specServer/1', '10.0.0.1:8080');
  await client.put('/specServer/2', 'http://[fd00::2]');
  const run = await follow();
  const first = [
    '+ 1.specServer.svc.local /specServer/1 10.0.0.1:8080',
    '+ 2.specServer.svc.local /specServer/2 [fd00::2]:80(http)',
  ];
  await prints(run, ...first);
  await client.put('/specServer/3', JSON.stringify({ address: '10.0.0.3', port: 80, weight: 7 }));
  await client.put('/specServer/3', JSON.stringify({ address: '10.0.0.3', port: 80, state: 'down' }));
  await client.delete('/specServer/1');
  await prints(
    run,
    ...first,
    '+ 3.specServer.svc.local /specServer/3 10.0.0.3:80 weight=7',
    '~ 3.specServer.svc.local /specServer/3 10.0.0.3:80 down',
    '- 1.specServer.svc.local /specServer/1 10.0.0.1:8080',
  );
});

it('does not show a put that changes no answer', async () => {
  await client.put('/specServer/1', '10.0.0.1:8080');
  const run = await follow();
  await client.put('/specServer/1', '10.0.0.1:8080');
  await client.put('/specServer/2', '10.0.0.2:8080');
  await prints(
    run,
    '+ 1.specServer.svc.local /specServer/1 10.0.0.1:8080',
    '+ 2.specServer.svc.local /specServer/2 10.0.0.2:8080',
  );
});

it('shows a value that cannot be used, whether the one before is still answered, and how it ends', async () => {
  const run = await follow();
  await client.put('/specServer/1', '10.0.0.1:0');
  await client.put('/specServer/1', '10.0.0.1:8080');
  await client.put('/specServer/1', '');
  await client.put('/specServer/1', '10.0.0.1:8080');
  await client.put('/specServer/2', '');
  await client.delete('/specServer/2');
  const name = '1.specServer.svc.local /specServer/1';
  await until('the last line', () => run.stdout().includes('\n- '));
  const lines = run.stdout().trimEnd().split('\n');
  expect(lines.map((line) => line.replace(/(?<=! \S+ \S+ [a-z-]+): .*?(?= \(|$)/, ''))).toEqual([
    `! ${name} bad-port`,
    `+ ${name} 10.0.0.1:8080`,
    `! ${name} empty (the value before is still answered)`,
    `~ ${name} 10.0.0.1:8080`,
    '! 2.specServer.svc.local /specServer/2 empty',
    '- 2.specServer.svc.local /specServer/2 rejected',
  ]);
});

it('shows what one transaction takes and gives', async () => {
  await client.put('/specServer/1', '10.0.0.1:8080');
  const run = await follow();
  await client.move('/specServer/1', '/specServer/2', '10.0.0.1:8080');
  await prints(
    run,
    '+ 1.specServer.svc.local /specServer/1 10.0.0.1:8080',
    '- 1.specServer.svc.local /specServer/1 10.0.0.1:8080',
    '+ 2.specServer.svc.local /specServer/2 10.0.0.1:8080',
  );
});

it('shows only what a name answers with, when one is given', async () => {
  await client.put('/specServer/1', '10.0.0.1:8080');
  await client.put('/other/1', '10.0.0.9:8080');
  const run = await follow('SpecServer');
  await client.put('/other/2', '10.0.0.9:8080');
  await client.delete('/other/1');
  await client.delete('/specServer/1');
  await prints(
    run,
    '+ 1.specServer.svc.local /specServer/1 10.0.0.1:8080',
    '- 1.specServer.svc.local /specServer/1 10.0.0.1:8080',
  );
});

it('shows an instance at an RFC 2782 name while it has that port', async () => {
  const run = await follow('_http._tcp.specServer');
  await client.put('/specServer/1', 'http://10.0.0.1:8080');
  await client.put('/specServer/1', 'grpc://10.0.0.1:8080');
  await prints(
    run,
    '+ 1.specServer.svc.local /specServer/1 10.0.0.1:8080(http)',
    '- 1.specServer.svc.local /specServer/1 10.0.0.1:8080(http)',
  );
});

it('shows the changes at each name of a key', async () => {
  const run = await follow('--zone', 'svc.local,other.local', '--map', '/=svc.local', '--map', '/=other.local');
  await client.put('/specServer/1', '10.0.0.1:8080');
  await prints(
    run,
    '+ 1.specServer.svc.local /specServer/1 10.0.0.1:8080',
    '+ 1.specServer.other.local /specServer/1 10.0.0.1:8080',
  );
});

it('with --json has an object a line', async () => {
  const run = await follow('--json');
  await client.put('/specServer/1', 'http://10.0.0.1:8080');
  await client.put('/specServer/1', '');
  await client.delete('/specServer/1');
  await until('three lines', () => run.stdout().split('\n').length === 4);
  const objects = run
    .stdout()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  const same = { name: '1.specServer.svc.local.', key: '/specServer/1', host: '10.0.0.1' };
  expect(objects).toMatchObject([
    { kind: 'added', ...same, state: 'up', ports: [{ name: 'http', number: 8080, protocol: 'tcp' }] },
    { kind: 'rejected', ...same, reason: 'empty', isAnswered: true },
    { kind: 'removed', ...same },
  ]);
});

it('prints no octet that a terminal obeys', async () => {
  const run = await follow();
  await client.put('/a/\x1b[2J', '10.0.0.1:80');
  await client.put('/a/\xff\x07', '\x1b]0;owned\x07');
  await until('two lines', () => run.stdout().split('\n').length === 3);
  expect(run.stdout()).toMatch(/^[\n -~]*$/);
});

it('tells on standard error when etcd is lost and found again, and shows every change that was made meanwhile', async () => {
  await client.put('/specServer/1', '10.0.0.1:8080');
  await client.put('/specServer/2', '10.0.0.2:8080');
  const proxy = await TcpProxy.listen(etcd.clientPort);
  const run = runCommand(watch, 'watch', '--etcd', proxy.endpoint);
  runs.push(run);
  await until('the watch is live', () => run.stderr().includes('live: '));
  await proxy.refuse();
  await until('the watch is stale', () => run.stderr().includes('\nstale: '));
  await client.delete('/specServer/1');
  await client.put('/specServer/2', '10.0.0.2:8081');
  await client.put('/specServer/2', '10.0.0.2:8082');
  await proxy.heal();
  await prints(
    run,
    '+ 1.specServer.svc.local /specServer/1 10.0.0.1:8080',
    '+ 2.specServer.svc.local /specServer/2 10.0.0.2:8080',
    '- 1.specServer.svc.local /specServer/1 10.0.0.1:8080',
    '~ 2.specServer.svc.local /specServer/2 10.0.0.2:8081',
    '~ 2.specServer.svc.local /specServer/2 10.0.0.2:8082',
  );
  await until('the watch is live again', () => run.stderr().split('live: ').length === 3);
  expect(run.stderr()).toMatch(/^live: .*\nstale: .*\nlive: .*\n$/);
  await proxy.close();
});

it('says once that etcd cannot be read, and tries on until it can', async () => {
  const port = await freePort();
  const run = runCommand(watch, 'watch', '--etcd', `http://127.0.0.1:${port}`);
  runs.push(run);
  await until('etcd cannot be read', () => run.stderr() !== '');
  const late = await startEtcd({ clientPort: port });
  await until('the watch is live', () => run.stderr().includes('live: '));
  expect(run.stderr()).toMatch(/^cannot read etcd at .* --etcd; trying on\nlive: .*\n$/);
  await late.close();
});

it('tells what is wrong with a name, and exits with 1', async () => {
  const run = runCommand(watch, 'watch', 'a..b');
  expect(await run.exited).toBe(1);
  expect(run.stderr()).toBe('svcdns watch: a..b: empty label at character 3\n');
});
