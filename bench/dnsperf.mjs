// Runs dnsperf and reads what it prints. Its verbose mode has the latency of each query, which goes into a file and is
// read when the run is over, so that reading it takes no time from the run.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { percentile } from './statistics.mjs';

/** Sockets that dnsperf sends from, as several clients would; over TCP, connections. */
const UDP_CLIENTS = 10;
const TCP_CLIENTS = 4;

/** Queries that may wait for an answer: enough to keep any of the servers busy, fewer than a receive buffer holds. */
const OUTSTANDING_MAX = 100;

/** At a fixed rate the queries go out whether answers come or not, up to so many. */
const OUTSTANDING_MAX_AT_RATE = 5_000;

/** Seconds after which a query counts as lost. */
const TIMEOUT_SECONDS = 1;

/** Seconds beyond those of the run, after which dnsperf is killed: version 2.10 does not always end by itself. */
const OVERTIME_MAX_SECONDS = 5;

/**
 * @typedef {object} Latency
 * @property {number} count
 * @property {number | undefined} p50Us
 * @property {number | undefined} p99Us
 * @property {number | undefined} p999Us
 */

/**
 * @typedef {object} LoadResult
 * @property {number} completed
 * @property {number} lost
 * @property {number} queriesPerSecond
 * @property {number} replyOctets on average
 * @property {Readonly<Record<string, number>>} rcodes
 * @property {Latency} [latency]
 */

/**
 * @param {object} load
 * @param {number} load.port
 * @param {string} load.questionsFile
 * @param {'udp' | 'tcp'} load.transport
 * @param {readonly string[]} load.flags
 * @param {number} load.seconds
 * @param {number} [load.rate] queries a second; as many as the server answers, without it
 * @param {string} load.outputFile overwritten, and removed
 * @returns {Promise<LoadResult>}
 * @throws when dnsperf prints no statistics
 */
export async function runDnsperf({ port, questionsFile, transport, flags, seconds, rate, outputFile }) {
  const pace = rate === undefined ? ['-q', OUTSTANDING_MAX] : ['-v', '-Q', rate, '-q', OUTSTANDING_MAX_AT_RATE];
  const args = [
    ...['-s', '127.0.0.1', '-p', port, '-d', questionsFile, '-l', seconds, '-t', TIMEOUT_SECONDS, '-T', 1],
    ...['-c', transport === 'tcp' ? TCP_CLIENTS : UDP_CLIENTS, '-O', 'suppress=timeout,unexpected'],
    ...pace,
    ...flags,
  ];
  const output = openSync(outputFile, 'w');
  try {
    const child = spawn('dnsperf', args.map(String), { stdio: ['ignore', output, 'ignore'] });
    const force = setTimeout(() => child.kill('SIGKILL'), (seconds + OVERTIME_MAX_SECONDS) * 1_000);
    await once(child, 'exit');
    clearTimeout(force);
    const text = readFileSync(outputFile, 'latin1');
    return { ...parseSummary(text), ...(rate === undefined ? {} : { latency: parseLatency(text) }) };
  } finally {
    closeSync(output);
    rmSync(outputFile);
  }
}

/**
 * Reads the statistics that dnsperf ends with.
 *
 * @param {string} text
 * @returns {Omit<LoadResult, 'latency'>}
 */
export function parseSummary(text) {
  const number = (/** @type {RegExp} */ pattern) => {
    const found = text.match(pattern)?.[1];
    if (found === undefined) throw new Error(`dnsperf: expected ${pattern} in\n${text.slice(-2_000)}`);
    return Number(found);
  };
  const completed = number(/Queries completed:\s+(\d+)/);
  const rcodes = text.match(/Response codes:\s+(.*)/)?.[1] ?? '';
  return {
    completed,
    lost: number(/Queries lost:\s+(\d+)/),
    queriesPerSecond: number(/Queries per second:\s+([\d.]+)/),
    replyOctets: completed === 0 ? 0 : number(/response (\d+)/),
    rcodes: Object.fromEntries(Array.from(rcodes.matchAll(/(\w+) (\d+)/g), ([, name, count]) => [name, Number(count)])),
  };
}

/**
 * Reads the latencies that the verbose mode prints, `> NOERROR name type seconds`; a query without an answer has `T`
 * in place of the response code, and is left out.
 *
 * @param {string} text
 * @returns {Latency}
 */
export function parseLatency(text) {
  return summarizeLatency(Array.from(text.matchAll(/^> [A-Z]{2,}.* (\d+\.\d+)$/gm), ([, s]) => Number(s) * 1e6));
}

/**
 * @param {readonly number[]} microseconds
 * @returns {Latency}
 */
export function summarizeLatency(microseconds) {
  const sorted = Float64Array.from(microseconds).sort();
  return {
    count: sorted.length,
    p50Us: percentile(sorted, 0.5),
    p99Us: percentile(sorted, 0.99),
    p999Us: percentile(sorted, 0.999),
  };
}
