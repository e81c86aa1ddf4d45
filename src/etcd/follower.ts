// Keeps a consumer's table equal to the keys below some prefixes of etcd: list at a revision, watch from the one after it.
//
//   session:  connect ─▶ probe ─▶ confirm or list ─▶ watch ┬─ probe every second ─┬─▶ fault ─▶ back-off ─▶ next endpoint
//                                                          └─ audit every minute ─┘
//
// Every fault ends the session, and the next one resumes where the last event was applied; it lists again only when that
// revision is gone or is not what the store has there. The table is only ever changed to what etcd held: no fault empties
// it.

import { performance } from 'node:perf_hooks';
import type { ChangeBatch, KeyOctets } from '../registry/change.ts';
import { type AuditScope, auditTable, confirmTable } from './audit.ts';
import { backoffMs } from './backoff.ts';
import { Connection } from './connection.ts';
import { FAULT_REASONS, type Fault, type FaultReason, fault } from './fault.ts';
import type { FollowCounters, FollowEvent, SyncState } from './follow-event.ts';
import { type KeyRange, mergePrefixes, rangeOfPrefix } from './key-range.ts';
import { Mirror } from './mirror.ts';
import type { EtcdOptions } from './options.ts';
import { listRanges, probe } from './range.ts';
import { sleep } from './sleep.ts';
import { watchTables } from './watch.ts';

/** Milliseconds for the first answer on a new connection: TCP, TLS, log in, one read. grpc-js itself waits 20 s. */
const CONNECT_DEADLINE_MS = 1500;

/** Milliseconds between probes, and for each; two that fail end the session, so silence is noticed within 3 s. */
const PROBE_INTERVAL_MS = 1000;
const PROBE_DEADLINE_MS = 1000;
const PROBES_FAILED_MAX = 2;

/** Milliseconds between comparisons of the table with etcd. A recent one costs etcd 1 ms per 1000 keys. */
const AUDIT_INTERVAL_MS = 60_000;

/** Milliseconds between those of all keys, the first of a session being one. 100 000 cost etcd 2 s, and us 0.5 s. */
const FULL_AUDIT_INTERVAL_MS = 600_000;

/** Milliseconds of an undisturbed watch after which earlier failures count no more. */
const HEALTHY_MS = 10_000;

export interface FollowOptions {
  readonly etcd: EtcdOptions;
  /** All keys that begin with one of these are followed; at least one. */
  readonly prefixes: readonly KeyOctets[];
  /** Called in the order of revisions. One that throws is a bug, and is not caught. */
  readonly onBatch: (batch: ChangeBatch) => void;
  readonly onState: (state: SyncState, reason: string) => void;
  readonly log: (event: FollowEvent) => void;
  readonly monotonicMs?: (() => number) | undefined;
  /** Numbers from 0 to below 1. */
  readonly random?: (() => number) | undefined;
}

export class Follower {
  readonly counters: FollowCounters = {
    lists: 0,
    watches: 0,
    sessionsEnded: Object.fromEntries(FAULT_REASONS.map((reason) => [reason, 0])) as Record<FaultReason, number>,
    probesFailed: 0,
    audits: 0,
    auditDifferences: 0,
    eventsApplied: 0,
  };

  readonly #options: FollowOptions;
  readonly #monotonicMs: () => number;
  readonly #random: () => number;
  /** Where probes read. */
  readonly #probed: KeyRange;
  readonly #mirror: Mirror;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  #state: SyncState = 'syncing';
  #confirmedMs: number;
  #liveSinceMs: number | undefined;
  /** When the watch stream or an audit last brought something. */
  #heardMs = 0;
  #auditedMs: number;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#monotonicMs = options.monotonicMs ?? (() => performance.now());
    this.#random = options.random ?? Math.random;
    const ranges = mergePrefixes(options.prefixes).map(rangeOfPrefix);
    const [first] = ranges;
    if (first === undefined) throw new Error('expected at least one prefix');
    this.#probed = first;
    this.#mirror = new Mirror(ranges);
    this.#confirmedMs = this.#monotonicMs();
    this.#auditedMs = this.#confirmedMs;
  }

  get state(): SyncState {
    return this.#state;
  }

  /** 0 before the first list. */
  get appliedRevision(): bigint {
    return this.#mirror.revision;
  }

  /** Milliseconds since etcd last confirmed the table; 0 while it is live. Before the first list: since the start. */
  staleMs(): number {
    return this.#state === 'live' ? 0 : this.#monotonicMs() - this.#confirmedMs;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the connection at once and waits for what runs. Nothing is called back afterwards. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let failures = 0;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const endpoint = this.#endpoint(attempt);
      const ended = await this.#session(endpoint);
      if (signal.aborted) return;
      if (this.#wasHealthy()) failures = 0;
      const retryMs = backoffMs(failures, this.#random);
      failures += 1;
      this.#endSession(endpoint, ended, failures, retryMs);
      await sleep(retryMs, signal);
    }
  }

  #endpoint(attempt: number): string {
    const { endpoints } = this.#options.etcd;
    const endpoint = endpoints[attempt % endpoints.length];
    if (endpoint === undefined) throw new Error('expected at least one etcd endpoint');
    return endpoint;
  }

  #wasHealthy(): boolean {
    return this.#liveSinceMs !== undefined && this.#monotonicMs() - this.#liveSinceMs >= HEALTHY_MS;
  }

  #endSession(endpoint: string, { reason, detail }: Fault, failures: number, retryMs: number): void {
    this.counters.sessionsEnded[reason] += 1;
    this.#mirror.distrust(reason);
    this.#liveSinceMs = undefined;
    this.#options.log({ kind: 'session-ended', endpoint, reason, detail, failures, retryMs });
    if (this.#mirror.revision > 0n) this.#enter('stale', `${reason}: ${detail}`);
  }

  #enter(state: SyncState, reason: string): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onState(state, reason);
  }

  /** One connection to one endpoint, for as long as it is well. */
  async #session(endpoint: string): Promise<Fault> {
    const session = new AbortController();
    const connection = new Connection(endpoint, this.#options.etcd);
    const close = (): void => {
      session.abort();
      connection.close();
    };
    this.#stop.signal.addEventListener('abort', close, { once: true });
    try {
      const failed =
        (await this.#hello(endpoint, connection)) ??
        (await this.#confirm(endpoint, connection)) ??
        (await this.#listIfNeeded(endpoint, connection));
      if (failed !== undefined) return failed;
      const parts = [
        this.#watch(endpoint, connection, session.signal),
        this.#probeUntilFault(endpoint, connection, session.signal),
        this.#auditUntilDifference(endpoint, connection, session.signal),
      ];
      const ended = await Promise.race(parts);
      close();
      await Promise.all(parts);
      return ended;
    } finally {
      close();
      this.#stop.signal.removeEventListener('abort', close);
    }
  }

  /** Finds out whether the endpoint has a quorum, and the store that we know. */
  async #hello(endpoint: string, connection: Connection): Promise<Fault | undefined> {
    const header = await probe(connection, this.#probed, CONNECT_DEADLINE_MS);
    if (header.kind === 'fault') return header;
    const changed = this.#mirror.judge(header, this.#mirror.revision);
    if (changed === undefined) return undefined;
    const { reason, detail } = changed;
    this.#options.log({ kind: 'store-changed', endpoint, reason, detail });
    this.#mirror.distrust(reason);
    return undefined;
  }

  /** Compares the table with the store that it is to be resumed from, and leads to a list when they differ. */
  async #confirm(endpoint: string, connection: Connection): Promise<Fault | undefined> {
    if (this.#mirror.needsList) return undefined;
    this.counters.audits += 1;
    for (const table of this.#mirror.tables) {
      const found = await confirmTable(connection, table);
      if (found === undefined) continue;
      this.#mirror.distrust(found.reason);
      if (this.#mirror.needsList) {
        this.#tellOfAudit(endpoint, found);
        return undefined;
      }
      // What is too much for etcd to compare can still be listed page by page; resuming would end here each time.
      if (found.reason === 'timeout') this.#mirror.requireList();
      return found;
    }
    return undefined;
  }

  async #listIfNeeded(endpoint: string, connection: Connection): Promise<Fault | undefined> {
    if (!this.#mirror.needsList) return undefined;
    const startedMs = this.#monotonicMs();
    const ranges = this.#mirror.tables.map(({ range }) => range);
    const listing = await listRanges(connection, ranges);
    if (listing.kind === 'fault') return listing;
    if (this.#stop.signal.aborted) return fault('closed', 'stopped');
    const batch = this.#mirror.replace(listing);
    this.#auditedMs = this.#monotonicMs();
    this.counters.lists += 1;
    this.#options.log({
      kind: 'listed',
      endpoint,
      revision: batch.revision,
      keys: listing.keys.reduce((sum, listed) => sum + listed.size, 0),
      changes: batch.changes.length,
      pages: listing.pages,
      elapsedMs: this.#auditedMs - startedMs,
    });
    this.#options.onBatch(batch);
    return undefined;
  }

  #watch(endpoint: string, connection: Connection, signal: AbortSignal): Promise<Fault> {
    return watchTables(connection, this.#mirror.tables, signal, {
      onMessage: () => this.#hear(),
      onCreated: () => {
        this.counters.watches += 1;
        this.#confirmedMs = this.#monotonicMs();
        this.#liveSinceMs = this.#confirmedMs;
        this.#options.log({ kind: 'watching', endpoint, revision: this.#mirror.revision });
        this.#enter('live', `watching ${endpoint}`);
      },
      onResponse: (table, header, events) => {
        const batch = this.#mirror.apply(table, header, events);
        if ('kind' in batch) return batch;
        this.counters.eventsApplied += batch.changes.length;
        if (batch.changes.length > 0) this.#options.onBatch(batch);
        return undefined;
      },
    });
  }

  #hear(): void {
    this.#heardMs = this.#monotonicMs();
  }

  async #probeUntilFault(endpoint: string, connection: Connection, signal: AbortSignal): Promise<Fault> {
    let failed = 0;
    let waitMs = PROBE_INTERVAL_MS;
    for (;;) {
      await sleep(waitMs, signal);
      const startedMs = this.#monotonicMs();
      // Events that come while the answer is under way may well be newer than it.
      const known = this.#mirror.revision;
      const header = await probe(connection, this.#probed, PROBE_DEADLINE_MS);
      if (signal.aborted) return fault('closed', 'the session ended');
      if (header.kind === 'fault') {
        const { reason, detail } = header;
        this.counters.probesFailed += 1;
        this.#options.log({ kind: 'probe-failed', endpoint, reason, detail });
        // Over a slow link the answer may wait behind a backlog, and what comes of that shows that etcd is there.
        failed = reason === 'timeout' && this.#heardMs > startedMs ? 0 : failed + 1;
        if (failed === PROBES_FAILED_MAX) return header;
      } else {
        failed = 0;
        const changed = this.#mirror.judge(header, known);
        if (changed !== undefined) return changed;
        this.#confirmedMs = startedMs;
      }
      waitMs = PROBE_INTERVAL_MS - (this.#monotonicMs() - startedMs);
    }
  }

  async #auditUntilDifference(endpoint: string, connection: Connection, signal: AbortSignal): Promise<Fault> {
    let allAuditedMs = Number.NEGATIVE_INFINITY;
    for (;;) {
      await sleep(PROBE_INTERVAL_MS, signal);
      if (signal.aborted) return fault('closed', 'the session ended');
      const startedMs = this.#monotonicMs();
      if (startedMs - this.#auditedMs < AUDIT_INTERVAL_MS) continue;
      this.#auditedMs = startedMs;
      const scope = startedMs - allAuditedMs < FULL_AUDIT_INTERVAL_MS ? 'recent' : 'all';
      const found = await this.#audit(endpoint, connection, scope, signal);
      if (found?.reason === 'audit') return found;
      if (found === undefined && scope === 'all') allAuditedMs = startedMs;
    }
  }

  /** Returns a difference, or else why a table could not be compared. */
  async #audit(
    endpoint: string,
    connection: Connection,
    scope: AuditScope,
    signal: AbortSignal,
  ): Promise<Fault | undefined> {
    this.counters.audits += 1;
    let failed: Fault | undefined;
    for (const table of this.#mirror.tables) {
      const found = await auditTable(connection, table, scope, signal, () => this.#hear());
      if (signal.aborted) return fault('closed', 'the session ended');
      if (found === undefined) continue;
      this.#tellOfAudit(endpoint, found);
      if (found.reason === 'audit') return found;
      failed = found;
    }
    return failed;
  }

  #tellOfAudit(endpoint: string, { reason, detail }: Fault): void {
    if (reason === 'audit') {
      this.counters.auditDifferences += 1;
      this.#options.log({ kind: 'audit-difference', endpoint, detail });
    } else {
      this.#options.log({ kind: 'audit-failed', endpoint, reason, detail });
    }
  }
}
