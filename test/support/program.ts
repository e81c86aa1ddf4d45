// Programs that a test runs beside itself. What they print is kept, and the kernel kills them when the test process ends,
// however it does.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { TestContext } from 'vitest';
import { until } from './until.ts';

export interface ProgramStart {
  /** Its whole environment besides PATH: ours may hold settings for it. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const { PATH } = process.env;

/** Debian keeps servers out of the path of those who are not root. */
const PROGRAMS = `${PATH}:/usr/sbin:/sbin`;

export class Program {
  stdout = '';
  stderr = '';
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #command: string;
  #ended = false;

  constructor(command: readonly string[], { env = {}, cwd }: ProgramStart = {}) {
    this.#command = command.join(' ');
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: PROGRAMS, ...env },
      cwd,
    });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    // Comes after its exit, once all that it printed has been read.
    this.#child.once('close', () => {
      this.#ended = true;
    });
  }

  /** Starts a program that is closed with the test. */
  static start({ onTestFinished }: TestContext, command: readonly string[], start?: ProgramStart): Program {
    const program = new Program(command, start);
    onTestFinished(() => program.close());
    return program;
  }

  /** Waits for a condition that this program is to bring about; fails at once when it ends before. */
  async until(description: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    await until(`${description}, by ${this.#command}`, async () => {
      if (await condition()) return true;
      if (this.#ended) throw new Error(`${this.#command} has ended\n${this.stdout}${this.stderr}`);
      return false;
    });
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error(`${this.#command} was not started`);
    return pid;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Its exit code, or the signal that ended it, once it has ended. */
  async ended(): Promise<number | NodeJS.Signals | null> {
    if (!this.#ended) await once(this.#child, 'close');
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  /** Kills it if it still runs. */
  async close(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended();
  }
}
