// The result of a run for people: tables in Markdown, and a chart of what a query costs.

import { drawChart } from './chart.mjs';
import { REFERENCE } from './summary.mjs';
import { WORKLOADS } from './workloads.mjs';

/**
 * @param {any} result what run.mjs writes as JSON
 * @returns {{ markdown: string, svg: string }}
 */
export function formatReport(result) {
  const { servers, missing, failures, summary, method, machine } = result;
  const workloads = [...new Set(summary.map(({ workload }) => workload))];
  // The cheapest first.
  const rowsOf = (workload) =>
    summary.filter((row) => row.workload === workload && row.cpuUs !== undefined).sort((a, b) => a.cpuUs - b.cpuUs);
  const sections = workloads.flatMap((workload) => [
    `### ${WORKLOADS[workload].title}`,
    '',
    formatTable(rowsOf(workload), servers, WORKLOADS[workload].rcode),
    '',
  ]);
  const markdown = [
    `Measured ${machine.startedAt} on ${machine.cpu}, ${machine.cpus} CPUs, ${machine.system}; load average ` +
      `${machine.loadAverage.toFixed(2)} before, ${machine.loadAverageAfter.toFixed(2)} after. ` +
      `Medians of ${method.rounds} rounds of ${method.seconds} s.`,
    '',
    ...Object.values(servers).map(({ title, version }) => `- ${title}: ${version}`),
    ...(missing.length > 0 ? [`- not installed, and left out: ${missing.join(', ')}`] : []),
    ...failures.map(({ round, workload, server }) => `- no figures in round ${round + 1}: ${server}, ${workload}`),
    '',
    ...sections,
  ].join('\n');
  const panels = workloads.map((workload) => ({
    title: WORKLOADS[workload].title,
    bars: rowsOf(workload).map(({ server, userUs, systemUs }) => ({
      label: servers[server].title,
      user: userUs,
      system: systemUs,
      isOwn: server.startsWith('svcdns'),
    })),
  }));
  return { markdown, svg: drawChart('CPU time of the server for one query, in microseconds', panels) };
}

const HEADINGS = [
  'server',
  'CPU µs/query',
  'user',
  'system',
  `× ${REFERENCE}`,
  'queries/s',
  'of a CPU',
  'p50 µs',
  'p99',
  'p99.9',
  'at q/s',
  'lost',
  'reply octets',
  'MiB',
];

function formatTable(rows, servers, rcode) {
  const lines = rows.map((row) => [
    servers[row.server].title,
    fixed(row.cpuUs, 2),
    fixed(row.userUs, 2),
    fixed(row.systemUs, 2),
    fixed(row.cpuRatio, 2),
    fixed(row.queriesPerSecond, 0),
    row.cpuShare === undefined ? '–' : `${fixed(row.cpuShare * 100, 0)} %`,
    fixed(row.p50Us, 0),
    fixed(row.p99Us, 0),
    fixed(row.p999Us, 0),
    String(row.rate),
    String(row.lost + row.lostAtRate) + unexpected(row.rcodes, rcode),
    fixed(row.replyOctets, 0),
    fixed(row.memoryMiB, 0),
  ]);
  const alignment = HEADINGS.map((_, column) => (column === 0 ? '---' : '--:'));
  return [HEADINGS, alignment, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Says so where a server answered with something else than it should have. */
function unexpected(rcodes, expected) {
  const others = Object.entries(rcodes).filter(([name, count]) => name !== expected && count > 0);
  return others.map(([name, count]) => ` (${count} ${name})`).join('');
}

function fixed(number, digits) {
  return number === undefined ? '–' : number.toFixed(digits);
}
