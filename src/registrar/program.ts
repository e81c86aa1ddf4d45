// A program that runs as a child of this one, in the same terminal: how it is started, told to stop, and how it ended.

import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { sleep } from '../etcd/sleep.ts';

/** What a shell exits with for a program that cannot be run, and for one that is not there. */
const EXIT_NOT_RUNNABLE = 126;
const EXIT_NOT_FOUND = 127;

/** Added to the number of the signal that ended a program, as shells do. */
const EXIT_SIGNALLED = 128;

export interface ProgramEnd {
  /** What a shell would exit with. */
  readonly code: number;
  /** Why it could not be started. */
  readonly failure?: string;
}

export class Program {
  /** Aborted when the program has ended. */
  readonly ended: AbortSignal;
  readonly #child: ChildProcess;
  readonly #end: Promise<ProgramEnd>;

  /** @param command the program and its arguments; no shell reads them */
  constructor([file = '', ...args]: readonly string[]) {
    const ended = new AbortController();
    this.ended = ended.signal;
    // In a group of its own: Ctrl-C in a terminal would else reach it at once, while clients still have its address.
    this.#child = spawn(file, args, { stdio: 'inherit', detached: true });
    this.#end = new Promise((resolve) => {
      const settle = (end: ProgramEnd): void => {
        ended.abort();
        resolve(end);
      };
      this.#child.on('error', (error: NodeJS.ErrnoException) => {
        // An error that comes later is of a signal that could not be sent.
        if (this.#child.pid !== undefined) return;
        settle({ code: error.code === 'ENOENT' ? EXIT_NOT_FOUND : EXIT_NOT_RUNNABLE, failure: error.message });
      });
      this.#child.once('exit', (code, signal) => {
        settle({ code: signal === null ? (code ?? 0) : EXIT_SIGNALLED + constants.signals[signal] });
      });
    });
  }

  /** Resolves when the program has ended, also when it never started. */
  get end(): Promise<ProgramEnd> {
    return this.#end;
  }

  send(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends the signal, and kills the program when it has not ended in time. */
  async stop(signal: NodeJS.Signals, graceMs: number): Promise<ProgramEnd> {
    this.send(signal);
    await sleep(graceMs, this.ended);
    if (!this.ended.aborted) this.send('SIGKILL');
    return this.#end;
  }
}
