// `npm run bench:registry`: svcdns beside a real etcd. How long it takes to be ready and how much memory, what one change
// costs, and how soon a change that etcd has acknowledged is in an answer. Nothing is pinned to a CPU.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serviceName, ZONE } from './data.mjs';
import { startEtcd } from './etcd.mjs';
import { measureFreshness } from './freshness.mjs';
import { describeMachine } from './machine.mjs';
import { cpuTime, memoryMiB } from './process-tree.mjs';
import { answerHolds, UdpClient } from './query.mjs';
import { formatRegistryReport } from './registry-report.mjs';
import { freePort, Running, temporaryDirectory, until } from './running.mjs';
import { findProgram } from './servers.mjs';
import { median, percentile } from './statistics.mjs';
import { openWriter } from './store.mjs';

const SVCDNS = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const OUT = fileURLToPath(new URL('results', import.meta.url));

const INSTANCES_PER_SERVICE = 10;

/** Instances that are promised to be served well, and how many are measured: a small number beside it. */
const PROMISED_SIZE = 100_000;
const SIZES = [1_000, PROMISED_SIZE];

/** Starts of svcdns for each size; the figures are medians over them. */
const STARTS = 3;

/** Changes one after the other, for what one costs. */
const CHANGES = 1_000;

/** Milliseconds from a change to the first query for it: it has then arrived, and the query finds no answer kept. */
const SETTLE_MS = 5;

/** Puts a second, and seconds of them. */
const PUT_RATES = [100, 1_000];
const FRESHNESS_SECONDS = 10;

/** Numbers the changes of all measurements, so that each one brings an address that was not there before. */
let changes = 2 ** 23;

if (findProgram('etcd') === undefined) {
  console.error('bench: needs etcd (Debian: etcd-server)');
  process.exit(1);
}
const directory = temporaryDirectory();
const machine = describeMachine();
const sizes = [];
for (const size of SIZES) sizes.push(await measureSize(size));
const result = { machine: { ...machine, loadAverageAfter: describeMachine().loadAverage }, starts: STARTS, sizes };
const markdown = formatRegistryReport(result);
mkdirSync(OUT, { recursive: true });
writeFileSync(join(OUT, 'registry.json'), `${JSON.stringify(result, undefined, 1)}\n`);
writeFileSync(join(OUT, 'registry.md'), markdown);
console.log(`\n${markdown}\nwritten to ${OUT}`);

async function measureSize(size) {
  const services = size / INSTANCES_PER_SERVICE;
  console.log(`${size} instances in ${services} services`);
  const etcd = await startEtcd(join(directory, String(size)));
  const writer = openWriter(etcd.endpoint);
  try {
    await writer.putAll(entries(services));
    const starts = [];
    for (let start = 1; start < STARTS; start += 1) {
      const server = await startSvcdns(etcd.endpoint);
      starts.push(server.figures);
      await server.close();
    }
    const server = await startSvcdns(etcd.endpoint);
    starts.push(server.figures);
    const client = new UdpClient(server.port);
    try {
      return {
        instances: size,
        services,
        start: Object.fromEntries(
          Object.keys(server.figures).map((name) => [name, median(starts.map((s) => s[name]))]),
        ),
        starts,
        change: await measureChanges({ services, writer, client, pid: server.pid }),
        // Fewer services than puts would have some changed again before anyone has asked.
        freshness: size === PROMISED_SIZE ? await eachRate({ services, writer, client, endpoint: etcd.endpoint }) : [],
        memoryMiBAfter: memoryMiB(server.pid),
      };
    } finally {
      await client.close();
      await server.close();
    }
  } finally {
    writer.close();
    await etcd.close();
  }
}

function entries(services) {
  return Array.from({ length: services * INSTANCES_PER_SERVICE }, (_, index) => {
    const service = serviceName(Math.floor(index / INSTANCES_PER_SERVICE));
    return { key: `/${service}/${1 + (index % INSTANCES_PER_SERVICE)}`, value: `http://${address(index)}:8080` };
  });
}

/** An address of its own for each number. */
function address(number) {
  return `10.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;
}

/** Starts svcdns and waits until it says that it is ready, and answers. */
async function startSvcdns(endpoint) {
  const port = await freePort();
  const http = `127.0.0.1:${await freePort()}`;
  const startedMs = performance.now();
  const server = new Running(
    process.execPath,
    [
      ...[SVCDNS, 'serve', '--etcd', endpoint, '--zone', ZONE, '--listen', '127.0.0.1', '--port', String(port)],
      ...['--http', http, '--log-level', 'error'],
    ],
    { cwd: directory },
  );
  await until('svcdns is ready', async () => {
    server.checkAlive();
    const response = await fetch(`http://${http}/readyz`).catch(() => undefined);
    return response?.ok ?? false;
  });
  const readyMs = performance.now() - startedMs;
  const { userSeconds, systemSeconds } = cpuTime(server.pid);
  return {
    port,
    pid: server.pid,
    figures: { readyMs, cpuSeconds: userSeconds + systemSeconds, memoryMiB: memoryMiB(server.pid) },
    close: () => server.close(),
  };
}

async function measureChanges({ services, writer, client, pid }) {
  const firstUs = [];
  const secondUs = [];
  const before = cpuTime(pid);
  for (let done = 0; done < CHANGES; done += 1) {
    const { service, entry, octets } = nextChange(services, done);
    await writer.put(entry);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    for (const figures of [firstUs, secondUs]) {
      const askedMs = performance.now();
      const reply = await client.ask(`${service}.${ZONE} A`);
      // One that is still on its way would be measured as a kept answer.
      if (reply !== undefined && answerHolds(reply, octets)) figures.push((performance.now() - askedMs) * 1_000);
    }
  }
  const after = cpuTime(pid);
  const cpuSeconds = after.userSeconds + after.systemSeconds - before.userSeconds - before.systemSeconds;
  return {
    count: CHANGES,
    /** Of svcdns, for a change and the two queries that follow it. */
    cpuUs: (cpuSeconds * 1e6) / CHANGES,
    firstQueryUs: figuresOf(firstUs),
    secondQueryUs: figuresOf(secondUs),
  };
}

function nextChange(services, number) {
  const service = serviceName((number * 7919) % services);
  changes += 1;
  const text = address(changes);
  return {
    service,
    entry: { key: `/${service}/1`, value: `http://${text}:8080` },
    octets: Buffer.from(text.split('.').map(Number)),
  };
}

async function eachRate({ services, writer, client, endpoint }) {
  const measured = [];
  for (const rate of PUT_RATES) {
    measured.push(
      await measureFreshness({
        rate,
        seconds: FRESHNESS_SECONDS,
        endpoint,
        put: (entry) => writer.put(entry),
        ask: (question) => client.ask(question),
        nextChange: (number) => nextChange(services, number),
      }),
    );
  }
  return measured;
}

function figuresOf(microseconds) {
  const sorted = Float64Array.from(microseconds).sort();
  return { count: sorted.length, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
}
