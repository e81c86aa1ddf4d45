// The log: one JSON object a line for machines, a coloured line for a person at a terminal. Every line has a `kind`, a
// word that does not change with its wording and by which lines are limited (line-limiter.ts). All text passes
// `escapeText`, so nothing that was registered or asked can forge a line or reach the terminal as a command.

import { type Logger, pino, stdTimeFunctions } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Rejection } from '../registry/instance.ts';
import { escapeText, formatKey } from './escape.ts';
import { LineLimiter } from './line-limiter.ts';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

export interface LogOptions {
  /** The least important level that is written. */
  readonly level: LogLevel;
  /** `auto` is `pretty` on a terminal and `json` elsewhere. */
  readonly format: 'json' | 'pretty' | 'auto';
  readonly output: LogOutput;
  /** Milliseconds that only rise; for the limits, not for the time in a line. */
  readonly monotonicMs: () => number;
}

/** Where lines go: standard error, say. */
export interface LogOutput {
  readonly isTTY?: boolean;
  write(line: string): unknown;
}

/** What a line tells beside its message. */
export type LogFields = Readonly<Record<string, string | number | bigint | boolean | readonly string[] | undefined>>;

/** How long lines can be left out before a line says how many. */
const SUMMARY_MS = 1_000;

export class Log {
  readonly #pino: Logger;
  readonly #limiter = new LineLimiter();
  readonly #monotonicMs: () => number;
  /** Runs only while there are lines left out to report. */
  #summary: NodeJS.Timeout | undefined;
  /** Of `droppedLines`, those that a summary has told. */
  #summarized = 0;
  #closed = false;

  constructor({ level, format, output, monotonicMs }: LogOptions) {
    this.#monotonicMs = monotonicMs;
    const pretty = format === 'pretty' || (format === 'auto' && output.isTTY === true);
    this.#pino = pino(
      {
        level,
        // Whoever collects the lines knows the host and the process better.
        base: null,
        timestamp: stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
      },
      pretty ? prettyOutput(output) : output,
    );
  }

  /** Lines left out so far, for the metrics. */
  get droppedLines(): number {
    return this.#limiter.dropped;
  }

  /** Something that a person has to mend. */
  error(kind: string, message: string, fields: LogFields = {}): void {
    this.#limited('error', kind, message, fields);
  }

  /** Something that is not as it should be while the server goes on. */
  warn(kind: string, message: string, fields: LogFields = {}): void {
    this.#limited('warn', kind, message, fields);
  }

  info(kind: string, message: string, fields: LogFields = {}): void {
    this.#limited('info', kind, message, fields);
  }

  debug(kind: string, message: string, fields: LogFields = {}): void {
    this.#limited('debug', kind, message, fields);
  }

  /** A key whose value cannot be used, once in ten minutes. */
  rejectedKey({ key, reason, detail }: Rejection): void {
    const kind = 'rejected-key';
    if (!this.#pino.isLevelEnabled('warn')) return;
    if (this.#limiter.admitKey(kind, key, this.#monotonicMs())) {
      this.#write('warn', kind, 'the value of a key cannot be used', { key: formatKey(key), reason, detail });
    } else {
      this.#expectSummary();
    }
  }

  /** Reports what was left out and stops the log's timer. Lines that come later are still written. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#summary);
    this.#summarize();
  }

  #limited(level: LogLevel, kind: string, message: string, fields: LogFields): void {
    if (!this.#pino.isLevelEnabled(level)) return;
    if (this.#limiter.admit(kind, this.#monotonicMs())) this.#write(level, kind, message, fields);
    else this.#expectSummary();
  }

  #write(level: LogLevel, kind: string, message: string, fields: LogFields): void {
    this.#pino[level]({ kind, ...escapeFields(fields) }, escapeText(message));
  }

  #expectSummary(): void {
    if (this.#closed || this.#summary !== undefined || this.#limiter.dropped === this.#summarized) return;
    this.#summary = setTimeout(() => this.#summarize(), SUMMARY_MS);
    this.#summary.unref();
  }

  #summarize(): void {
    this.#summary = undefined;
    this.#summarized = this.#limiter.dropped;
    for (const { kind, count } of this.#limiter.takeDropped()) {
      this.#write('warn', 'lines-left-out', 'lines of one kind were left out', { of: kind, count });
    }
  }
}

/** Formats in this thread and at once: a worker's lines are lost when the process ends over the fault they tell. */
function prettyOutput(output: LogOutput): { write(line: string): void } {
  const format = prettyFactory({
    colorize: output.isTTY === true,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'kind',
  });
  return { write: (line) => void output.write(format(line)) };
}

function escapeFields(fields: LogFields): Record<string, unknown> {
  const escaped: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') escaped[name] = escapeText(value);
    // JSON has no integers beyond 2^53; revisions and leases are written as text.
    else if (typeof value === 'bigint') escaped[name] = value.toString();
    else if (typeof value === 'object') escaped[name] = value.map(escapeText);
    else escaped[name] = value;
  }
  return escaped;
}
