// Connections that etcd asks something of: certificates, users, tokens that expire, permissions that go and come.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import type { EtcdAuth, EtcdOptions } from '../../src/etcd/options.ts';
import { type EtcdMember, startEtcd, type TlsFiles, temporaryDirectory } from '../support/etcd.ts';
import { until } from '../support/until.ts';
import { RecordedFollower, type RecordOptions } from './recorded-follower.ts';

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'ignore' });
}

/** An authority, and a certificate of it that serves for 127.0.0.1 and as a client's. */
function createCertificates(context: TestContext): TlsFiles {
  const directory = temporaryDirectory(context);
  const [ca, caKey, certificate, key, request, extensions] = ['ca', 'ca-key', 'one', 'one-key', 'csr', 'ext'].map(
    (name) => join(directory, `${name}.pem`),
  ) as [string, string, string, string, string, string];
  writeFileSync(extensions, 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n');
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...newKey, '-keyout', caKey, '-out', ca, '-subj', '/CN=test authority', '-days', '2');
  openssl('req', ...newKey, '-keyout', key, '-out', request, '-subj', '/CN=one');
  const signing = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-days', '2', '-extfile', extensions];
  openssl('x509', '-req', '-in', request, '-out', certificate, ...signing);
  return { ca, certificate, key };
}

function follow({ onTestFinished }: TestContext, options: EtcdOptions, record?: RecordOptions): RecordedFollower {
  const recorded = new RecordedFollower(options, record);
  onTestFinished(() => recorded.follower.close());
  return recorded;
}

async function start({ onTestFinished }: TestContext, options: Parameters<typeof startEtcd>[0] = {}) {
  const etcd = await startEtcd(options);
  onTestFinished(() => etcd.close());
  return etcd;
}

describe.concurrent('an etcd with TLS that asks for client certificates', () => {
  it('is followed with our certificate', async (context) => {
    const files = createCertificates(context);
    const etcd = await start(context, { tls: files });
    await etcd.etcdctl('put', '/a/1', '10.0.0.1:8080');
    const tls = {
      ca: readFileSync(files.ca),
      certificate: readFileSync(files.certificate),
      key: readFileSync(files.key),
    };
    const recorded = follow(context, { endpoints: [etcd.endpoint], tls });
    await recorded.live();
    await etcd.etcdctl('put', '/a/2', '10.0.0.2:8080');
    await until('the put is followed', () => recorded.table.size === 2);
  });

  it('is not followed without one, nor when another authority signed its certificate', async (context) => {
    const files = createCertificates(context);
    const other = createCertificates(context);
    const etcd = await start(context, { tls: files });
    const anonymous = follow(context, { endpoints: [etcd.endpoint], tls: { ca: readFileSync(files.ca) } });
    const deceived = follow(context, { endpoints: [etcd.endpoint], tls: { ca: readFileSync(other.ca) } });
    for (const recorded of [anonymous, deceived]) {
      await until('two attempts have failed', () => recorded.eventsOf('session-ended').length >= 2);
      expect(recorded.follower.state).toBe('syncing');
      expect(recorded.follower.counters.lists).toBe(0);
    }
  });
});

const ROOT: EtcdAuth = { username: 'root', password: 'of all' };
const READER: EtcdAuth = { username: 'reader', password: 'of services' };
const AS_ROOT = ['--user', `${ROOT.username}:${ROOT.password}`];

/** Turns users on: `reader` may read `/a/`, and nothing else. */
async function enableUsers(etcd: EtcdMember): Promise<void> {
  await etcd.etcdctl('user', 'add', `${ROOT.username}:${ROOT.password}`);
  await etcd.etcdctl('user', 'grant-role', 'root', 'root');
  await etcd.etcdctl('role', 'add', 'services');
  await etcd.etcdctl('role', 'grant-permission', 'services', '--prefix', 'read', '/a/');
  await etcd.etcdctl('user', 'add', `${READER.username}:${READER.password}`);
  await etcd.etcdctl('user', 'grant-role', READER.username, 'services');
  await etcd.etcdctl('auth', 'enable');
}

describe.concurrent('an etcd with users', () => {
  it('is followed with the right to read the prefix and no other, also after a restart forgot all tokens', async (context) => {
    const etcd = await start(context);
    await etcd.etcdctl('put', '/a/1', '10.0.0.1:8080');
    await enableUsers(etcd);
    const recorded = follow(context, { endpoints: [etcd.endpoint], auth: READER }, { prefixes: ['/a/'] });
    await recorded.live();
    await etcd.restart();
    await etcd.etcdctl(...AS_ROOT, 'put', '/a/2', '10.0.0.2:8080');
    await until('the put is followed', () => recorded.table.size === 2);
    expect(recorded.follower.counters.lists).toBe(1);
  });

  it('is followed past the end of tokens, on the same connection', async (context) => {
    const directory = temporaryDirectory(context);
    const [key, publicKey] = [join(directory, 'key.pem'), join(directory, 'public.pem')];
    openssl('genrsa', '-out', key, '2048');
    openssl('rsa', '-in', key, '-pubout', '-out', publicKey);
    const token = `jwt,pub-key=${publicKey},priv-key=${key},sign-method=RS256,ttl=2s`;
    const etcd = await start(context, { flags: ['--auth-token', token] });
    await enableUsers(etcd);
    const recorded = follow(context, { endpoints: [etcd.endpoint], auth: READER }, { prefixes: ['/a/'] });
    await recorded.live();
    const startedMs = performance.now();
    await until('two tokens have expired', () => performance.now() - startedMs > 5000);
    await etcd.etcdctl(...AS_ROOT, 'put', '/a/1', '10.0.0.1:8080');
    await until('the put is followed', () => recorded.table.size === 1);
    expect(recorded.eventsOf('session-ended')).toEqual([]);
    expect(recorded.eventsOf('probe-failed')).toEqual([]);
  });

  it.for([
    ['a wrong password', { auth: { username: READER.username, password: 'wrong' } }],
    ['no user', {}],
  ] as const)('is not followed with %s, and says why', async ([, auth], context) => {
    const etcd = await start(context);
    await enableUsers(etcd);
    const recorded = follow(context, { endpoints: [etcd.endpoint], ...auth }, { prefixes: ['/a/'] });
    await until('two attempts are refused', () => recorded.follower.counters.sessionsEnded.authentication >= 2);
    expect(recorded.follower.state).toBe('syncing');
  });

  it('takes the permission away and gives it back: stale meanwhile, never empty', async (context) => {
    const etcd = await start(context);
    await etcd.etcdctl('put', '/a/1', '10.0.0.1:8080');
    await enableUsers(etcd);
    const recorded = follow(context, { endpoints: [etcd.endpoint], auth: READER }, { prefixes: ['/a/'] });
    await recorded.live();
    await etcd.etcdctl(...AS_ROOT, 'user', 'revoke-role', READER.username, 'services');
    await recorded.stale();
    await until('an attempt without permission has failed', () => recorded.eventsOf('session-ended').length >= 2);
    expect(recorded.eventsOf('session-ended').at(-1)?.reason).toBe('permission');
    await etcd.etcdctl(...AS_ROOT, 'put', '/a/2', '10.0.0.2:8080');
    expect([...recorded.table.keys()]).toEqual(['/a/1']);
    await etcd.etcdctl(...AS_ROOT, 'user', 'grant-role', READER.username, 'services');
    await recorded.live();
    await until('the put is followed', () => recorded.table.size === 2);
    expect(recorded.wasEmptied).toBe(false);
  });

  it('does not let us read every prefix that is asked for: nothing is reported', async (context) => {
    const etcd = await start(context);
    await etcd.etcdctl('put', '/a/1', '10.0.0.1:8080');
    await enableUsers(etcd);
    const recorded = follow(context, { endpoints: [etcd.endpoint], auth: READER }, { prefixes: ['/a/', '/b/'] });
    await until('two attempts have failed', () => recorded.eventsOf('session-ended').length >= 2);
    expect(recorded.eventsOf('session-ended')[0]?.reason).toBe('permission');
    expect(recorded.batches).toEqual([]);
  });
});
