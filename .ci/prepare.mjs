// What `npm start` and `npm test` need before they can run: the npm packages of the lock file and, with --tools, the
// Debian packages that the tests talk to. Plain JavaScript, because nothing is installed or built yet.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Program → the Debian package that has it. A test that needs a program names it in `requireTool`. */
const tools = {
  etcd: 'etcd-server',
  etcdctl: 'etcd-client',
  dig: 'bind9-dnsutils',
  nginx: 'nginx-light',
  ip: 'iproute2',
  unshare: 'util-linux',
  python3: 'python3-minimal',
  openssl: 'openssl',
};

function run(command, args, env = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } }).status ?? 1;
}

function has(program) {
  const directories = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`.split(':');
  return directories.some((directory) => existsSync(`${directory}/${program}`));
}

/** npm writes this file last, so one older than the lock file means a broken or an outdated install. */
const installed = `${root}node_modules/.package-lock.json`;
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(`${root}package-lock.json`).mtimeMs) {
  console.log('installing the npm packages of package-lock.json');
  // No package here needs its install script. The log level hides one warning: dns2 declares Node 22, and runs on 20.
  const status = run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  if (status !== 0) process.exit(status);
}

if (process.argv.includes('--tools')) {
  const missing = Object.entries(tools).filter(([program]) => !has(program));
  const packages = [...new Set(missing.map(([, name]) => name))];
  if (packages.length > 0 && process.getuid?.() === 0 && has('apt-get')) {
    console.log(`installing Debian packages for the tests: ${packages.join(' ')}`);
    const quiet = { DEBIAN_FRONTEND: 'noninteractive' };
    run('apt-get', ['update', '-qq'], quiet);
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], quiet);
  }
  for (const [program, name] of missing) {
    if (!has(program)) console.error(`WARNING: ${program} (Debian: ${name}) is missing; the tests that need it are left out`);
  }
}
