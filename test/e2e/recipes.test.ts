// The recipes of docs/recipes.md as they are written, in a network of their own in which `svcdns dev` has its usual
// ports and its sample instances are there.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, type TestContext } from 'vitest';
import { readSettings } from '../../src/config/read.ts';
import { temporaryDirectory } from '../support/etcd.ts';
import { Program } from '../support/program.ts';
import { Network } from '../support/server-process.ts';
import { CHECKOUT, svcdnsCommand, untilStarted } from '../support/svcdns.ts';

const SAMPLES = ['10.0.0.1', '10.0.0.2', '10.0.0.3'] as const;

const RECIPES = readFileSync(join(CHECKOUT, 'docs/recipes.md'), 'utf8');

/** The block of one language. */
function recipe(language: string): string {
  const blocks = [...RECIPES.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))];
  expect(blocks).toHaveLength(1);
  return blocks[0]?.[1] ?? '';
}

/** Answers every request with the address that it came to. */
const INSTANCE = `
require('node:http')
  .createServer((request, response) => response.end(request.socket.localAddress))
  .listen(8080, process.argv[1], () => console.log('listens'));`;

/** Prints who answers 30 requests, one after the other. */
const ASK = `
(async () => {
  const answers = [];
  for (let at = 0; at < 30; at += 1) answers.push(await (await fetch(process.argv[1])).text());
  console.log(JSON.stringify(answers));
})();`;

interface Host {
  readonly network: Network;
  /** Starts a program of this host. */
  readonly start: (...command: readonly string[]) => Program;
  readonly instances: readonly Program[];
}

async function startHost(context: TestContext): Promise<Host> {
  const network = await Network.create(context);
  // Entering the network makes the kernel forget that the test process is its parent.
  const start = (...command: readonly string[]): Program =>
    Program.start(context, network.command(['setpriv', '--pdeathsig', 'KILL', ...command]), { cwd: CHECKOUT });
  const instances: Program[] = [];
  for (const address of SAMPLES) {
    await network.run('ip', 'address', 'add', `${address}/32`, 'dev', 'lo');
    const instance = start(process.execPath, '-e', INSTANCE, address);
    await instance.until('listens', () => instance.stdout !== '');
    instances.push(instance);
  }
  await untilStarted(start(...svcdnsCommand('dev', '--log-format', 'json')));
  return { network, start, instances };
}

/** Waits until requests reach these addresses and no others, and none fails. */
async function untilAnsweredBy({ network }: Host, gateway: Gateway, ...addresses: readonly string[]): Promise<void> {
  const ask = (): Promise<string> => network.run(process.execPath, '-e', ASK, gateway.url);
  await gateway.program.until(`${gateway.url} is answered by ${addresses.join()} alone`, async () => {
    const answers = await ask().then(
      (output) => JSON.parse(output) as string[],
      (error: Error) => [error.message],
    );
    return [...new Set(answers)].sort().join() === addresses.join();
  });
}

interface Gateway {
  readonly program: Program;
  readonly url: string;
}

/** What a gateway is good for: it has all instances, loses none to one that is killed, and follows what is registered. */
async function expectToFollow(host: Host, gateway: Gateway): Promise<void> {
  await untilAnsweredBy(host, gateway, ...SAMPLES);
  // Still registered, but its port refuses.
  await host.instances[0]?.close();
  await untilAnsweredBy(host, gateway, SAMPLES[1], SAMPLES[2]);
  await deregister(host, 2);
  await untilAnsweredBy(host, gateway, SAMPLES[2]);
}

/** Takes an instance out of etcd with the command that `svcdns dev` proposes. */
async function deregister({ network }: Host, id: number): Promise<void> {
  await network.run('env', 'ETCDCTL_API=3', 'etcdctl', 'del', `/specServer/${id}`);
}

it('nginx', async (context) => {
  const host = await startHost(context);
  const directory = temporaryDirectory(context);
  writeFileSync(join(directory, 'recipe.conf'), recipe('nginx'));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${directory}/${kind};`,
  );
  const config = `daemon off; master_process off; user root; pid ${directory}/pid; error_log stderr; events {}
    http { access_log off; ${temporary.join(' ')} include ${directory}/recipe.conf; }`;
  writeFileSync(join(directory, 'nginx.conf'), config);
  const program = host.start('nginx', '-p', directory, '-c', join(directory, 'nginx.conf'));
  await expectToFollow(host, { program, url: 'http://127.0.0.1:8000/' });
});

it('HAProxy', async (context) => {
  const host = await startHost(context);
  const directory = temporaryDirectory(context);
  writeFileSync(join(directory, 'haproxy.cfg'), recipe('haproxy'));
  const program = host.start('haproxy', '-db', '-f', join(directory, 'haproxy.cfg'));
  await expectToFollow(host, { program, url: 'http://127.0.0.1:8001/' });
});

it('every call of svcdns has settings that it takes', () => {
  const calls = [...RECIPES.matchAll(/^ {4}svcdns (.*)$/gm)].map(([, call = '']) => call.split(' '));
  expect(calls).not.toEqual([]);
  for (const argv of calls) {
    expect(readSettings({ argv, env: {}, readFile: () => '' }), argv.join(' ')).toMatchObject({ kind: 'settings' });
  }
});
