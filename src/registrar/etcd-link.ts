// The one connection to an etcd cluster that all registrations of a process share: made again, to the next endpoint,
// whenever it fails, for ever.
//
//   connect ─▶ one read that needs a majority ─▶ stream of keepalives ─▶ session ─▶ fault ─▶ short wait ─▶ next endpoint
//
// A session is over when its connection breaks or is silent past a deadline, or the member has no leader. What etcd merely
// refuses is the affair of who asked.

import { performance } from 'node:perf_hooks';
import { backoffMs } from '../etcd/backoff.ts';
import { Connection } from '../etcd/connection.ts';
import { type Fault, fault, faultOf } from '../etcd/fault.ts';
import type { EtcdOptions } from '../etcd/options.ts';
import { probe } from '../etcd/range.ts';
import { sleep } from '../etcd/sleep.ts';
import { Gate } from './gate.ts';
import { KeepAlive, type Renewal } from './keep-alive.ts';

/** Milliseconds for the first answer on a new connection, and the most to wait between two attempts. Together they bound
 *  how long an etcd that is back goes unnoticed: an instance must be back within 2 s. */
const CONNECT_DEADLINE_MS = 1000;
const RETRY_MAX_MS = 750;

/** Milliseconds of a session after which earlier failures count no more. */
const HEALTHY_MS = 10_000;

/** Registrations that write at one time. Thousands come together after an outage: so many fill a write of etcd's log,
 *  more would only have etcd's other clients wait. Renewals never wait for them. */
const PARALLEL_MAX = 128;

/** Any key does: what counts is that a member in touch with a majority answers, be it with a refusal. */
const PROBED = { key: Buffer.from('svcdns'), rangeEnd: Buffer.alloc(0) };

export type Answer<T> = { readonly kind: 'answer'; readonly response: T } | Fault;

/** One connection for as long as it is well. */
export class Session {
  /** Bounds how much its users write at one time. */
  readonly gate = new Gate(PARALLEL_MAX);
  readonly #connection: Connection;
  #keepAlive: KeepAlive | undefined;
  #end: (reason: Fault) => void = () => {};
  readonly #ended: Promise<Fault>;
  #over = false;
  /** When etcd last answered anything. */
  #heardMs = 0;

  private constructor(connection: Connection) {
    this.#connection = connection;
    this.#ended = new Promise((resolve) => {
      this.#end = (reason) => {
        this.#over = true;
        resolve(reason);
      };
    });
  }

  /** Connects, and makes sure that etcd answers. When the signal is aborted meanwhile, that is a fault too. */
  static async begin(endpoint: string, etcd: EtcdOptions, signal: AbortSignal): Promise<Session | Fault> {
    const session = new Session(new Connection(endpoint, etcd));
    const close = (): void => session.close();
    signal.addEventListener('abort', close, { once: true });
    const failed = (await session.#hello()) ?? (await session.#openKeepAlive());
    signal.removeEventListener('abort', close);
    if (failed === undefined && !signal.aborted) return session;
    session.close();
    return failed ?? fault('closed', 'stopped');
  }

  async #hello(): Promise<Fault | undefined> {
    const header = await probe(this.#connection, PROBED, CONNECT_DEADLINE_MS);
    return header.kind === 'fault' && header.reason !== 'permission' ? header : undefined;
  }

  async #openKeepAlive(): Promise<Fault | undefined> {
    const keepAlive = await KeepAlive.open(this.#connection, (reason) => this.#end(reason));
    if ('kind' in keepAlive) return keepAlive;
    this.#keepAlive = keepAlive;
    return undefined;
  }

  /** Resolves with the reason once the session is over. */
  get ended(): Promise<Fault> {
    return this.#ended;
  }

  /** Makes a call; one that shows that the connection is not well ends the session. */
  async ask<T>(call: (connection: Connection) => Promise<T>): Promise<Answer<T>> {
    if (this.#over) return fault('unreachable', 'the connection was given up');
    const startedMs = performance.now();
    try {
      const response = await call(this.#connection);
      this.#heardMs = performance.now();
      return { kind: 'answer', response };
    } catch (error) {
      return this.#note(faultOf(error), startedMs);
    }
  }

  /** Gives a lease its whole TTL again. */
  async renew(leaseId: string): Promise<Renewal | Fault> {
    if (this.#over || this.#keepAlive === undefined) return fault('unreachable', 'the connection was given up');
    const startedMs = performance.now();
    const answer = await this.#keepAlive.renew(leaseId);
    if (answer.kind === 'fault') return this.#note(answer, startedMs);
    this.#heardMs = performance.now();
    return answer;
  }

  close(): void {
    this.#end(fault('closed', 'the session was closed'));
    this.#keepAlive?.close();
    this.#connection.close();
  }

  #note(found: Fault, startedMs: number): Fault {
    // One slow call among others that are answered is no reason to drop the connection of all.
    const isSilent = found.reason === 'timeout' && this.#heardMs <= startedMs;
    if (isSilent || found.reason === 'unreachable' || found.reason === 'no-leader') this.#end(found);
    return found;
  }
}

/** Who uses the link. */
export interface LinkUser {
  /** A session began; at once when there is one already. */
  sessionBegan(session: Session): void;
  /** The session ended, or none could be had. Comes again for every attempt that fails. */
  sessionFailed(reason: Fault): void;
}

export class EtcdLink {
  readonly #etcd: EtcdOptions;
  readonly #users = new Set<LinkUser>();
  readonly #stop = new AbortController();
  #session: Session | undefined;
  #running: Promise<void> | undefined;

  /** Opens nothing yet: the first user does. */
  constructor(etcd: EtcdOptions) {
    this.#etcd = etcd;
  }

  get users(): number {
    return this.#users.size;
  }

  join(user: LinkUser): void {
    this.#users.add(user);
    if (this.#session !== undefined) user.sessionBegan(this.#session);
    this.#running ??= this.#run();
  }

  leave(user: LinkUser): void {
    this.#users.delete(user);
  }

  /** Ends the connection at once. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#session?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let failures = 0;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const endpoint = this.#endpoint(attempt);
      const startedMs = performance.now();
      const reason = await this.#hold(endpoint);
      if (signal.aborted) return;
      if (performance.now() - startedMs >= HEALTHY_MS) failures = 0;
      for (const user of this.#users) user.sessionFailed(reason);
      await sleep(Math.min(RETRY_MAX_MS, backoffMs(failures, Math.random)), signal);
      failures += 1;
    }
  }

  #endpoint(attempt: number): string {
    const { endpoints } = this.#etcd;
    const endpoint = endpoints[attempt % endpoints.length];
    if (endpoint === undefined) throw new Error('expected at least one etcd endpoint');
    return endpoint;
  }

  /** One session, from its beginning to its end. */
  async #hold(endpoint: string): Promise<Fault> {
    const session = await Session.begin(endpoint, this.#etcd, this.#stop.signal);
    if ('kind' in session) return session;
    this.#session = session;
    for (const user of this.#users) user.sessionBegan(session);
    const reason = await session.ended;
    this.#session = undefined;
    session.close();
    return reason;
  }
}
