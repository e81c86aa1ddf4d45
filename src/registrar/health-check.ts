// Asks an instance again and again whether it is well, and tells when the verdict changes. The first answer is a verdict at
// once; later it takes several in a row, so that one slow answer does not take an instance out.

import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { connect } from 'node:net';
import { sleep } from '../etcd/sleep.ts';

/** What is asked: a URL, which must answer with a status from 200 to 399, or a TCP port, which must accept. */
export type CheckTarget = URL | { readonly host: string; readonly port: number };

export interface CheckTiming {
  /** Milliseconds between the end of one check and the start of the next. */
  readonly intervalMs: number;
  /** Milliseconds that a check may take. */
  readonly timeoutMs: number;
  /** Passes in a row that bring an instance back, and failures in a row that take it out. */
  readonly rise: number;
  readonly fall: number;
}

export type Verdict =
  | { readonly kind: 'passing' }
  /** `reason` is that of the last check. */
  | { readonly kind: 'failing'; readonly reason: string };

/** Calls back for the first verdict and for each that differs from the one before, until the signal is aborted. */
export async function watchHealth(
  target: CheckTarget,
  { intervalMs, timeoutMs, rise, fall }: CheckTiming,
  signal: AbortSignal,
  onVerdict: (verdict: Verdict) => void,
): Promise<void> {
  let verdict: Verdict['kind'] | undefined;
  let against = 0;
  while (!signal.aborted) {
    const found = await check(target, timeoutMs, signal);
    if (signal.aborted) return;
    against = found.kind === verdict ? 0 : against + 1;
    const needed = verdict === undefined ? 1 : verdict === 'passing' ? fall : rise;
    if (against >= needed) {
      verdict = found.kind;
      against = 0;
      onVerdict(found);
    }
    await sleep(intervalMs, signal);
  }
}

/** Asks once. */
async function check(target: CheckTarget, timeoutMs: number, signal: AbortSignal): Promise<Verdict> {
  const reason = await (target instanceof URL ? askUrl(target, timeoutMs, signal) : askPort(target, timeoutMs, signal));
  return reason === undefined ? { kind: 'passing' } : { kind: 'failing', reason };
}

function askUrl(url: URL, timeoutMs: number, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = url.protocol === 'https:' ? requestHttps : requestHttp;
    // A connection of its own each time: that new ones are accepted is part of the question.
    const asked = request(url, { agent: false, signal });
    const timer = setTimeout(() => asked.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    const settle = (reason: string | undefined): void => {
      clearTimeout(timer);
      resolve(reason);
    };
    asked.once('response', ({ statusCode = 0 }) => {
      settle(statusCode >= 200 && statusCode < 400 ? undefined : `status ${statusCode}`);
      asked.destroy();
    });
    asked.on('error', (error) => settle(error.message));
    asked.end();
  });
}

function askPort(
  { host, port }: Exclude<CheckTarget, URL>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (reason: string | undefined): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      socket.destroy();
      resolve(reason);
    };
    const stop = (): void => settle('stopped');
    const timer = setTimeout(() => settle(`no connection within ${timeoutMs} ms`), timeoutMs);
    signal.addEventListener('abort', stop);
    socket.once('connect', () => settle(undefined));
    socket.on('error', (error) => settle(error.message));
  });
}
