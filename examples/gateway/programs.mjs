// The programs of a run: how they are started, what they log, and that none of them outlives the run.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The kernel kills the program when its parent ends, however that ends. */
export const UNTIL_PARENT_ENDS = ['setpriv', '--pdeathsig', 'KILL'];

/** Debian keeps servers out of the path of those who are not root. */
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;

export function hasProgram(name) {
  return PATH.split(':').some((directory) => existsSync(join(directory, name)));
}

export class Program {
  #child;
  #name;
  /** JSON lines of its log, each with the time at which it was read. */
  #lines = [];
  #errors = '';

  /** @param environment what it gets besides PATH: ours may hold settings for it */
  constructor(command, environment = {}) {
    this.#name = command.join(' ');
    const [file, ...args] = [...UNTIL_PARENT_ENDS, ...command];
    this.#child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH, ...environment } });
    createInterface(this.#child.stderr).on('line', (line) => {
      if (line.startsWith('{')) this.#lines.push({ ...JSON.parse(line), readAt: performance.now() });
      else this.#errors += `${line}\n`;
    });
  }

  /** Waits for a line of this kind in its log. */
  async logged(kind) {
    const found = () => this.#lines.find((line) => line.kind === kind);
    await this.until(`logs "${kind}"`, () => found() !== undefined);
    return found();
  }

  /** Waits for what this program is to bring about. */
  async until(description, condition) {
    await until(`${this.#name}\n${description}`, async () => {
      if (await condition()) return true;
      if (this.#child.exitCode !== null) throw new Error(`${this.#name}\nhas ended:\n${this.#errors}`);
      return false;
    });
  }

  signal(name) {
    this.#child.kill(name);
  }

  /** Its exit code, or the signal that ended it. */
  async ended() {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode ?? this.#child.signalCode;
  }
}

/** Milliseconds between two looks, and for the slowest start on a busy machine. */
const POLL_MS = 20;
const DEADLINE_MS = 30_000;

export async function until(description, condition) {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${DEADLINE_MS / 1000} s: ${description}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** A port of this address that was free a moment ago. */
export async function freePort(address) {
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
