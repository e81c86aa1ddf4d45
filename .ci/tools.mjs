// The programs that tests talk to, the Debian packages that have them, and the test files that cannot run without them.
// `prepare.mjs` installs what is missing where it may; vitest leaves out the files that still lack something.

import { existsSync } from 'node:fs';

/** Program → Debian package. */
export const packages = {
  etcd: 'etcd-server',
  etcdctl: 'etcd-client',
  dig: 'bind9-dnsutils',
  nginx: 'nginx-light',
  haproxy: 'haproxy',
  ip: 'iproute2',
  setpriv: 'util-linux',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  python3: 'python3-minimal',
  openssl: 'openssl',
  go: 'golang-go',
  javac: 'default-jdk-headless',
};

const STORE = ['etcd', 'etcdctl', 'setpriv'];
const NETWORK = ['ip', 'unshare', 'nsenter', 'setpriv', 'python3', 'dig'];

/** Test files (globs) → the programs that they run. */
const needs = {
  'test/etcd/{follower,audit,process-faults}.test.ts': STORE,
  'test/etcd/security.test.ts': [...STORE, 'openssl'],
  'test/embedded/{parity,etcdctl}.test.ts': STORE,
  'test/commands/{list,watch,register}.test.ts': STORE,
  'test/registrar/{discover,faults,many,ownership,wall-clock}.test.ts': STORE,
  'test/server/{server,udp,tcp}.test.ts': NETWORK,
  'test/e2e/**/*.test.ts': [...STORE, ...NETWORK, 'nginx'],
  'test/e2e/recipes.test.ts': ['haproxy'],
  'test/examples/{cluster,providers}.test.ts': [...STORE, 'dig', 'python3'],
  'test/examples/gateway.test.ts': [...STORE, 'nginx'],
  'test/examples/haproxy.test.ts': [...STORE, 'dig', 'haproxy'],
  'test/examples/provider-go.test.ts': [...STORE, 'dig', 'go'],
  'test/examples/provider-java.test.ts': [...STORE, 'dig', 'javac'],
};

/** Debian keeps servers out of the path of those who are not root. */
const directories = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`.split(':');

export function has(program) {
  return directories.some((directory) => existsSync(`${directory}/${program}`));
}

export function missingPrograms() {
  return Object.keys(packages).filter((program) => !has(program));
}

/** The globs of the test files that cannot run here, each with the programs that it lacks. */
export function leftOut() {
  const missing = new Set(missingPrograms());
  return Object.entries(needs)
    .map(([glob, programs]) => ({ glob, lacks: programs.filter((program) => missing.has(program)) }))
    .filter(({ lacks }) => lacks.length > 0);
}
