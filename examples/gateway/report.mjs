// What a run measured, beside what svcdns promises.

/**
 * Prints both.
 *
 * @param results what became of the requests, by gateway: `retrying`, where nginx may try another instance, and `plain`
 * @param phases names and beginnings, in order; the last one begins with the kill
 * @param waitedSeconds from the registration of each new instance to its first request
 * @returns whether all promises were kept
 */
export function report({ results: { retrying, plain }, phases, waitedSeconds, leaseSeconds, ttlSeconds }) {
  console.log('                      with a second try     without one');
  console.log('                      requests   failed     requests   failed');
  phases.forEach(({ name, startedAt }, at) => {
    const endedAt = phases[at + 1]?.startedAt;
    const cells = [retrying, plain].map((results) => {
      const inPhase = between(results, startedAt, endedAt);
      return `${String(inPhase.length).padStart(8)} ${String(failed(inPhase).length).padStart(8)}`;
    });
    console.log(`${name.padEnd(22)}${cells.join('     ')}`);
  });

  const killedAt = phases.at(-1).startedAt;
  const beforeKill = [retrying, plain].flatMap((results) => failed(between(results, 0, killedAt)));
  const afterKill = failed(between(retrying, killedAt));
  const lastFailureAt = failed(between(plain, killedAt)).at(-1)?.endedAt ?? killedAt;
  const promises = [
    promise('requests that failed before the kill', beforeKill.length, 0),
    promise('seconds until a new instance had traffic', Math.max(...waitedSeconds), ttlSeconds + 1),
    promise(
      'seconds of failures after the kill, without a second try',
      (lastFailureAt - killedAt) / 1000,
      leaseSeconds + ttlSeconds,
    ),
    promise('requests that failed after the kill, with one', afterKill.length, 0),
  ];
  for (const { failure } of [...beforeKill, ...afterKill]) console.log(`a request failed: ${failure}`);
  return promises.every((isKept) => isKept);
}

/** A request counts where it ended: one that is on its way to an instance when that is killed fails of the kill. */
function between(results, startedAt, endedAt = Number.POSITIVE_INFINITY) {
  return results.filter((result) => startedAt <= result.endedAt && result.endedAt < endedAt);
}

function failed(results) {
  return results.filter(({ failure }) => failure !== undefined);
}

function promise(what, measured, most) {
  const isKept = measured <= most;
  const number = Number.isInteger(measured) ? measured : measured.toFixed(1);
  console.log(`${isKept ? 'kept  ' : 'BROKEN'}  ${what}: ${number} (promised: at most ${most})`);
  return isKept;
}
