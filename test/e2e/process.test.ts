// The process as an operator sees it: exit codes, sentences, signals, and what it answers before etcd is there.

import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { dig } from '../support/dig.ts';
import { freePort, startEtcd, temporaryDirectory } from '../support/etcd.ts';
import { Program } from '../support/program.ts';
import { type SvcdnsServer, startSvcdns, svcdnsCommand } from '../support/svcdns.ts';
import { until } from '../support/until.ts';

/** Milliseconds from SIGTERM to the end: a second in which balancers learn of it, and some for a busy machine. */
const STOP_MS = 4_000;

/** The first second of etcd is its election; then at most the longest wait between two attempts of ours. */
const RECOVERY_MS = 1_000 + 5_000;

/** Where nobody listens: port 9 is `discard`, and reserved. */
const NO_ETCD = ['--etcd', 'http://127.0.0.1:9'];

async function serve({ onTestFinished }: TestContext, args: readonly string[], cwd?: string): Promise<SvcdnsServer> {
  const server = await startSvcdns('serve', args, cwd === undefined ? {} : { cwd });
  onTestFinished(() => server.program.close());
  return server;
}

function run(context: TestContext, ...args: readonly string[]): Program {
  return Program.start(context, svcdnsCommand(...args));
}

async function status(server: SvcdnsServer, path: string): Promise<number> {
  const { status } = await fetch(`${server.http}${path}`);
  return status;
}

async function takePort({ onTestFinished }: TestContext): Promise<number> {
  const taken = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => {
    taken.close();
  });
  await once(taken, 'listening');
  const address = taken.address();
  if (address === null || typeof address === 'string') throw new Error('expected a TCP port');
  return address.port;
}

function zoneFile(directory: string, text: string): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'example.test.zone'), text);
}

/** The fixed zone `example.test` with one address. */
const zoneWith = (address: string): string => `$ORIGIN example.test.
$TTL 300
@    SOA ns hostmaster 1 3600 600 604800 5
     NS  ns
ns   A   127.0.0.1
www  A   ${address}
`;

describe('the command line', () => {
  it('exits with 2 and shows all mistakes of a call, not only the first', async (context) => {
    const program = run(context, 'serve', '--ttl', '9999', '--port', 'dns', '--zonne', 'svc.local');
    expect(await program.ended()).toBe(2);
    expect(program.stdout).toBe('');
    const lines = program.stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(program.stderr).toMatch(/^svcdns: --ttl 9999: expected 1 to 300 seconds$/m);
    expect(program.stderr).toMatch(/^svcdns: --port dns: expected /m);
    expect(program.stderr).toMatch(/^svcdns: .*--zonne/m);
  });

  it('exits with 2 when a file that a setting names cannot be read', async (context) => {
    const program = run(context, 'serve', '--etcd', 'https://127.0.0.1:2379', '--etcd-ca', '/nonexistent/ca.pem');
    expect(await program.ended()).toBe(2);
    expect(program.stderr).toContain('/nonexistent/ca.pem');
  });

  it.each(['--help', '--version'])('answers %s and exits with 0', async (flag) => {
    const program = new Program(svcdnsCommand(flag));
    expect(await program.ended()).toBe(0);
    expect(program.stdout).toContain('svcdns');
    expect(program.stderr).toBe('');
  });

  it('exits with 1 and one sentence when the port for DNS is taken', async (context) => {
    const port = String(await takePort(context));
    const limits = ['--http', 'off', '--max-stale', '60'];
    const program = run(context, 'serve', '--listen', '127.0.0.1', '--port', port, ...limits);
    expect(await program.ended()).toBe(1);
    const sentences = program.stderr.split('\n').filter((line) => line.startsWith('svcdns: '));
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toContain(port);
    expect(program.stderr).not.toMatch(/^ {4}at /m);
  });

  it('exits with 1 and one sentence when the port for HTTP is taken', async (context) => {
    const port = await takePort(context);
    const http = `127.0.0.1:${port}`;
    const program = run(context, 'serve', '--listen', '127.0.0.1', '--port', '0', '--http', http);
    expect(await program.ended()).toBe(1);
    const sentences = program.stderr.split('\n').filter((line) => line.startsWith('svcdns: '));
    expect(sentences).toEqual([
      `svcdns: cannot listen on ${http} for http: the port is taken; choose another with --http, or off`,
    ]);
  });
});

describe('signals', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('%s ends the process with 0 in time, without etcd too', async (signal) => {
    const { program } = await startSvcdns('serve', NO_ETCD);
    const startedMs = performance.now();
    program.signal(signal);
    expect(await program.ended()).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(STOP_MS);
    expect(program.stderr).not.toContain('"level":"error"');
  });

  it('SIGTERM says so at /readyz first, and answers go on until balancers know', async (context) => {
    const server = await serve(context, NO_ETCD);
    server.program.signal('SIGTERM');
    await server.program.until('it is not ready', async () => {
      const response = await fetch(`${server.http}/readyz`);
      return (await response.text()) === 'stopping\n';
    });
    expect((await dig({ port: server.port }, 'svc.local', 'SOA')).status).toBe('SERVFAIL');
    expect(await server.program.ended()).toBe(0);
  });

  it('SIGHUP does no harm where there are no zone files', async (context) => {
    const server = await serve(context, NO_ETCD, temporaryDirectory(context));
    server.program.signal('SIGHUP');
    expect((await dig({ port: server.port }, 'svc.local', 'SOA')).status).toBe('SERVFAIL');
    server.program.signal('SIGTERM');
    expect(await server.program.ended()).toBe(0);
  });

  it('SIGTERM waits for no client: connections that are open and idle are closed', async (context) => {
    const { program, port, http } = await serve(context, NO_ETCD);
    const httpPort = Number(new URL(http).port);
    for (const openPort of [port, httpPort]) {
      const connection = connect(openPort, '127.0.0.1');
      context.onTestFinished(() => {
        connection.destroy();
      });
      connection.on('error', () => undefined);
      await once(connection, 'connect');
    }
    const startedMs = performance.now();
    program.signal('SIGTERM');
    expect(await program.ended()).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(STOP_MS);
  });

  it('SIGHUP reads the zone files again, and a file with errors changes nothing', async (context) => {
    const cwd = temporaryDirectory(context);
    const zones = join(cwd, 'zones');
    zoneFile(zones, zoneWith('192.0.2.1'));
    const server = await serve(context, NO_ETCD, cwd);
    const www = async (): Promise<readonly string[]> => (await dig(server, 'www.example.test', 'A')).answer;
    expect(await www()).toEqual(['www.example.test. 300 IN A 192.0.2.1']);
    zoneFile(zones, zoneWith('192.0.2.2'));
    server.program.signal('SIGHUP');
    await until('the zone file is read again', async () => (await www())[0]?.endsWith('192.0.2.2') === true);
    zoneFile(zones, zoneWith('192.0.2.300'));
    server.program.signal('SIGHUP');
    const told = (): number => server.log().filter(({ kind }) => kind === 'zone-file').length;
    await until('the error is told', () => told() > 0);
    expect(await www()).toEqual(['www.example.test. 300 IN A 192.0.2.2']);
    // Files that changed are found without a signal, too. It is the signal by which an error is told once more.
    const before = told();
    server.program.signal('SIGHUP');
    await until('the error is told again', () => told() > before);
  });
});

describe('without etcd at the start', () => {
  it('answers SERVFAIL with EDE 14 for what it cannot know, serves the static zone, and is good soon after etcd is', async (context) => {
    const cwd = temporaryDirectory(context);
    zoneFile(join(cwd, 'zones'), zoneWith('192.0.2.1'));
    const clientPort = await freePort();
    const server = await serve(context, ['--etcd', `http://127.0.0.1:${clientPort}`], cwd);

    const unknown = await dig(server, 'specServer.svc.local', 'A');
    expect(unknown).toMatchObject({ status: 'SERVFAIL', errorCode: 14, answer: [], authority: [] });
    expect(await dig(server, 'www.example.test', 'A')).toMatchObject({
      status: 'NOERROR',
      flags: 'qr aa rd',
      errorCode: undefined,
      answer: ['www.example.test. 300 IN A 192.0.2.1'],
    });
    expect([await status(server, '/livez'), await status(server, '/readyz')]).toEqual([200, 503]);

    const etcd = await startEtcd({ clientPort });
    context.onTestFinished(() => etcd.close());
    const readyMs = performance.now();
    await until('svcdns is ready', async () => (await status(server, '/readyz')) === 200);
    expect(performance.now() - readyMs).toBeLessThan(RECOVERY_MS);
    expect(await dig(server, 'specServer.svc.local', 'A')).toMatchObject({ status: 'NXDOMAIN', errorCode: undefined });
    await etcd.etcdctl('put', '/specServer/1', 'http://10.0.0.1:8080');
    await until('the instance is in DNS', async () => {
      return (await dig(server, 'specServer.svc.local', 'A')).answer[0] === 'specServer.svc.local. 5 IN A 10.0.0.1';
    });
  });

  it('leaves no pool while etcd is away later on: readiness stays, and the answers are marked stale', async (context) => {
    const etcd = await startEtcd();
    context.onTestFinished(() => etcd.close());
    await etcd.etcdctl('put', '/specServer/1', 'http://10.0.0.1:8080');
    const server = await serve(context, ['--etcd', etcd.endpoint]);
    await until('svcdns is ready', async () => (await status(server, '/readyz')) === 200);
    await etcd.kill();
    await until('the answer is marked stale', async () => {
      return (await dig(server, 'specServer.svc.local', 'A')).errorCode === 3;
    });
    expect(await dig(server, 'specServer.svc.local', 'A')).toMatchObject({
      status: 'NOERROR',
      answer: ['specServer.svc.local. 5 IN A 10.0.0.1'],
    });
    expect(await dig(server, 'nobody.svc.local', 'A')).toMatchObject({ status: 'NXDOMAIN', errorCode: 19 });
    expect(await status(server, '/readyz')).toBe(200);
  });
});
