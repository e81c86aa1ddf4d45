// What a process, its threads and its children have cost, from the system's own accounts in /proc (proc(5)).

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second in /proc/PID/stat: 10 ms each on almost every Linux, so runs of seconds are told apart to 1 %. */
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/**
 * CPU time of a process and all its descendants, those that have ended and were waited for included.
 *
 * @param {number} pid
 */
export function cpuTime(pid) {
  let userTicks = 0;
  let systemTicks = 0;
  for (const { user, system } of family(pid)) {
    userTicks += user;
    systemTicks += system;
  }
  return { userSeconds: userTicks / TICKS_PER_SECOND, systemSeconds: systemTicks / TICKS_PER_SECOND };
}

/**
 * Memory of a process and all its descendants. A page that several of them share counts once.
 *
 * @param {number} pid
 * @returns {number} MiB
 */
export function memoryMiB(pid) {
  let kibibytes = 0;
  for (const member of family(pid)) {
    const rollup = readProc(member.pid, 'smaps_rollup');
    kibibytes += Number(rollup?.match(/^Pss:\s+(\d+) kB/m)?.[1] ?? 0);
  }
  return kibibytes / 1024;
}

function family(pid) {
  const all = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => readStat(Number(entry)) ?? []);
  const members = all.filter((process) => process.pid === pid);
  // Grows while it is walked: the children of children come behind them.
  for (const { pid: parent } of members) members.push(...all.filter((process) => process.parent === parent));
  return members;
}

function readStat(pid) {
  const text = readProc(pid, 'stat');
  if (text === undefined) return undefined;
  // The name of the program, in parentheses, may hold blanks; the fields behind it begin with the third of proc(5).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (/** @type {number} */ number) => Number(fields[number - 3]);
  return { pid, parent: field(4), user: field(14) + field(16), system: field(15) + field(17) };
}

function readProc(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    // It has ended since it was listed.
    return undefined;
  }
}
