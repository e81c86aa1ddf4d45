// What `npm start` and `npm test` need before they can run: the npm packages of the lock file and, with --tools, the
// Debian packages that the tests talk to. Plain JavaScript, because nothing is installed or built yet.

import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { has, leftOut, missingPrograms, packages } from './tools.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

function run(command, args, env = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } }).status ?? 1;
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
  const wanted = [...new Set(missingPrograms().map((program) => packages[program]))];
  if (wanted.length > 0 && process.getuid?.() === 0 && has('apt-get')) {
    console.log(`installing Debian packages for the tests: ${wanted.join(' ')}`);
    const quiet = { DEBIAN_FRONTEND: 'noninteractive' };
    run('apt-get', ['update', '-qq'], quiet);
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...wanted], quiet);
  }
  for (const { glob, lacks } of leftOut()) {
    const missing = lacks.map((program) => `${program} (Debian: ${packages[program]})`).join(', ');
    console.error(`WARNING: the tests of ${glob} are left out, for want of ${missing}`);
  }
}
