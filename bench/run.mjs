// `npm run bench`: every server that is installed, with the same names, on one CPU; the load on another. The servers take
// turns within each round, so that what else the machine does meets all of them alike.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { runConnections } from './connection-load.mjs';
import { instances } from './data.mjs';
import { runDnsperf } from './dnsperf.mjs';
import { describeMachine } from './machine.mjs';
import { readOptions } from './options.mjs';
import { cpuTime, memoryMiB } from './process-tree.mjs';
import { formatReport } from './report.mjs';
import { CLIENT_CPU, freePort, SERVER_CPU, startServer, temporaryDirectory } from './running.mjs';
import { findProgram, SERVERS } from './servers.mjs';
import { openStore } from './store.mjs';
import { summarize } from './summary.mjs';
import { WORKLOADS } from './workloads.mjs';

/** Seconds of load before the first measurement of a server: compilers of bytecode and caches have then done their work. */
const WARM_UP_SECONDS = 1;

const options = readOptions(process.argv.slice(2), {
  servers: Object.keys(SERVERS),
  workloads: Object.keys(WORKLOADS),
});
if (findProgram('dnsperf') === undefined || availableParallelism() < 2) {
  console.error('bench: needs dnsperf (Debian: dnsperf) and two CPUs');
  process.exit(1);
}
// This process makes load as well, and so do those that it starts without naming a CPU.
execFileSync('taskset', ['-acp', String(CLIENT_CPU), String(process.pid)]);

const directory = temporaryDirectory();
const present = options.servers.filter((name) => findProgram(SERVERS[name].program) !== undefined);
const missing = options.servers.filter((name) => !present.includes(name));
if (missing.length > 0) console.log(`not installed, and left out: ${missing.join(', ')}`);

const machine = describeMachine();
const samples = [];
/** Measurements that gave no figures, and why. */
const failures = [];
for (const dataSet of ['small', 'wide']) {
  const workloads = options.workloads.filter((name) => WORKLOADS[name].data === dataSet);
  if (workloads.length > 0) await measureDataSet(dataSet, workloads);
}

const { rounds, seconds, rate } = options;
const result = {
  startedAt: machine.startedAt,
  method: { rounds, seconds, rate, serverCpu: SERVER_CPU, clientCpu: CLIENT_CPU },
  machine: { ...machine, loadAverageAfter: describeMachine().loadAverage },
  servers: Object.fromEntries(
    present.map((name) => {
      const { title, program, version } = SERVERS[name];
      return [name, { title, version: version(findProgram(program)) }];
    }),
  ),
  missing,
  summary: summarize(samples),
  failures,
  samples,
};
const { markdown, svg } = formatReport(result);
mkdirSync(options.out, { recursive: true });
writeFileSync(join(options.out, 'servers.json'), `${JSON.stringify(result, undefined, 1)}\n`);
writeFileSync(join(options.out, 'servers.md'), markdown);
writeFileSync(join(options.out, 'servers.svg'), svg);
console.log(`\n${markdown}\nwritten to ${options.out}`);

/** Measures all servers that hold one set of data at the same time; those that wait for their turn are idle. */
async function measureDataSet(dataSet, workloads) {
  const store = await openStore(instances(dataSet));
  const running = new Map();
  try {
    for (const name of present) {
      const place = {
        directory: join(directory, `${name}-${dataSet}`),
        port: await freePort(),
        dataSet,
        storeEndpoint: store.endpoint,
      };
      const server = SERVERS[name];
      running.set(name, { process: await startServer(server, findProgram(server.program), place), port: place.port });
    }
    const questions = new Map(workloads.map((name) => [name, writeQuestions(name)]));
    for (const name of present) {
      for (const workload of workloads) {
        // A failure that lasts is told when it costs a measurement.
        await load(workload, questions, running.get(name).port, WARM_UP_SECONDS).catch(() => undefined);
      }
    }
    for (let round = 0; round < options.rounds; round += 1) {
      for (const workload of workloads) {
        // Another one begins in each round: whatever follows a heavy load is no one's lot for ever.
        const order = present.map((_, index) => present[(index + round) % present.length]);
        for (const server of order) {
          try {
            const sample = await measure(workload, questions, running.get(server));
            samples.push({ round, workload, server, ...sample });
            tell(round, workload, server, sample);
          } catch (error) {
            failures.push({ round, workload, server, reason: String(error) });
            console.log(`round ${round + 1} ${workload} ${server}: ${error}`);
          }
        }
      }
    }
  } finally {
    await Promise.all(Array.from(running.values(), ({ process: server }) => server.close()));
    await store.close();
  }
}

function writeQuestions(workload) {
  const list = WORKLOADS[workload].questions();
  const file = join(directory, `${workload}.questions`);
  writeFileSync(file, `${list.join('\n')}\n`);
  return { file, list };
}

/** Two runs: as many queries as the server answers, for what one costs; and a fixed rate, for how long one takes. */
async function measure(workload, questions, { process: server, port }) {
  server.checkAlive();
  const startedMs = performance.now();
  const before = cpuTime(server.pid);
  const full = await load(workload, questions, port, options.seconds);
  const after = cpuTime(server.pid);
  const elapsedSeconds = (performance.now() - startedMs) / 1_000;
  const ratePerSecond = Math.min(options.rate, WORKLOADS[workload].maxRate ?? Number.POSITIVE_INFINITY);
  const paced = await load(workload, questions, port, options.seconds, ratePerSecond);
  const userSeconds = after.userSeconds - before.userSeconds;
  const systemSeconds = after.systemSeconds - before.systemSeconds;
  return {
    cpuUs: perQueryUs(userSeconds + systemSeconds, full.completed),
    userUs: perQueryUs(userSeconds, full.completed),
    systemUs: perQueryUs(systemSeconds, full.completed),
    cpuShare: (userSeconds + systemSeconds) / elapsedSeconds,
    ...full,
    rate: ratePerSecond,
    latency: paced.latency,
    lostAtRate: paced.lost,
    memoryMiB: memoryMiB(server.pid),
  };
}

function perQueryUs(seconds, queries) {
  return queries === 0 ? undefined : (seconds * 1e6) / queries;
}

function load(workload, questions, port, seconds, rate) {
  const { transport, flags } = WORKLOADS[workload];
  const { file, list } = questions.get(workload);
  const paced = rate === undefined ? {} : { rate };
  if (transport === 'tcp-connections') return runConnections({ port, questions: list, seconds, ...paced });
  const outputFile = join(directory, 'dnsperf.out');
  return runDnsperf({ port, questionsFile: file, transport, flags, seconds, outputFile, ...paced });
}

function tell(round, workload, server, { cpuUs, queriesPerSecond, latency, lost }) {
  const figures = `${cpuUs?.toFixed(2)} µs CPU, ${Math.round(queriesPerSecond)}/s, p99 ${latency.p99Us?.toFixed(0)} µs`;
  console.log(`round ${round + 1} ${workload} ${server}: ${figures}${lost > 0 ? `, ${lost} lost` : ''}`);
}
