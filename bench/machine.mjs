// What the figures were measured on.

import { cpus, loadavg, release, totalmem, type } from 'node:os';

export function describeMachine() {
  const all = cpus();
  return {
    startedAt: new Date().toISOString(),
    cpu: all[0]?.model ?? 'unknown',
    cpus: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.versions.node,
    /** Over one minute: what else ran when the measurement began. */
    loadAverage: loadavg()[0],
  };
}
