// Programs that are measured: started pinned to one CPU, awaited until they serve, and ended with the benchmark however
// that ends.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CROWD, DATA_SETS, serviceName, ZONE } from './data.mjs';
import { answerCount, UdpClient } from './query.mjs';

/** The CPU of the server that is measured, and that of everything else. */
export const SERVER_CPU = 0;
export const CLIENT_CPU = 1;

/** Milliseconds a server may take to load its data, and one to end when it is told to. */
const START_MAX_MS = 60_000;
const STOP_MAX_MS = 5_000;

/** Milliseconds between looks at a condition. */
const POLL_MS = 20;

/** A directory that is removed when this process ends, also when it is interrupted. */
export function temporaryDirectory() {
  const directory = mkdtempSync(join(tmpdir(), 'svcdns-bench-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => process.exit(1));
  return directory;
}

/** A port of 127.0.0.1 that was free a moment ago, for TCP and most likely for UDP. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Resolves once the condition holds.
 *
 * @param {string} description
 * @param {() => Promise<boolean>} condition
 * @param {number} [deadlineMs]
 */
export async function until(description, condition, deadlineMs = START_MAX_MS) {
  const end = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${description}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** A program that runs. */
export class Running {
  #child;
  #name;
  #errors = '';
  #kill = () => this.#child.kill('SIGKILL');

  /**
   * @param {string} program
   * @param {readonly string[]} args
   * @param {{ cpu?: number, cwd?: string }} [start] any CPU unless one is named
   */
  constructor(program, args, { cpu, cwd } = {}) {
    this.#name = program;
    // The kernel kills the program when this process is killed. It does not where a program changes its own user.
    const pinned = cpu === undefined ? [program] : ['taskset', '-c', String(cpu), program];
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', ...pinned, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd,
    });
    process.once('exit', this.#kill);
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#errors = `${this.#errors}${text}`.slice(-2_000);
    });
  }

  get pid() {
    return this.#child.pid;
  }

  /** @throws when it has ended */
  checkAlive() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
      throw new Error(`${this.#name} has ended: ${this.#errors}`);
    }
  }

  /** Ends it, by force when it does not end in time. */
  async close() {
    process.removeListener('exit', this.#kill);
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    const force = setTimeout(this.#kill, STOP_MAX_MS);
    this.#child.kill('SIGTERM');
    await exited;
    clearTimeout(force);
  }
}

/**
 * Starts one server of the table and waits until it answers with the data.
 *
 * @param {import('./servers.mjs').Server} server
 * @param {string} path of its program
 * @param {import('./servers.mjs').Place} place
 */
export async function startServer(server, path, place) {
  mkdirSync(place.directory, { recursive: true });
  const running = new Running(path, server.args(place), { cpu: SERVER_CPU, cwd: place.directory });
  const client = new UdpClient(place.port);
  // The last service that is written is known last by a server that loads piece by piece.
  const last = place.dataSet === 'small' ? CROWD : serviceName(DATA_SETS[place.dataSet]().size - 1);
  try {
    await until(`${server.title} answers`, async () => {
      running.checkAlive();
      const first = await client.ask(`${serviceName(0)}.${ZONE} A`);
      const known = await client.ask(`${last}.${ZONE} A`);
      return first !== undefined && answerCount(first) === 3 && known !== undefined && (known[3] & 15) === 0;
    });
  } catch (error) {
    await running.close();
    throw error;
  } finally {
    await client.close();
  }
  return running;
}
