// What the container files promise, where no container engine is needed to see it. What docker-compose.yml starts is
// tested in operation by compose.test.ts.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../src/config/read.ts';
import { Program } from '../support/program.ts';
import { CHECKOUT } from '../support/svcdns.ts';
import { readServices } from './compose.ts';
import { readDockerfile, readImage } from './dockerfile.ts';

/** Milliseconds from SIGTERM to the end; an engine kills after 10 s. */
const STOP_MS = 2_000;

interface Scripts {
  readonly build: string;
  readonly check: string;
  readonly test: string;
}

function read(path: string): string {
  return readFileSync(join(CHECKOUT, path), 'utf8');
}

function settingsOf(
  environment: Readonly<Record<string, string>>,
  argv: readonly string[],
): ReturnType<typeof readSettings> {
  const { environment: own } = readImage();
  return readSettings({ argv, env: { ...own, ...environment }, readFile: read });
}

describe('the Dockerfile', () => {
  it('copies only what is in the checkout and what .dockerignore lets through', () => {
    const admitted = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = readDockerfile()
      .filter(({ word, rest }) => word === 'COPY' && !rest.startsWith('--from='))
      .flatMap(({ rest }) => rest.split(' ').slice(0, -1))
      .map((source) => source.replace(/\/$/, ''));
    expect(copied.sort()).toEqual(admitted.sort());
    for (const source of copied) expect(existsSync(join(CHECKOUT, source)), source).toBe(true);
  });

  it('runs steps that CI runs: scripts of package.json and of .ci', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Scripts };
    const steps = readDockerfile()
      .filter(({ word }) => word === 'RUN')
      .map(({ rest }) => rest);
    expect(steps.slice(0, -1)).toEqual(['node .ci/prepare.mjs', 'npm run --silent build']);
    expect(scripts.build).toContain('tsc');
    expect(scripts.check).toContain('node .ci/prepare.mjs');
    expect(scripts.test).toContain('npm run --silent build');
  });

  it('has a user, and settings that svcdns takes', () => {
    const { user, command } = readImage();
    expect(user).toBe('node');
    const call = settingsOf({}, command);
    expect(call).toMatchObject({ kind: 'settings', command: 'serve' });
  });

  it('needs no privilege, no writable file and no init: PID 1 answers its health check and ends with 0 on SIGTERM', async (context) => {
    const { entrypoint, command, environment, health } = readImage();
    const script = `ip link set lo up && mount -o remount,bind,ro / && ! touch dist/written 2>/dev/null &&
      exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$0" "$@"`;
    const isolated = ['unshare', '-rnmp', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', script];
    const program = Program.start(context, [...isolated, ...entrypoint, ...command], {
      cwd: CHECKOUT,
      env: environment,
    });
    await program.until('listens', () => program.stderr.includes('"kind":"started"'));
    const server = readFileSync(`/proc/${program.pid}/task/${program.pid}/children`, 'utf8').trim();

    const inside = ['nsenter', '--preserve-credentials', '-U', '-n', '-t', server];
    const check = Program.start(context, [...inside, ...health], { cwd: CHECKOUT });
    expect(await check.ended()).toBe(0);

    const startedMs = performance.now();
    process.kill(Number(server), 'SIGTERM');
    expect(await program.ended()).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(STOP_MS);
  });
});

describe('docker-compose.yml', () => {
  const services = readServices();
  const servers = Object.values(services).filter(
    ({ image, entrypoint }) => image === 'svcdns' && entrypoint === undefined,
  );

  it('gives both servers the same settings, which svcdns takes', () => {
    expect(servers).toHaveLength(2);
    for (const { environment } of servers) {
      const call = settingsOf(environment, readImage().command);
      expect(call).toMatchObject({ kind: 'settings', command: 'serve', settings: { port: 1053 } });
      expect(environment).toEqual(servers[0]?.environment);
    }
  });

  it('gives the servers the addresses at which nginx looks for them', () => {
    const [, resolvers] = /^\s*resolver (.*) valid=1s;$/m.exec(read('examples/compose/nginx.conf')) ?? [];
    expect(resolvers?.split(' ')).toEqual(servers.map(({ networks }) => `${networks?.default.ipv4_address}:1053`));
  });

  it('mounts files that are in the checkout, and publishes on this host only', () => {
    for (const { volumes, ports } of Object.values(services)) {
      for (const volume of volumes) expect(existsSync(join(CHECKOUT, volume.split(':')[0] ?? '')), volume).toBe(true);
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
  });
});
