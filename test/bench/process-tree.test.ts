// The accounts of a process and its children in /proc.

import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { cpuTime, memoryMiB } from '../../bench/process-tree.mjs';

it('count what children have used that have ended', () => {
  const before = cpuTime(process.pid).userSeconds;
  execFileSync(process.execPath, [
    '-e',
    'for (const end = process.cpuUsage().user + 3e5; process.cpuUsage().user < end; );',
  ]);
  expect(cpuTime(process.pid).userSeconds - before).toBeGreaterThanOrEqual(0.3);
  expect(memoryMiB(process.pid)).toBeGreaterThan(10);
});
