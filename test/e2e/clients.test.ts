// The resolvers of languages, which nobody configures for svcdns: Node's, and glibc's by way of Python.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/etcd.ts';
import { Program } from '../support/program.ts';
import { Network } from '../support/server-process.ts';
import { CHECKOUT, svcdnsCommand, untilStarted } from '../support/svcdns.ts';
import { until } from '../support/until.ts';
import { DEPLOYMENTS, type Running } from './deployments.ts';

/** Those that `svcdns dev` registers. */
const SAMPLES = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];

describe.each(DEPLOYMENTS)("Node's resolver and $name", ({ start }) => {
  let running: Running;

  beforeAll(async () => {
    running = await start();
    await running.client.put('/specServer/1').value('http://10.0.0.1:8080');
    await running.client
      .put('/specServer/2')
      .value('{"address":"10.0.0.2","port":8081,"priority":20,"metadata":{"zone":"a"}}');
    await until('both are in DNS', () =>
      running.resolver.resolve4('specServer.svc.local').then(
        ({ length }) => length === 2,
        () => false,
      ),
    );
  });

  afterAll(() => running?.close());

  it('gets SRV, A and TXT', async () => {
    const { resolver } = running;
    const services = await resolver.resolveSrv('specServer.svc.local');
    expect(services.sort((one, other) => one.port - other.port)).toEqual([
      { name: '1.specServer.svc.local', port: 8080, priority: 10, weight: 100 },
      { name: '2.specServer.svc.local', port: 8081, priority: 20, weight: 100 },
    ]);
    expect(await resolver.resolve4('1.specServer.svc.local', { ttl: true })).toEqual([{ address: '10.0.0.1', ttl: 5 }]);
    expect(await resolver.resolveTxt('2.specServer.svc.local')).toEqual([['zone=a']]);
  });

  it('tells a name without the type from one that nobody registered', async () => {
    const { resolver } = running;
    await expect(resolver.resolve6('specServer.svc.local')).rejects.toMatchObject({ code: 'ENODATA' });
    await expect(resolver.resolve4('nobody.svc.local')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });
});

it("is found on port 53 by a resolv.conf: Python's getaddrinfo, with the whole name and with a search domain", async (context) => {
  const network = await Network.create(context);
  // Entering the network makes the kernel forget that the test process is its parent.
  const command = ['setpriv', '--pdeathsig', 'KILL', ...svcdnsCommand('dev', '--port', '53', '--log-format', 'json')];
  const program = Program.start(context, network.command(command), { cwd: CHECKOUT });
  await untilStarted(program);
  await program.until('the introduction is whole', () => program.stdout.includes('Ctrl-C stops.'));

  const directory = temporaryDirectory(context);
  const recipes = readFileSync(join(CHECKOUT, 'docs/recipes.md'), 'utf8');
  const [, resolvConf = ''] = /^```resolv\.conf\n(.*?)^```$/ms.exec(recipes) ?? [];
  writeFileSync(join(directory, 'resolv.conf'), resolvConf);
  writeFileSync(join(directory, 'nsswitch.conf'), 'hosts: files dns\n');
  const mounts = ['resolv.conf', 'nsswitch.conf'].map((file) => `mount --bind ${directory}/${file} /etc/${file}`);
  const lookUp = `import json, socket, sys
try:
    found = socket.getaddrinfo(sys.argv[1], 8080, proto=socket.IPPROTO_TCP)
    print(json.dumps(sorted(entry[4] for entry in found)))
except socket.gaierror as error:
    print(json.dumps(error.errno == socket.EAI_NONAME))
`;
  const getaddrinfo = async (name: string): Promise<unknown> => {
    const script = `${mounts.join(' && ')} && exec python3 -c "$0" "$1"`;
    return JSON.parse(await network.run('unshare', '-m', 'sh', '-c', script, lookUp, name));
  };
  const all = SAMPLES.map((address) => [address, 8080]);
  await until('the samples are in DNS', async () => (await getaddrinfo('specServer.svc.local')) !== true);
  expect(await getaddrinfo('specServer.svc.local')).toEqual(all);
  expect(await getaddrinfo('specserver')).toEqual(all);
  expect(await getaddrinfo('1.specServer')).toEqual([['10.0.0.1', 8080]]);
  expect(await getaddrinfo('nobody.svc.local')).toBe(true);
});
