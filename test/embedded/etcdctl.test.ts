// The same etcdctl commands against an etcd and against the embedded store: what they print must be the same, but for
// the ids that every cluster and lease makes up.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EmbeddedStore } from '../../src/embedded/server.ts';
import type { EtcdMember } from '../support/etcd.ts';
import { startEtcd } from '../support/etcd.ts';
import { until } from '../support/until.ts';

let etcd: EtcdMember;
let embedded: EmbeddedStore;

beforeAll(async () => {
  embedded = await EmbeddedStore.listen({ host: '127.0.0.1', port: 0 });
  etcd = await startEtcd();
});

afterAll(async () => {
  await embedded?.close();
  await etcd?.close();
});

interface Output {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

/** `host:port`: with a scheme in front, the etcdctl of etcd 3.4 sends an authority that Node's HTTP/2 refuses. */
const hosts = () => [etcd.endpoint, embedded.endpoint].map((endpoint) => new URL(endpoint).host);

function etcdctl(host: string, args: readonly string[], input = ''): Promise<Output> {
  return new Promise((resolve) => {
    const child = execFile('etcdctl', ['--endpoints', host, ...args], { env: ENVIRONMENT }, (error, stdout, stderr) =>
      // The line of the client's own log tells time and place and the same error as the one after it.
      resolve({ stdout, stderr: stderr.replace(/^\{.*\}\n/gm, ''), status: error ? Number(error.code) : 0 }),
    );
    child.stdin?.end(input);
  });
}

const ENVIRONMENT = { ...process.env, ETCDCTL_API: '3' };

/** Runs a command against both stores; returns what it printed. `$LEASE` stands for the lease granted last. */
async function onBoth(command: string, input = ''): Promise<string> {
  const outputs = await Promise.all(
    hosts().map(async (host) => {
      const args = command.split(' ').map((word) => word.replace('$LEASE', leases.get(host) ?? ''));
      const output = await etcdctl(host, args, input);
      const granted = /lease ([0-9a-f]+) granted/.exec(output.stdout)?.[1];
      if (granted !== undefined) leases.set(host, granted);
      return { ...output, stdout: withoutIds(output.stdout, host) };
    }),
  );
  expect(outputs[1], command).toEqual(outputs[0]);
  return (outputs[1]?.stdout ?? '') + (outputs[1]?.stderr ?? '');
}

const leases = new Map<string, string>();

function withoutIds(text: string, host: string): string {
  const lease = leases.get(host) ?? 'no lease yet';
  return text
    .replaceAll(lease, 'LEASE')
    .replace(/(lease"|Lease") ?: ?[1-9]\d*/g, '$1:LEASE')
    .replace(/("(?:cluster_id|member_id|ClusterID|MemberID)" ?:) ?\d+/g, '$1ID')
    .replace(/^\/election\/[0-9a-f]+$/gm, '/election/LEASE')
    .replace(/remaining\(\d+s\)/, 'remaining(Ns)');
}

/** Starts a command that does not end by itself against both stores; ends it when so many lines have come. */
async function linesOnBoth(command: string, lines: number, meanwhile?: () => Promise<unknown>): Promise<string> {
  const children = hosts().map((host) => {
    const args = command.split(' ').map((word) => word.replace('$LEASE', leases.get(host) ?? ''));
    const child = spawn('etcdctl', ['--endpoints', host, ...args], { env: ENVIRONMENT });
    const printed = { text: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      printed.text += chunk.toString();
    });
    return { child, printed, host };
  });
  try {
    await meanwhile?.();
    const outputs = [];
    for (const { printed, host } of children) {
      await until(`${lines} lines of ${command}`, () => printed.text.split('\n').length > lines);
      outputs.push(withoutIds(printed.text, host));
    }
    expect(outputs[1], command).toEqual(outputs[0]);
    return outputs[1] ?? '';
  } finally {
    for (const { child } of children) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
  }
}

describe('etcdctl prints of the embedded store what it prints of etcd', () => {
  test('put and get', async () => {
    expect(await onBoth('put /specServer/1 http://10.0.0.1:3456')).toBe('OK\n');
    await onBoth('put /specServer/2 http://10.0.0.3:3456');
    expect(await onBoth('put /specServer/2 http://10.0.0.2:3456 --prev-kv')).toContain('10.0.0.3');
    await onBoth('put /specServer/3', 'from standard input');
    await onBoth('put /other 10.0.0.9:80');
    await onBoth('put /none --ignore-value');
    for (const flags of [
      '',
      ' -w json',
      ' -w fields',
      ' --keys-only',
      ' --print-value-only',
      ' --limit 2',
      ' --limit 2 -w json',
      ' --sort-by VALUE',
      ' --sort-by MODIFY --order DESCEND',
      ' --order DESCEND --limit 1',
      ' --rev 3',
      ' --rev 3 -w json',
      ' --rev 100',
      ' --count-only -w json',
    ]) {
      await onBoth(`get --prefix /specServer/${flags}`);
    }
    expect(await onBoth('get --prefix /specServer/ --keys-only')).toBe(
      '/specServer/1\n\n/specServer/2\n\n/specServer/3\n\n',
    );
    await onBoth('get /specServer/1 /specServer/3');
    await onBoth('get --from-key /specServer/2');
    await onBoth('get /none');
    await onBoth('get');
  });

  test('txn', async () => {
    const txn = (text: string) => onBoth('txn', text);
    expect(await txn('value("/other") = "10.0.0.9:80"\n\nput /other x\nget /other\n\nput /other y\n\n')).toContain(
      'SUCCESS',
    );
    expect(
      await txn(
        'version("/other") = "1"\nmod("/other") > "2"\n\nput /other x\n\nget --prefix /specServer/\ndel /other\n\n',
      ),
    ).toContain('FAILURE');
    await txn('create("/none") = "0"\n\nput /none 1\n\n\n');
    expect(await txn('\nput /twice 1\nput /twice 2\n\n\n')).toContain('duplicate key given');
  });

  test('watch with a revision, the previous values, and what happens meanwhile', async () => {
    const past = await linesOnBoth('watch --prefix /specServer/ --rev 2 --prev-kv', 14);
    expect(past.split('\n').slice(3, 11)).toEqual([
      ...['PUT', '/specServer/2', 'http://10.0.0.3:3456'],
      ...['PUT', '/specServer/2', 'http://10.0.0.3:3456', '/specServer/2', 'http://10.0.0.2:3456'],
    ]);
    await linesOnBoth('watch --prefix /specServer/ --rev 4', 12, async () => {
      await onBoth('put /specServer/4 new');
      await onBoth('del /specServer/4');
    });
    await linesOnBoth('watch --prefix / --rev 2 -w json', 1);
    await linesOnBoth('watch /specServer/4 -w fields --rev 1', 18);
  });

  test('del', async () => {
    expect(await onBoth('del /none')).toBe('1\n');
    expect(await onBoth('del /none')).toBe('0\n');
    expect(await onBoth('del --prefix /specServer/ --prev-kv')).toContain('http://10.0.0.2:3456');
    await onBoth('get --prefix / -w json');
  });

  test('lease', async () => {
    expect(await onBoth('lease grant 600')).toBe('lease LEASE granted with TTL(600s)\n');
    await onBoth('put /leased 1 --lease $LEASE');
    await onBoth('put /leased/too 2 --lease $LEASE');
    expect(await onBoth('get /leased -w fields')).toContain('"Lease"');
    expect(await onBoth('lease list')).toBe('found 1 leases\nLEASE\n');
    await onBoth('lease timetolive $LEASE');
    expect(await onBoth('lease keep-alive --once $LEASE')).toBe('lease LEASE keepalived with TTL(600)\n');
    await linesOnBoth('lease keep-alive $LEASE', 1);
    await onBoth('put /unleased 1 --lease 77');
    await onBoth('put /leased/too --ignore-value');
    expect(await onBoth('lease timetolive $LEASE --keys')).toContain('attached keys([/leased])');
    expect(await onBoth('lease revoke $LEASE')).toBe('lease LEASE revoked\n');
    await onBoth('lease revoke $LEASE');
    await onBoth('lease timetolive $LEASE');
    await onBoth('lease keep-alive --once $LEASE');
    await onBoth('get --prefix /leased -w json');
  });

  test('compaction', async () => {
    await onBoth('compaction 5');
    expect(await onBoth('compaction 5')).toContain('required revision has been compacted');
    await onBoth('compaction 1000');
    await onBoth('get --prefix / --rev 4');
    await onBoth('get --prefix / --rev 5');
    // etcdctl ends with an error when the watch is canceled.
    expect(await onBoth('watch --prefix / --rev 4')).toContain('required revision has been compacted');
  });

  test('elect and lock, which are made of the rest', async () => {
    const locked = await onBoth('lock /lock true');
    expect(locked).toBe('');
    await linesOnBoth('elect /election candidate', 2);
  });

  test('endpoint health, endpoint status and member list', async () => {
    for (const host of hosts()) {
      const { stdout, stderr } = await etcdctl(host, ['endpoint', 'health']);
      expect(stdout + stderr).toContain('is healthy');
    }
    const statuses = await Promise.all(
      hosts().map(async (host) => {
        const { stdout } = await etcdctl(host, ['endpoint', 'status', '-w', 'json']);
        const [{ Endpoint, Status }] = JSON.parse(stdout);
        expect(Status.leader).toBe(Status.header.member_id);
        return { isThere: Endpoint === host, version: Status.version, fields: Object.keys(Status).sort() };
      }),
    );
    expect(statuses[1]).toEqual(statuses[0]);
    const members = await Promise.all(
      hosts().map(async (host) => {
        const { stdout } = await etcdctl(host, ['member', 'list', '-w', 'json']);
        const { members } = JSON.parse(stdout);
        return members.map(({ clientURLs }: { clientURLs: string[] }) =>
          clientURLs.map((url) => new URL(url).host === host),
        );
      }),
    );
    expect(members).toEqual([[[true]], [[true]]]);
  });
});
