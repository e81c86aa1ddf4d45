// The whole of docker-compose.yml in operation, and what becomes of it while parts of it die.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask as askServer } from '../../src/commands/ask.ts';
import { RCODE } from '../../src/wire/codes.ts';
import { TYPE } from '../../src/wire/record-types.ts';
import { dig } from '../support/dig.ts';
import { until } from '../support/until.ts';
import { Compose } from './compose.ts';
import { repeatedly } from './repeatedly.ts';

const run = promisify(execFile);

const { PATH } = process.env;

const ETCD = ['etcd1', 'etcd2', 'etcd3'] as const;
const SVCDNS = ['svcdns1', 'svcdns2'] as const;
const INSTANCES = ['specserver-1', 'specserver-2', 'specserver-3'] as const;

const DNS_PORT = 1053;

let compose: Compose;

beforeAll(async () => {
  compose = Compose.up();
  const seen = new Set<string>();
  await until('a request reaches every instance', async () => {
    seen.add(await request().catch(() => ''));
    return INSTANCES.every((name) => seen.has(name));
  });
  // It has no lease: what is asked about it depends on the servers alone.
  await etcdctl('put', '/fixed/1', '10.9.0.1:80');
  await until('both servers know it', async () => {
    return (await Promise.all(SVCDNS.map((name) => ask(name, 'fixed.svc.local')))).every(
      ({ status }) => status === 'NOERROR',
    );
  });
});

afterAll(() => compose?.down());

/** Which instance answers the next request to the gateway. */
async function request(): Promise<string> {
  const response = await fetch(`http://${compose.address('gateway')}:8080/`);
  if (!response.ok) throw new Error(`${response.status} from the gateway`);
  return (await response.text()).trim();
}

function ask(server: string, ...question: readonly string[]): ReturnType<typeof dig> {
  return dig({ address: compose.address(server), port: DNS_PORT }, ...question);
}

async function etcdctl(...args: readonly string[]): Promise<string> {
  const endpoints = ETCD.map((name) => `${compose.address(name)}:2379`).join();
  const env = { PATH, ETCDCTL_API: '3', ETCDCTL_ENDPOINTS: endpoints };
  return (await run('etcdctl', [...args], { env })).stdout;
}

/** Asks one server for the fixed name again and again, over UDP and without a second try. */
function askingForFixed(name: string): ReturnType<typeof repeatedly<void>> {
  const server = { address: compose.address(name), family: 4, port: DNS_PORT } as const;
  const { signal } = new AbortController();
  return repeatedly(async () => {
    const question = { name: 'fixed.svc.local', type: TYPE.A };
    const reply = await askServer(question, { server, transport: 'udp', timeoutSeconds: 3, signal });
    if (reply.kind === 'no-reply') throw new Error(reply.reason);
    const { header, answers } = reply.packet;
    if (header.rcode !== RCODE.NOERROR || answers.length !== 1) throw new Error(`RCODE ${header.rcode}`);
  });
}

/** What both servers say, in an order that does not depend on their rotation. */
async function answersOf(server: string): Promise<string[]> {
  const questions = [
    ['svc.local', 'SOA'],
    ['specServer.svc.local', 'A'],
    ['specServer.svc.local', 'SRV'],
    ['svc.local', 'NS'],
    ['specserver-2.specServer.svc.local', 'A'],
    ['nobody.svc.local', 'A'],
  ];
  const answers = await Promise.all(questions.map((question) => ask(server, ...question)));
  return answers.map(({ status, answer, authority }) => [status, ...[...answer].sort(), ...authority].join('\n'));
}

async function expectEqualServers(): Promise<void> {
  await until('both servers answer alike', async () => {
    const [one, two] = await Promise.all(SVCDNS.map(answersOf));
    return one?.join('\n\n') === two?.join('\n\n');
  });
}

describe('three members of etcd, two servers, three instances and a gateway', () => {
  it('are healthy by their own checks', async () => {
    const names = [...ETCD, ...SVCDNS];
    expect(await Promise.all(names.map((name) => compose.health(name)))).toEqual(names.map(() => 0));
  });

  it('answer every request, and both servers give the same records and serials', async () => {
    const requests = repeatedly(request);
    const answers = await answersOf('svcdns1');
    expect(answers[1]?.split('\n')).toHaveLength(4);
    expect(await answersOf('svcdns2')).toEqual(answers);
    const { failures, results } = await requests.stop();
    expect(failures).toEqual([]);
    expect(results.length).toBeGreaterThan(0);
  });

  it('go on without a server that was killed, follow an instance that says goodbye, and are equal again in the end', async () => {
    const requests = repeatedly(request);
    const queries = askingForFixed('svcdns2');
    compose.container('svcdns1').program.signal('SIGKILL');
    expect(await compose.container('svcdns1').program.ended()).toBe('SIGKILL');
    expect(await compose.health('svcdns1')).toBe(1);
    await etcdctl('put', '/fixed/1', '10.9.0.2:80');
    await untilLiveWith('10.9.0.2', 'svcdns2');
    const leaving = compose.container('specserver-3').program;
    leaving.signal('SIGTERM');
    // That takes longer than nginx keeps an address: by now it has got another one, from the other server.
    expect(await leaving.ended()).toBe(0);
    expect(['specserver-1', 'specserver-2']).toContain(await request());
    for (const name of ['svcdns1', 'specserver-3']) compose.restart(name);
    await until('the server is back', async () => (await compose.health('svcdns1')) === 0);
    await expectEqualServers();
    expect((await requests.stop()).failures).toEqual([]);
    expect((await queries.stop()).failures).toEqual([]);
  });

  it('answer every query and request while the leader of etcd is killed, and follow the next one', async () => {
    const clients = [...SVCDNS.map(askingForFixed), repeatedly(request)];
    const leader = await leaderOf();
    compose.container(leader).program.signal('SIGKILL');
    await compose.container(leader).program.ended();
    await until('there is a new leader', () =>
      etcdctl('put', '/fixed/1', '10.9.0.3:80').then(
        () => true,
        () => false,
      ),
    );
    await untilLiveWith('10.9.0.3', ...SVCDNS);
    for (const client of clients) expect((await client.stop()).failures).toEqual([]);
    compose.restart(leader);
    await until('the member is back', async () => (await compose.health(leader)) === 0);
    await expectEqualServers();
  });

  it('answer every query while all of etcd is frozen, marked as stale with EDE 3, until it goes on', async () => {
    const clients = SVCDNS.map(askingForFixed);
    for (const name of ETCD) compose.container(name).program.signal('SIGSTOP');
    for (const server of SVCDNS) {
      await until(
        `${server} knows that it is stale`,
        async () => (await ask(server, 'fixed.svc.local')).errorCode === 3,
      );
      expect(await ask(server, 'fixed.svc.local')).toMatchObject({ status: 'NOERROR', flags: 'qr aa rd' });
      expect(await ask(server, 'nobody.svc.local')).toMatchObject({ status: 'NXDOMAIN', errorCode: 19 });
    }
    expect(INSTANCES).toContain(await request());
    for (const name of ETCD) compose.container(name).program.signal('SIGCONT');
    await until('etcd takes a put', () =>
      etcdctl('put', '/fixed/1', '10.9.0.4:80').then(
        () => true,
        () => false,
      ),
    );
    await untilLiveWith('10.9.0.4', ...SVCDNS);
    for (const client of clients) expect((await client.stop()).failures).toEqual([]);
  });
});

/** Waits until servers have this address for the fixed name, and do not call it stale. */
async function untilLiveWith(address: string, ...servers: readonly string[]): Promise<void> {
  for (const server of servers) {
    await until(`${server} has ${address}`, async () => {
      const { answer, errorCode } = await ask(server, 'fixed.svc.local');
      return answer[0]?.endsWith(` ${address}`) === true && errorCode === undefined;
    });
  }
}

async function leaderOf(): Promise<string> {
  const lines = (await etcdctl('endpoint', 'status')).split('\n');
  const leader = lines.map((line) => line.split(', ')).find((fields) => fields[4] === 'true');
  const name = ETCD.find((etcd) => leader?.[0]?.startsWith(`${compose.address(etcd)}:`));
  if (name === undefined) throw new Error(`no leader in:\n${lines.join('\n')}`);
  return name;
}
