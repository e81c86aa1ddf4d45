// The built program in a process of its own, as its users run it.

import { fileURLToPath } from 'node:url';
import { Program, type ProgramStart } from './program.ts';

export const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));

/** What `npm run build` makes of this checkout. */
export const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** The command that runs the program. */
export function svcdnsCommand(...args: readonly string[]): string[] {
  return [process.execPath, MAIN, ...args];
}

/** One line of the log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly kind: string };

/** A server whose sockets are open. */
export interface SvcdnsServer {
  readonly program: Program;
  /** Of DNS, on 127.0.0.1. */
  readonly port: number;
  /** `http://address:port` of the HTTP listener. */
  readonly http: string;
  readonly log: () => LogLine[];
}

/** Flags of `serve` and `dev`, for tests that run beside each other. */
export const FREE_PORTS = ['--listen', '127.0.0.1', '--port', '0', '--http', '127.0.0.1:0'] as const;

/** Starts `serve` or `dev` on free ports of 127.0.0.1; in the checkout, unless told otherwise. */
export function startSvcdns(
  command: 'serve' | 'dev',
  args: readonly string[] = [],
  start: ProgramStart = {},
): Promise<SvcdnsServer> {
  return untilStarted(new Program(svcdnsCommand(command, ...FREE_PORTS, ...args), { cwd: CHECKOUT, ...start }));
}

/** Waits until `serve` or `dev` has opened its sockets. */
export async function untilStarted(program: Program): Promise<SvcdnsServer> {
  const log = (): LogLine[] => logLines(program.stderr);
  const started = (): LogLine | undefined => log().find(({ kind }) => kind === 'started');
  try {
    await program.until('sockets are open', () => started() !== undefined);
  } catch (error) {
    await program.close();
    throw error;
  }
  const { port, http } = { ...started() };
  return { program, port: Number(port), http: `http://${http}`, log };
}

function logLines(stderr: string): LogLine[] {
  const whole = stderr.slice(0, stderr.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine);
}
