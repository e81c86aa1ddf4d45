// nginx in front of instances that come, say goodbye and die. It resolves their name through svcdns while it runs, and
// it is told not to try another instance when one fails: a request that goes to an instance that is gone has failed.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'vitest';
import { freePort, temporaryDirectory } from '../support/etcd.ts';
import { Program } from '../support/program.ts';
import { CHECKOUT } from '../support/svcdns.ts';
import { until } from '../support/until.ts';
import { DEPLOYMENTS, type Running } from './deployments.ts';
import { repeatedly } from './repeatedly.ts';

/** Of this host, and apart from those that others use. All instances have one port: there is none in A records. */
const ADDRESSES = ['127.53.0.1', '127.53.0.2', '127.53.0.3', '127.53.0.4'] as const;

/** Milliseconds in which etcd ends the lease of an instance that was killed: its 10 s, and some for a busy machine. */
const LEASE_END_MS = 30_000;

/** Milliseconds: one second by `valid`, which nginx counts in whole seconds. */
const NGINX_REMEMBERS_MS = 2_000;

function nginxConfig(directory: string, gatewayPort: number, dnsPort: number, instancePort: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
    daemon off;
    # One process, so that nothing is left when it is killed.
    master_process off;
    pid ${directory}/nginx.pid;
    error_log stderr warn;
    events {}
    http {
      access_log off;
      ${temporary.map((kind) => `${kind}_temp_path ${directory}/${kind};`).join('\n')}
      resolver 127.0.0.1:${dnsPort} valid=1s;
      server {
        listen 127.0.0.1:${gatewayPort};
        location / {
          set $instances specServer.svc.local;
          proxy_pass http://$instances:${instancePort};
          proxy_next_upstream off;
        }
      }
    }`;
}

async function startGateway(context: TestContext, { server }: Running, instancePort: number): Promise<string> {
  const directory = temporaryDirectory(context);
  const config = join(directory, 'nginx.conf');
  const port = await freePort();
  writeFileSync(config, nginxConfig(directory, port, server.port, instancePort));
  const nginx = Program.start(context, ['nginx', '-p', directory, '-c', config]);
  const url = `http://127.0.0.1:${port}/`;
  await nginx.until('listens', () =>
    fetch(url).then(
      () => true,
      () => false,
    ),
  );
  return url;
}

function startInstance(context: TestContext, { endpoints }: Running, id: number, port: number): Program {
  const env = { ETCD: endpoints.join(), ID: String(id), ADDRESS: ADDRESSES[id - 1] ?? '', PORT: String(port) };
  return Program.start(context, [process.execPath, join(CHECKOUT, 'examples/compose/instance.mjs')], { env });
}

/** Which instance answers the next request. */
async function answerer(url: string): Promise<number> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status} from the gateway`);
  return Number(await response.text());
}

// Most of it is waiting for leases and for those who say goodbye: both wait at the same time.
describe.concurrent.each(DEPLOYMENTS)('$name', ({ start }) => {
  it('leads nginx to every instance that is there, and to none that has said goodbye', async (context) => {
    const { expect } = context;
    const running = await start();
    context.onTestFinished(() => running.close());
    const port = await freePort();
    const url = await startGateway(context, running, port);
    const [, two, three] = [1, 2, 3].map((id) => startInstance(context, running, id, port));
    const seen = async (...ids: readonly number[]): Promise<void> => {
      const answered = new Set<number>();
      await until(`requests reach ${ids.join()}`, async () => {
        answered.add(await answerer(url).catch(() => 0));
        return ids.every((id) => answered.has(id));
      });
    };
    await seen(1, 2, 3);

    // One more comes, one says goodbye and ends: no request is lost.
    const requests = repeatedly(() => answerer(url));
    startInstance(context, running, 4, port);
    await seen(4);
    two?.signal('SIGTERM');
    expect(await two?.ended()).toBe(0);
    const { failures, results } = await requests.stop();
    expect(failures).toEqual([]);
    expect(new Set(results)).toEqual(new Set([1, 2, 3, 4]));

    // One is killed and says nothing. Its lease speaks for it.
    three?.signal('SIGKILL');
    const expected = [ADDRESSES[0], ADDRESSES[3]].join();
    const addresses = async (): Promise<string[]> => running.resolver.resolve4('specServer.svc.local');
    await until('it is not in DNS', async () => (await addresses()).sort().join() === expected, LEASE_END_MS);
    let failedMs = performance.now();
    const later = repeatedly(() =>
      answerer(url).catch(() => {
        failedMs = performance.now();
      }),
    );
    await until('nginx has forgotten it', () => performance.now() - failedMs > NGINX_REMEMBERS_MS);
    expect(new Set((await later.stop()).results.slice(-20))).toEqual(new Set([1, 4]));
  });
});
