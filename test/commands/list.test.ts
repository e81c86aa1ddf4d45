// `svcdns list` against the embedded store, a real etcd, and none.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { list } from '../../src/commands/list.ts';
import { EmbeddedStore } from '../../src/embedded/server.ts';
import { StoreClient } from '../etcd/recorded-follower.ts';
import { type EtcdMember, freePort, startEtcd, temporaryDirectory } from '../support/etcd.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { runCommand } from './run-command.ts';

interface Printed {
  readonly code: 0 | 1;
  readonly stdout: string;
  readonly stderr: string;
}

async function listAt(endpoint: string, ...argv: string[]): Promise<Printed> {
  const run = runCommand(list, 'list', '--etcd', endpoint, ...argv);
  const code = await run.exited;
  return { code, stdout: run.stdout(), stderr: run.stderr() };
}

const OWN = {
  address: '10.0.0.2',
  ports: { http: 8080, metrics: { port: 9090, proto: 'udp' } },
  priority: 5,
  weight: 50,
  ttl: 30,
  state: 'down',
};

/** In no order. */
const REGISTERED = {
  '/specServer/b': JSON.stringify(OWN),
  '/specServer/a': 'http://10.0.0.1:3456',
  '/db/primary': 'db.example.com:5432',
  '/cache': 'fd00::1',
  '/specServer/broken': '10.0.0.300:80',
};

describe('of a store', () => {
  let store: EmbeddedStore;

  beforeAll(async () => {
    store = await EmbeddedStore.listen({ host: '127.0.0.1', port: 0 });
    const client = new StoreClient(store.endpoint);
    for (const [key, value] of Object.entries(REGISTERED)) await client.put(key, value);
    client.close();
  });

  afterAll(() => store.close());

  it('shows every key by name, in the order of the keys, then what is rejected and why, then the counts', async () => {
    const { code, stdout, stderr } = await listAt(store.endpoint);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      'NAME                    KEY            ADDRESS                                OPTIONS                      LEASE  STATE',
      'cache.svc.local         /cache         fd00::1                                -                            -      up',
      'primary.db.svc.local    /db/primary    db.example.com:5432                    -                            -      up',
      'a.specServer.svc.local  /specServer/a  10.0.0.1:3456(http)                    -                            -      up',
      'b.specServer.svc.local  /specServer/b  10.0.0.2:8080(http),9090/udp(metrics)  priority=5 weight=50 ttl=30  -      down',
      expect.stringMatching(/^! broken\.specServer\.svc\.local \/specServer\/broken bad-host: .*10\.0\.0\.300/),
      '4 instances, 1 rejected key, revision 6',
      '',
    ]);
  });

  it('shows what a name answers with, as a name in the zone', async () => {
    const { stdout } = await listAt(store.endpoint, 'SpecServer.svc.local.');
    expect(keysIn(stdout)).toEqual(['/specServer/a', '/specServer/b']);
    expect(stdout).toContain('! broken.specServer.svc.local /specServer/broken bad-host: ');
    expect(stdout).toMatch(/\n2 instances at SpecServer\.svc\.local\., 1 rejected key, revision 6\n$/);
  });

  it('takes a name that is in no zone as one below the first zone', async () => {
    const { stdout } = await listAt(store.endpoint, '--zone', 'svc.local,other.local', 'primary.db');
    expect(keysIn(stdout)).toEqual(['/db/primary']);
    expect(stdout).toMatch(/\n1 instance at primary\.db\.svc\.local\., 0 rejected keys, revision 6\n$/);
  });

  it('shows the port that an RFC 2782 name stands for, and no other', async () => {
    const { stdout } = await listAt(store.endpoint, '_metrics._udp.specServer');
    expect(keysIn(stdout)).toEqual(['/specServer/b']);
    expect(stdout).toContain(' 10.0.0.2:9090/udp(metrics) ');
  });

  it('shows no table for a name at which nothing is registered', async () => {
    const { code, stdout } = await listAt(store.endpoint, 'absent');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: '0 instances at absent.svc.local., 0 rejected keys, revision 6\n',
    });
  });

  it('shows a key at each of its names, and counts it once', async () => {
    const maps = ['--zone', 'svc.local,other.local', '--map', '/=svc.local', '--map', '/db=other.local'];
    const { stdout } = await listAt(store.endpoint, ...maps);
    expect(stdout).toMatch(/^primary\.db\.svc\.local +\/db\/primary /m);
    expect(stdout).toMatch(/^primary\.other\.local +\/db\/primary /m);
    expect(stdout).toMatch(/\n4 instances, 1 rejected key, revision 6\n$/);
  });

  it('with --json has an object a line', async () => {
    const { stdout } = await listAt(store.endpoint, '--json', 'specServer');
    const objects = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(objects).toEqual([
      {
        kind: 'instance',
        name: 'a.specServer.svc.local.',
        key: '/specServer/a',
        host: '10.0.0.1',
        ports: [{ name: 'http', number: 3456, protocol: 'tcp' }],
        priority: 10,
        weight: 100,
        texts: [],
        state: 'up',
        revision: '3',
      },
      {
        kind: 'instance',
        name: 'b.specServer.svc.local.',
        key: '/specServer/b',
        host: '10.0.0.2',
        ports: [
          { name: 'http', number: 8080, protocol: 'tcp' },
          { name: 'metrics', number: 9090, protocol: 'udp' },
        ],
        priority: 5,
        weight: 50,
        ttlSeconds: 30,
        texts: [],
        state: 'down',
        revision: '2',
      },
      {
        kind: 'rejected',
        name: 'broken.specServer.svc.local.',
        key: '/specServer/broken',
        reason: 'bad-host',
        detail: expect.stringContaining('10.0.0.300'),
        isAnswered: false,
      },
      { kind: 'summary', name: 'specServer.svc.local.', instances: 2, rejected: 1, revision: '6' },
    ]);
  });

  it('tells what is wrong with a name, and reads nothing', async () => {
    const { code, stdout, stderr } = await listAt(store.endpoint, 'a..b');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe('svcdns list: a..b: empty label at character 3\n');
  });
});

/** The keys of the table, from the top. */
function keysIn(table: string): string[] {
  const rows = table.split('\n').filter((line) => line.startsWith('!') === false && line.includes('/'));
  return rows.map((row) => row.split(/ +/)[1] ?? '');
}

describe('of what a stranger registered', () => {
  it('prints no octet that a terminal obeys', async () => {
    const store = await EmbeddedStore.listen({ host: '127.0.0.1', port: 0 });
    const client = new StoreClient(store.endpoint);
    await client.put('/a/\x1b[2J', '10.0.0.1:80');
    await client.put('/a/\xff\x07', '\x1b]0;owned\x07');
    await client.put('/a/\xe2\x80\xae', JSON.stringify({ address: '10.0.0.1', metadata: { note: '\u001b[2J\u202e' } }));
    await client.put('/a/group', JSON.stringify({ host: '10.0.0.1', group: 'g\u001b[2J' }));
    client.close();
    for (const flags of [[], ['--json']]) {
      const { stdout } = await listAt(store.endpoint, ...flags);
      expect(stdout).toMatch(/^[\n -~]*$/);
      expect(stdout.split('\n').length).toBeGreaterThan(4);
    }
    await store.close();
  });
});

describe('of a real etcd', () => {
  let etcd: EtcdMember;

  beforeAll(async () => {
    etcd = await startEtcd();
  });

  afterAll(() => etcd.close());

  it('shows a lease as etcdctl does', async () => {
    const [, lease = ''] = /lease ([0-9a-f]+) granted/.exec(await etcd.etcdctl('lease', 'grant', '600')) ?? [];
    await etcd.etcdctl('put', '--lease', lease, '/specServer/1', 'http://10.0.0.1:8080');
    const { code, stdout } = await listAt(etcd.endpoint);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^1\\.specServer\\.svc\\.local +/specServer/1 .* ${lease} +up$`, 'm'));
    expect(stdout).toMatch(/\n1 instance, 0 rejected keys, revision 2\n$/);
  });
});

describe('of an etcd that cannot be read', () => {
  it('exits with 1 within some seconds and says what to do', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    const startedMs = performance.now();
    const { code, stdout, stderr } = await listAt(endpoint);
    expect(performance.now() - startedMs).toBeGreaterThan(4990);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`svcdns list: cannot read etcd at ${endpoint} (unreachable: `);
    expect(stderr).toMatch(/; check that etcd runs there, or name its endpoints with --etcd\n$/);
    expect(stderr.split('\n')).toHaveLength(2);
  });

  it('exits with 1 when etcd accepts the connection and says nothing', async () => {
    const proxy = await TcpProxy.listen(await freePort());
    proxy.blackHole();
    const { code, stderr } = await listAt(proxy.endpoint);
    expect(code).toBe(1);
    expect(stderr).toContain(`svcdns list: cannot read etcd at ${proxy.endpoint} (`);
    await proxy.close();
  });

  it('says which settings to check when etcd refuses the user, or does not let the user read', async (context) => {
    const etcd = await startEtcd();
    await etcd.etcdctl('user', 'add', 'root:right');
    await etcd.etcdctl('user', 'grant-role', 'root', 'root');
    await etcd.etcdctl('user', 'add', 'nobody:right');
    await etcd.etcdctl('auth', 'enable');
    const directory = temporaryDirectory(context);
    const listAs = (user: string, password: string): Promise<Printed> => {
      const file = join(directory, user);
      writeFileSync(file, password);
      return listAt(etcd.endpoint, '--etcd-user', user, '--etcd-password-file', file);
    };
    const [wrong, powerless] = await Promise.all([listAs('root', 'wrong'), listAs('nobody', 'right')]);
    expect(wrong.stderr).toMatch(/\(authentication: .*\); check --etcd-user and --etcd-password-file\n$/);
    expect(powerless.stderr).toMatch(/\(permission: .*\); let the user of --etcd-user read the prefixes of --map\n$/);
    await etcd.close();
  });

  it('ends at once when it is stopped', async () => {
    const run = runCommand(list, 'list', '--etcd', `http://127.0.0.1:${await freePort()}`);
    run.stop();
    expect(await run.exited).toBe(1);
    expect(run.stderr()).toBe('svcdns list: stopped before etcd was read\n');
  });
});
