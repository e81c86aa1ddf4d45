// From the samples of all rounds to one figure each: medians, and ratios to the server that all are compared with. A
// ratio is taken within a round, between neighbours in time, before the median is.

import { median } from './statistics.mjs';

/** The fastest of the servers that answer from a zone file. */
export const REFERENCE = 'knot';

const FIGURES = ['cpuUs', 'userUs', 'systemUs', 'cpuShare', 'queriesPerSecond', 'replyOctets', 'memoryMiB'];

/**
 * @typedef {object} Row
 * @property {string} workload
 * @property {string} server
 * @property {number | undefined} cpuUs of a query, user and system
 * @property {number | undefined} cpuRatio to the reference; undefined where that was not measured
 * @property {number | undefined} p50Us
 * @property {number | undefined} p99Us
 * @property {number | undefined} p999Us
 * @property {number} lost at full speed
 * @property {number} lostAtRate
 * @property {Readonly<Record<string, number>>} rcodes
 */

/**
 * @param {readonly any[]} samples
 * @returns {Row[]} in the order of their first samples
 */
export function summarize(samples) {
  const groups = new Map();
  for (const sample of samples) {
    const key = `${sample.workload} ${sample.server}`;
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  const reference = new Map(
    samples.filter(({ server }) => server === REFERENCE).map((sample) => [roundOf(sample), sample]),
  );
  return Array.from(groups.values(), (group) => {
    const [{ workload, server, rate }] = group;
    const ratios = group.map((sample) => sample.cpuUs / (reference.get(roundOf(sample))?.cpuUs ?? Number.NaN));
    return {
      workload,
      server,
      ...Object.fromEntries(FIGURES.map((name) => [name, median(group.map((sample) => sample[name]))])),
      cpuRatio: median(ratios.filter(Number.isFinite)),
      rate,
      p50Us: median(group.map(({ latency }) => latency.p50Us)),
      p99Us: median(group.map(({ latency }) => latency.p99Us)),
      p999Us: median(group.map(({ latency }) => latency.p999Us)),
      lost: sum(group.map(({ lost }) => lost)),
      lostAtRate: sum(group.map(({ lostAtRate }) => lostAtRate)),
      rcodes: group.map(({ rcodes }) => rcodes).reduce(addCounts, {}),
    };
  });
}

function roundOf({ workload, round }) {
  return `${workload} ${round}`;
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

function addCounts(total, counts) {
  const names = new Set([...Object.keys(total), ...Object.keys(counts)]);
  return Object.fromEntries(Array.from(names, (name) => [name, (total[name] ?? 0) + (counts[name] ?? 0)]));
}
