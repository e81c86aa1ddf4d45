// A gateway under load while instances come, go and crash, and what the load noticed: etcd, svcdns, nginx with the
// nginx.conf beside this file, and instances with `svcdns register` around them. Exits with 1 when a promise is broken.
//   npm run build && node examples/gateway/run.mjs [--lease SECONDS] [--phase SECONDS]
// Needs nginx, and Linux, where all of 127.0.0.0/8 is this host. Without an etcd it takes the store of `svcdns dev`.
import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Load } from './load.mjs';
import { freePort, hasProgram, Program, UNTIL_PARENT_ENDS, until } from './programs.mjs';
import { report } from './report.mjs';

const { values } = parseArgs({
  options: {
    // How long an instance outlives its process in etcd; the default of `svcdns register`.
    lease: { type: 'string', default: '10' },
    // How long to look on after each change.
    phase: { type: 'string', default: '5' },
  },
});
const leaseSeconds = Number(values.lease);
const phaseMs = Number(values.phase) * 1000;

/** Seconds; the default of `svcdns serve`. */
const TTL_SECONDS = 5;

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const SVCDNS = [process.execPath, path('../../dist/main.js')];
if (!existsSync(SVCDNS[1])) {
  console.error('run.mjs: svcdns is not built: npm run build');
  process.exit(2);
}

/** Of this run alone, so that it meets neither other servers nor other runs. */
const network = `127.${randomInt(1, 255)}.${randomInt(0, 256)}`;
const directory = mkdtempSync(join(tmpdir(), 'svcdns-gateway-'));
process.once('exit', () => rmSync(directory, { recursive: true, maxRetries: 10 }));
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => process.exit(1));

const etcd = await startEtcd(`${network}.1`);
const dns = await startSvcdns(`${network}.2`);
const instancePort = await freePort(`${network}.11`);
const gateways = await startNginx(`${network}.3`);

const [one, two, three, four] = [1, 2, 3, 4].map(startInstance);
for (const { program } of [one, two, three, four]) await program.logged('registered');
await until('the gateway answers', () => fetch(gateways.plain).then(({ ok }) => ok));

const phases = [];
const load = new Load(gateways);
await phase('four instances', async () => undefined);
const joined = [5, 6].map(startInstance);
await phase('two more come', async () => {
  for (const instance of joined) instance.waitedMs = await firstRequestAfterMs(instance);
});
await phase('two leave politely', async () => {
  for (const { program } of [one, two]) program.signal('SIGTERM');
  for (const { program } of [one, two]) await program.ended();
});
await phase('one is killed', async () => {
  three.program.signal('SIGKILL');
  await delay((leaseSeconds + TTL_SECONDS) * 1000);
});
await load.stop();
const waitedSeconds = joined.map(({ waitedMs }) => waitedMs / 1000);
const isKept = report({ results: load.results, phases, waitedSeconds, leaseSeconds, ttlSeconds: TTL_SECONDS });
// All else is killed with this process.
process.exit(isKept ? 0 : 1);

async function startEtcd(address) {
  if (!hasProgram('etcd')) {
    // Only for its store. Its samples are put where they are no instances of specServer.svc.local.
    const flags = ['--map', '/samples=svc.local', '--listen', address, '--port', '0', '--http', 'off'];
    const dev = new Program([...SVCDNS, 'dev', ...flags, '--log-format', 'json']);
    return (await dev.logged('started')).etcd[0];
  }
  const client = `http://${address}:${await freePort(address)}`;
  const peer = `http://${address}:${await freePort(address)}`;
  const program = new Program([
    ...['etcd', '--data-dir', join(directory, 'etcd'), '--logger', 'zap', '--log-level', 'error'],
    ...['--listen-client-urls', client, '--advertise-client-urls', client],
    ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
  ]);
  await program.until('etcd is ready', () =>
    fetch(`${client}/health`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return client;
}

async function startSvcdns(address) {
  const program = new Program([
    ...[...SVCDNS, 'serve', '--etcd', etcd, '--listen', address, '--port', '0', '--http', 'off'],
    ...['--ttl', String(TTL_SECONDS), '--log-format', 'json'],
  ]);
  return `${address}:${(await program.logged('started')).port}`;
}

/** Starts nginx with nginx.conf, in which all stands as it is but for addresses and ports. */
async function startNginx(address) {
  const listen = { retrying: `${address}:${await freePort(address)}`, plain: `${address}:${await freePort(address)}` };
  const config = readFileSync(path('nginx.conf'), 'utf8')
    .replaceAll('127.0.0.1:1053', dns)
    .replaceAll('127.0.0.1:8080', listen.retrying)
    .replaceAll('127.0.0.1:8081', listen.plain)
    .replaceAll(':3456', `:${instancePort}`);
  writeFileSync(join(directory, 'nginx.conf'), config);
  // One process, so that nothing is left when it is killed.
  const nginx = ['nginx', '-e', 'stderr', '-p', directory, '-c', 'nginx.conf', '-g', 'master_process off;'];
  const program = new Program(nginx);
  const urls = { retrying: `http://${listen.retrying}/`, plain: `http://${listen.plain}/` };
  await program.until('nginx listens', () =>
    fetch(urls.plain).then(
      () => true,
      () => false,
    ),
  );
  return urls;
}

function startInstance(id) {
  const address = `${network}.${10 + id}`;
  const program = new Program([
    ...[...SVCDNS, 'register', 'specServer', '--etcd', etcd, '--id', String(id), '--ttl', String(leaseSeconds)],
    ...['--address', `http://${address}:${instancePort}`, '--log-format', 'json', '--'],
    ...[...UNTIL_PARENT_ENDS, process.execPath, path('provider.mjs'), String(id), address, String(instancePort)],
  ]);
  return { id: String(id), program };
}

/** From its registration to the first request that it answered. */
async function firstRequestAfterMs({ id, program }) {
  const registered = await program.logged('registered');
  const first = () =>
    Object.values(load.results)
      .flat()
      .find(({ answeredBy }) => answeredBy === id);
  await until(`requests reach instance ${id}`, () => first() !== undefined);
  return Math.max(0, first().endedAt - registered.readAt);
}

async function phase(name, change) {
  phases.push({ name, startedAt: performance.now() });
  await change();
  await delay(phaseMs);
}
