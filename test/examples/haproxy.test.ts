// HAProxy with the configuration of the gateway example. It finds the instances and their ports by SRV records.

import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Etcd3 } from 'etcd3';
import { afterAll, beforeAll, describe, it, type TestContext } from 'vitest';
import { dig } from '../support/dig.ts';
import { type EtcdMember, freePort, startEtcd, temporaryDirectory } from '../support/etcd.ts';
import { Program } from '../support/program.ts';
import { CHECKOUT, type SvcdnsServer, startSvcdns } from '../support/svcdns.ts';

/** More than a datagram of 1232 octets has room for. */
const MANY = 40;

/** Milliseconds: HAProxy asks once a second, and must find the same each time. */
const LOOK_ON_MS = 5_000;

let etcd: EtcdMember;
let client: Etcd3;
let server: SvcdnsServer;

beforeAll(async () => {
  etcd = await startEtcd();
  client = new Etcd3({ hosts: etcd.endpoint });
  server = await startSvcdns('serve', ['--etcd', etcd.endpoint]);
});

afterAll(async () => {
  client.close();
  await server.program.close();
  await etcd.close();
});

interface Gateway {
  readonly url: string;
  readonly program: Program;
  /** Sends a command to HAProxy's own socket: its answer. */
  readonly ask: (command: string) => Promise<string>;
}

/** Starts HAProxy with haproxy.cfg, in which the addresses are others, and what `edit` changes. */
async function startHaproxy(
  context: TestContext,
  edit: (config: string) => string = (config) => config,
): Promise<Gateway> {
  const directory = temporaryDirectory(context);
  const gateway = `127.0.0.1:${await freePort()}`;
  const config = edit(readFileSync(join(CHECKOUT, 'examples/gateway/haproxy.cfg'), 'utf8'))
    .replace('127.0.0.1:1053', `127.0.0.1:${server.port}`)
    .replace('127.0.0.1:8080', gateway);
  const socket = join(directory, 'socket');
  const files = { 'haproxy.cfg': config, 'socket.cfg': `global\n  stats socket ${socket}\n` };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
  const flags = Object.keys(files).flatMap((name) => ['-f', join(directory, name)]);
  const program = Program.start(context, ['haproxy', '-db', ...flags]);
  const ask = async (command: string): Promise<string> => text(connect(socket).end(`${command}\n`));
  await program.until('it listens', () =>
    ask('show info').then(
      () => true,
      () => false,
    ),
  );
  return { url: `http://${gateway}/`, program, ask };
}

/** Starts an HTTP server that answers with its id, on a port that is its own, and registers it. */
async function startInstance({ onTestFinished }: TestContext, service: string, id: number): Promise<void> {
  const instance = createServer((_request, response) => response.end(String(id))).listen(0, '127.0.0.1');
  await once(instance, 'listening');
  onTestFinished(() => {
    instance.closeAllConnections();
    instance.close();
  });
  const { port } = instance.address() as AddressInfo;
  await client.put(`/${service}/${id}`).value(`http://127.0.0.1:${port}`);
}

async function registerMany(service: string): Promise<void> {
  const keys = Array.from({ length: MANY }, (_, at) =>
    client.put(`/${service}/${at}`).value(`http://10.0.0.${at}:8080`),
  );
  await Promise.all(keys);
}

/** Addresses of the places in the backend that have an instance. */
async function places({ ask }: Gateway): Promise<string[]> {
  const rows = (await ask('show servers state specServer')).split('\n').slice(2);
  // The fifth field is the address, or a dash.
  return rows.map((row) => row.split(' ')[4] ?? '-').filter((address) => address !== '-');
}

/** How many answers HAProxy has had that it could use. */
async function validAnswers({ ask }: Gateway): Promise<number> {
  return Number(/valid: *(\d+)/.exec(await ask('show resolvers svcdns'))?.[1]);
}

/** Looks on while HAProxy asks again and again: the addresses that it had before and after. */
async function lookOn(gateway: Gateway): Promise<readonly string[][]> {
  const before = await places(gateway);
  const answers = await validAnswers(gateway);
  const startedAt = performance.now();
  await gateway.program.until('it has asked again', async () => {
    return performance.now() - startedAt > LOOK_ON_MS && (await validAnswers(gateway)) > answers;
  });
  return [before, await places(gateway)];
}

describe.concurrent('HAProxy with server-template and SRV records', () => {
  it('leads to instances that come, each on its own port, and not to those that left', async (context) => {
    const { expect } = context;
    await startInstance(context, 'specServer', 1);
    await startInstance(context, 'specServer', 2);
    const { url, program } = await startHaproxy(context);
    const answerers = async (count: number): Promise<string> => {
      const seen = new Set<string>();
      // Round robin: so many in a row meet all that there are.
      for (let request = 0; request < count; request += 1) {
        const response = await fetch(url);
        seen.add(response.ok ? await response.text() : String(response.status));
      }
      return [...seen].sort().join();
    };
    await program.until('both answer', async () => (await answerers(2)) === '1,2');
    await startInstance(context, 'specServer', 3);
    await program.until('a third one answers', async () => (await answerers(3)) === '1,2,3');
    await client.delete().key('/specServer/1');
    await program.until('the first one answers no more', async () => (await answerers(6)) === '2,3');
    expect(program.stderr.match(/entry removed from SRV record/g)).toHaveLength(2);
  });

  it(`keeps the same instances of ${MANY} in mind when one datagram cannot hold them`, async (context) => {
    const { expect } = context;
    await registerMany('many');
    const gateway = await startHaproxy(context, (config) =>
      config.replace('instance 10', `instance ${MANY}`).replace('_tcp.specServer', '_tcp.many'),
    );
    // Without a cookie, as HAProxy asks: it would take the place of an instance.
    const flags = ['+bufsize=1232', '+nocookie', '+ignore'];
    const datagram = await dig(server, '_http._tcp.many.svc.local', 'SRV', ...flags);
    const room = datagram.answer.length;
    expect(room).toBeLessThan(MANY);
    await gateway.program.until('it has found them', async () => (await places(gateway)).length === room);
    const [before, after] = await lookOn(gateway);
    expect(after).toEqual(before);
    expect(gateway.program.stderr).not.toContain('entry removed');
  });

  it(`has all of ${MANY} instances when it asks over TCP`, async (context) => {
    const { expect } = context;
    await registerMany('many-tcp');
    const gateway = await startHaproxy(context, (config) =>
      config
        .replace('instance 10', `instance ${MANY}`)
        .replace('_tcp.specServer', '_tcp.many-tcp')
        .replace('svcdns 127', 'svcdns tcp@127')
        .replace('accepted_payload_size 1232', 'accepted_payload_size 8192'),
    );
    await gateway.program.until('it has found them all', async () => (await places(gateway)).length === MANY);
    const [before, after] = await lookOn(gateway);
    expect(after).toEqual(before);
    expect(gateway.program.stderr).not.toContain('entry removed');
  });
});
