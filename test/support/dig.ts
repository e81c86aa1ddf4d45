// `dig`, and its answer in parts.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface DigAnswer {
  readonly status: string;
  /** `qr aa rd`, say. */
  readonly flags: string;
  readonly question: readonly string[];
  /** Records in zone-file notation with one space between fields. */
  readonly answer: readonly string[];
  readonly authority: readonly string[];
  readonly additional: readonly string[];
  /** What OPT says, a line each; empty without OPT. */
  readonly opt: readonly string[];
  /** Whether a bit of the header or of OPT is set that has no meaning: dig calls it MBZ, must be zero. */
  readonly hasUnknownFlags: boolean;
  /** Of the extended error (RFC 8914), if the answer has one. */
  readonly errorCode: number | undefined;
  readonly octets: number;
  readonly transport: string;
}

export interface DigServer {
  readonly port: number;
  readonly address?: string;
}

/** Runs dig once, without a second try. Rejects when no answer comes. */
export async function dig({ port, address = '127.0.0.1' }: DigServer, ...args: readonly string[]): Promise<DigAnswer> {
  const fixed = [`@${address}`, '-p', String(port), '+tries=1', '+time=3', '-r'];
  const { stdout } = await run('dig', [...fixed, ...args], { maxBuffer: 16 * 1024 * 1024 });
  const field = (pattern: RegExp): string => pattern.exec(stdout)?.[1] ?? '';
  const errorCode = field(/^; EDE: (\d+)/m);
  return {
    status: field(/status: (\w+)/),
    flags: field(/^;; flags: ([^;]*);/m),
    question: section(stdout, 'QUESTION'),
    answer: section(stdout, 'ANSWER'),
    authority: section(stdout, 'AUTHORITY'),
    additional: section(stdout, 'ADDITIONAL'),
    // The only section that no empty line ends.
    opt: section(stdout, 'OPT PSEUDO').flatMap((line) => /^; (.*)/.exec(line)?.[1] ?? []),
    hasUnknownFlags: stdout.includes('MBZ'),
    errorCode: errorCode === '' ? undefined : Number(errorCode),
    octets: Number(field(/MSG SIZE {2}rcvd: (\d+)/)),
    transport: field(/^;; SERVER: .* \((\w+)\)$/m),
  };
}

function section(output: string, title: string): string[] {
  const [, body = ''] = new RegExp(`^;; ${title} ?SECTION:\n((?:.+\n)*)`, 'm').exec(output) ?? [];
  return body
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/[\t ]+/g, ' '));
}
