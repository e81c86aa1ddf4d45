// The result of `npm run bench:registry` for people, in Markdown.

/** @param {any} result what registry.mjs writes as JSON */
export function formatRegistryReport({ machine, starts, sizes }) {
  const rows = sizes.map(({ instances, services, start, change }) => [
    `${instances} in ${services}`,
    (start.readyMs / 1_000).toFixed(2),
    start.cpuSeconds.toFixed(2),
    start.memoryMiB.toFixed(0),
    change.cpuUs.toFixed(0),
    pair(change.firstQueryUs, 0),
    pair(change.secondQueryUs, 0),
  ]);
  const freshness = sizes.flatMap(({ instances, freshness: rates }) =>
    rates.map(({ rate, puts, lost, answerMs, watchMs }) => [
      String(instances),
      String(rate),
      pair(answerMs, 2),
      pair(watchMs, 2),
      `${lost} of ${puts}`,
    ]),
  );
  return [
    `Measured ${machine.startedAt} on ${machine.cpu}, ${machine.cpus} CPUs, ${machine.system}, Node ${machine.node}; ` +
      `load average ${machine.loadAverage.toFixed(2)} before, ${machine.loadAverageAfter.toFixed(2)} after.`,
    '',
    `Starting: medians of ${starts} starts. A change: CPU of svcdns for one put and the two queries behind it.`,
    '',
    table(
      [
        'instances in services',
        'ready after s',
        'CPU s',
        'MiB',
        'CPU µs/change',
        'first query after it, µs p50 / p99',
        'second',
      ],
      rows,
    ),
    '',
    "Freshness, from etcd's acknowledgement of a put; below zero, the event came before the acknowledgement.",
    '',
    table(['instances', 'puts/s', 'in an answer, ms p50 / p99', 'at a bare watch client', 'lost'], freshness),
    '',
  ].join('\n');
}

function pair({ p50, p99 }, digits) {
  return p50 === undefined ? '–' : `${p50.toFixed(digits)} / ${p99.toFixed(digits)}`;
}

function table(headings, rows) {
  const alignment = headings.map((_, column) => (column === 0 ? '---' : '--:'));
  return [headings, alignment, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
