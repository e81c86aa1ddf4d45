// `svcdns register` as its users run it: a process of its own, alone or around the program that is the instance.

import { fileURLToPath } from 'node:url';
import { describe, expect, it, type TestContext } from 'vitest';
import { expectBackInTime, KEY, readKey, startOne, untilValue, VALUE } from '../registrar/registering.ts';
import { type EtcdMember, freePort } from '../support/etcd.ts';
import { Program } from '../support/program.ts';
import { svcdnsCommand } from '../support/svcdns.ts';
import { until } from '../support/until.ts';

const WRAPPED = fileURLToPath(new URL('../registrar/wrapped-program.mjs', import.meta.url));

/** Seconds; short, as the tests wait for leases to end. */
const LEASE_SECONDS = 2;

function start(context: TestContext, { endpoint }: EtcdMember, ...args: readonly string[]): Program {
  const flags = ['--etcd', endpoint, '--log-format', 'json', '--ttl', String(LEASE_SECONDS)];
  return Program.start(context, svcdnsCommand('register', ...flags, ...args));
}

const startPlain = (context: TestContext, etcd: EtcdMember, address = VALUE): Program =>
  start(context, etcd, 'specServer', '--id', '1', '--address', address);

/** The complaints of the program, without its log. */
function complaints({ stderr }: Program): string[] {
  return stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
}

interface Wrapped {
  readonly program: Program;
  /** Tells the wrapped program what to do next. */
  readonly tell: (path: string) => Promise<unknown>;
  readonly value: string;
}

async function startWrapped(
  context: TestContext,
  etcd: EtcdMember,
  flags: readonly string[] = [],
  manner = 'polite',
): Promise<Wrapped> {
  const port = await freePort();
  const own = ['specServer', '--id', '1', '--port', String(port), '--drain', '2', ...flags];
  const program = start(context, etcd, ...own, '--', process.execPath, WRAPPED, String(port), manner);
  const tell = (path: string) => fetch(`http://127.0.0.1:${port}/${path}`).catch(() => undefined);
  // It outlives one around it that is killed.
  context.onTestFinished(async () => void (await tell('exit/0')));
  return { program, tell, value: `http://127.0.0.1:${port}` };
}

describe.concurrent('svcdns register', () => {
  it('starts its program in a group of its own, so that Ctrl-C in a terminal does not end it before its drain', async (context) => {
    const etcd = await startOne(context);
    const say = 'import os; print(os.getpgid(0) == os.getpid(), flush=True)';
    const program = start(context, etcd, 'specServer', '--port', '9', '--', 'python3', '-c', say);
    expect(await program.ended()).toBe(0);
    expect(program.stdout).toBe('True\n');
  });

  it('registers until it is told to stop', async (context) => {
    const etcd = await startOne(context);
    const program = startPlain(context, etcd);
    await untilValue(etcd, VALUE);
    const line = '"kind":"registered","key":"/specServer/1","host":"10.0.0.1","port":8080';
    await program.until('says so', () => program.stderr.includes(line));
    program.signal('SIGTERM');
    expect(await program.ended()).toBe(0);
    expect(await readKey(etcd)).toBeUndefined();
    expect(program.stdout).toBe('');
  });

  it('is back after it was paused for longer than its lease', async (context) => {
    const etcd = await startOne(context);
    const program = startPlain(context, etcd);
    await untilValue(etcd, VALUE);
    program.signal('SIGSTOP');
    await untilValue(etcd, undefined);
    program.signal('SIGCONT');
    await expectBackInTime(etcd);
  });

  it('takes over at once from a former start that was killed', async (context) => {
    const etcd = await startOne(context);
    const args = ['specServer', '--id', '1', '--address', VALUE, '--ttl', '60'];
    const former = start(context, etcd, ...args);
    await untilValue(etcd, VALUE);
    const leaseId = (await readKey(etcd))?.leaseId;
    await former.close();
    start(context, etcd, ...args);
    await until('another lease holds the key', async () => (await readKey(etcd))?.leaseId !== leaseId);
    expect((await readKey(etcd))?.value).toBe(VALUE);
  });

  it('fails with one line when another owner has the id', async (context) => {
    const etcd = await startOne(context);
    await etcd.etcdctl('put', KEY, '10.9.9.9:80');
    const program = startPlain(context, etcd);
    expect(await program.ended()).toBe(1);
    expect(complaints(program)).toEqual([
      'svcdns register: /specServer/1 is held by someone who put it without a lease',
    ]);
    expect((await readKey(etcd))?.value).toBe('10.9.9.9:80');
  });

  it('says that it cannot reach etcd, and goes on until it can', async (context) => {
    const etcd = await startOne(context);
    await etcd.kill();
    const program = startPlain(context, etcd);
    await program.until('says so', () => program.stderr.includes('"kind":"not-registered"'));
    expect(program.stderr).toContain('"reason":"unreachable"');
    etcd.spawn();
    await untilValue(etcd, VALUE);
  });

  it('fails with one line when etcd does not let its user write', async (context) => {
    const etcd = await startOne(context);
    await etcd.etcdctl('user', 'add', 'root:of all');
    await etcd.etcdctl('user', 'grant-role', 'root', 'root');
    await etcd.etcdctl('auth', 'enable');
    const program = startPlain(context, etcd);
    expect(await program.ended()).toBe(1);
    expect(complaints(program)).toEqual([expect.stringMatching(/^svcdns register: etcd refuses to register /)]);
  });

  it.for([
    [['--address', '224.0.0.1:80'], '--address 224.0.0.1:80: expected an address that others can reach'],
    [['--port', '0'], '--port 0: expected 1 to 65535'],
    [[], 'svcdns register: expected a port, with the address or beside it'],
    [['--port', '80', '--weight', '5', '--format', 'url'], 'format url has no place for weight, expected format json'],
    [['--port', '80', '--ports', 'http'], '--ports http: expected NAME=PORT such as http=8080'],
    [['--port', '80', '--'], '--: expected a program behind it'],
  ] as const)('refuses %j as a mistake of the call', async ([flags, expected], context) => {
    const program = Program.start(context, svcdnsCommand('register', 'specServer', ...flags));
    expect(await program.ended()).toBe(2);
    expect(program.stderr).toContain(expected);
    expect(program.stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('writes all that it is told of an instance', async (context) => {
    const etcd = await startOne(context);
    const own = ['--prefix', '/apps', '--address', '10.0.0.7', '--ports', 'http=8080,grpc=9090', '--weight', '50'];
    start(context, etcd, 'eu/web', '--id', 'a', ...own, '--priority', '1', '--metadata', 'version=3,4');
    const value =
      '{"address":"10.0.0.7","port":8080,"ports":{"http":8080,"grpc":9090},"weight":50,"priority":1,"metadata":{"version":"3,4"}}';
    await untilValue(etcd, value, '/apps/eu/web/a');
  });

  it('registers only while the check passes', async (context) => {
    const etcd = await startOne(context);
    const { program, tell, value } = await startWrapped(context, etcd, ['--check-interval', '1', '--fall', '2']);
    await untilValue(etcd, value);
    const url = `${value}/`;
    const flags = ['--check', url, '--check-interval', '1', '--fall', '2', '--rise', '1'];
    const checked = start(context, etcd, 'checked', '--id', '1', '--address', VALUE, ...flags);
    await untilValue(etcd, VALUE, '/checked/1');
    await tell('status/503');
    await untilValue(etcd, undefined, '/checked/1');
    expect(checked.stderr).toContain('"reason":"status 503"');
    await tell('status/204');
    await untilValue(etcd, VALUE, '/checked/1');
    expect((await readKey(etcd))?.value).toBe(value);
    expect(program.stderr).not.toContain('the check fails');
  });
});

describe.concurrent('svcdns register around a program', () => {
  it('registers once the port accepts, and withdraws at once when the program exits, with its exit code', async (context) => {
    const etcd = await startOne(context);
    const { program, tell, value } = await startWrapped(context, etcd, ['--ttl', '60']);
    await untilValue(etcd, value);
    expect(program.stdout).toBe('listening\n');
    await tell('exit/42');
    expect(await program.ended()).toBe(42);
    expect(await readKey(etcd)).toBeUndefined();
  });

  it('exits as a shell does when a signal killed the program', async (context) => {
    const etcd = await startOne(context);
    const { program, tell, value } = await startWrapped(context, etcd, ['--ttl', '60']);
    await untilValue(etcd, value);
    await tell('kill');
    expect(await program.ended()).toBe(128 + 9);
    expect(await readKey(etcd)).toBeUndefined();
  });

  it('withdraws first, lets clients forget, and then passes SIGTERM on', async (context) => {
    const etcd = await startOne(context);
    const { program, tell, value } = await startWrapped(context, etcd);
    await untilValue(etcd, value);
    const toldMs = performance.now();
    program.signal('SIGTERM');
    await untilValue(etcd, undefined);
    // The program has not heard of it yet, and serves those who still have its address.
    expect(await tell('')).toMatchObject({ status: 200 });
    expect(program.stdout).toBe('listening\n');
    expect(await program.ended()).toBe(7);
    expect(performance.now() - toldMs).toBeGreaterThan(2000);
    expect(program.stdout).toBe('listening\nSIGTERM\n');
  });

  it('kills a program that does not stop', async (context) => {
    const etcd = await startOne(context);
    const { program, value } = await startWrapped(context, etcd, ['--drain', '0', '--grace', '1'], 'stubborn');
    await untilValue(etcd, value);
    program.signal('SIGTERM');
    expect(await program.ended()).toBe(128 + 9);
    expect(program.stdout).toBe('listening\nSIGTERM\n');
  });

  it('does not wait for clients when it is told to stop twice', async (context) => {
    const etcd = await startOne(context);
    const { program, value } = await startWrapped(context, etcd, ['--drain', '600']);
    await untilValue(etcd, value);
    program.signal('SIGTERM');
    await untilValue(etcd, undefined);
    program.signal('SIGTERM');
    expect(await program.ended()).toBe(7);
  });

  it('passes other signals on as they come', async (context) => {
    const etcd = await startOne(context);
    const { program, value } = await startWrapped(context, etcd);
    await untilValue(etcd, value);
    program.signal('SIGHUP');
    await program.until('the program got it', () => program.stdout.includes('SIGHUP'));
    program.signal('SIGUSR2');
    await program.until('the program got it', () => program.stdout.includes('SIGUSR2'));
    expect((await readKey(etcd))?.value).toBe(value);
  });

  it('stops a program whose id another owner has', async (context) => {
    const etcd = await startOne(context);
    await etcd.etcdctl('put', KEY, '10.9.9.9:80');
    const { program } = await startWrapped(context, etcd);
    expect(await program.ended()).toBe(1);
    expect(complaints(program)).toEqual([expect.stringMatching(/ is held by someone who put it without a lease$/)]);
    expect(program.stdout).toBe('listening\nSIGTERM\n');
  });

  it('exits as a shell does for a program that is not there', async (context) => {
    const etcd = await startOne(context);
    const program = start(context, etcd, 'specServer', '--port', '80', '--', '/nowhere/program');
    expect(await program.ended()).toBe(127);
    expect(complaints(program)).toEqual([expect.stringMatching(/^svcdns register: cannot run \/nowhere\/program: /)]);
  });
});
