// The metrics in the text format of Prometheus. Nothing is counted here: every figure is read from its owner at the
// moment of a scrape, so that answering queries costs plain additions only. All label values come from fixed sets.

import { Counter, collectDefaultMetrics, Gauge, Registry as PromRegistry } from 'prom-client';
import type { Registry } from '../registry/registry.ts';
import {
  FAMILIES,
  type QueryCounters,
  RCODE_LABELS,
  requestIndex,
  TRANSPORTS,
  TYPE_LABELS,
} from '../server/counters.ts';
import type { Histogram } from '../server/histogram.ts';

/** Numbers under the labels of a fixed set, such as reasons. */
export type Tally = Readonly<Record<string, number>>;

const SYNC_STATES = ['syncing', 'live', 'stale'] as const;

/** What follows etcd, as far as it is measured. */
export interface SyncSource {
  readonly state: (typeof SYNC_STATES)[number];
  readonly appliedRevision: bigint;
  /** Milliseconds since the table was last known to be what etcd holds; 0 while it is live. */
  staleMs(): number;
  readonly counters: {
    readonly lists: number;
    readonly watches: number;
    readonly sessionsEnded: Tally;
    readonly probesFailed: number;
    readonly audits: number;
    readonly auditDifferences: number;
    readonly eventsApplied: number;
  };
}

/** What is registered, as far as it is measured. */
export type RegistrySource = Pick<Registry, 'instanceCount' | 'nameCount' | 'rejected' | 'adjusted'>;

/** The owners of all figures. */
export interface MetricsSources {
  readonly version: string;
  readonly queries: QueryCounters;
  /** Microseconds from the receipt of a response of etcd to the table that shows its changes. */
  readonly applyUs: Histogram;
  readonly cacheEntries: () => number;
  readonly registry: RegistrySource;
  readonly sync: SyncSource;
  /** Reads of zone files since the start: taken over, and kept out for their mistakes. */
  readonly zoneReloads: () => { readonly ok: number; readonly failed: number };
  readonly droppedLogLines: () => number;
}

/** What a page of metrics is made by. */
export interface Metrics {
  readonly contentType: string;
  /** The text of all metrics as they are now. */
  format(): Promise<string>;
}

const MS_PER_SECOND = 1_000;
const US_PER_SECOND = 1_000_000;

/** Makes the metrics over their sources. Call it once a process: the figures of Node itself are measured from then on. */
export function createMetrics(sources: MetricsSources): Metrics {
  const register = new PromRegistry();
  registerServer(register, sources);
  registerRegistry(register, sources);
  registerSync(register, sources);
  gauge(register, 'svcdns_build_info', 'Always 1; the label says what runs.', ['version'], (set) =>
    set(1, { version: sources.version }),
  );
  collectDefaultMetrics({ register });
  const histograms = histogramsOf(sources);
  return {
    contentType: register.contentType,
    format: async () => [await register.metrics(), ...histograms.map(formatHistogram)].join('\n'),
  };
}

function registerServer(register: PromRegistry, { queries, cacheEntries, droppedLogLines }: MetricsSources): void {
  counter(
    register,
    'svcdns_dns_requests_total',
    'Messages received, without those that were dropped.',
    ['proto', 'family', 'type'],
    (add) => {
      for (const proto of TRANSPORTS) {
        for (const family of FAMILIES) {
          for (const [index, type] of TYPE_LABELS.entries()) {
            add(queries.requests[requestIndex(proto, family, index)] ?? 0, { proto, family, type });
          }
        }
      }
    },
  );
  counter(register, 'svcdns_dns_responses_total', 'Replies sent.', ['rcode'], (add) => {
    for (const [index, rcode] of RCODE_LABELS.entries()) add(queries.responses[index] ?? 0, { rcode });
  });
  tally(register, 'svcdns_dns_dropped_total', 'Messages that got no reply.', 'reason', () => queries.dropped);
  count(register, 'svcdns_dns_truncated_total', 'Replies with TC set.', () => queries.truncated);
  count(register, 'svcdns_panics_total', 'Queries answered SERVFAIL for a fault of svcdns.', () => queries.panics);
  count(register, 'svcdns_cache_hits_total', 'Replies made from an encoded answer.', () => queries.cacheHits);
  count(register, 'svcdns_cache_misses_total', 'Replies that had to be encoded.', () => queries.cacheMisses);
  level(register, 'svcdns_cache_entries', 'Encoded answers held.', cacheEntries);
  level(register, 'svcdns_tcp_connections', 'TCP connections open.', () => queries.tcpOpen);
  count(register, 'svcdns_tcp_accepted_total', 'TCP connections taken.', () => queries.tcpAccepted);
  tally(
    register,
    'svcdns_tcp_refused_total',
    'TCP connections closed at once for a limit.',
    'reason',
    () => queries.tcpRefused,
  );
  tally(register, 'svcdns_tcp_closed_total', 'TCP connections that ended.', 'reason', () => queries.tcpClosed);
  count(
    register,
    'svcdns_tcp_pauses_total',
    'Times that reading from a connection stopped because too much of it was waiting.',
    () => queries.tcpPauses,
  );
  count(register, 'svcdns_log_lines_dropped_total', 'Log lines left out for the limit of their kind.', droppedLogLines);
}

function registerRegistry(register: PromRegistry, { registry, zoneReloads }: MetricsSources): void {
  level(register, 'svcdns_instances', 'Instances registered and in use.', () => registry.instanceCount);
  level(register, 'svcdns_names', 'Names that registrations give.', () => registry.nameCount);
  gauge(register, 'svcdns_rejected_keys', 'Keys whose present value cannot be used.', ['reason'], (set) => {
    for (const [reason, keys] of Object.entries(registry.rejected)) set(keys, { reason });
  });
  counter(register, 'svcdns_adjusted_values_total', 'Fields of values that were replaced.', ['field'], (add) => {
    for (const [field, times] of registry.adjusted) add(times, { field });
  });
  tally(register, 'svcdns_zone_reloads_total', 'Reads of zone files.', 'result', zoneReloads);
}

function registerSync(register: PromRegistry, { sync }: MetricsSources): void {
  gauge(register, 'svcdns_watch_state', '1 for the state of the watch on etcd, 0 for the others.', ['state'], (set) => {
    for (const state of SYNC_STATES) set(state === sync.state ? 1 : 0, { state });
  });
  level(
    register,
    'svcdns_stale_seconds',
    'How long the table has not been known to be what etcd holds.',
    () => sync.staleMs() / MS_PER_SECOND,
  );
  // A double is exact up to 2^53; at 10 000 writes a second etcd gets there in 28 000 years.
  level(register, 'svcdns_applied_revision', 'etcd revision of the last change in the table.', () =>
    Number(sync.appliedRevision),
  );
  count(register, 'svcdns_etcd_lists_total', 'Complete lists read from etcd.', () => sync.counters.lists);
  count(register, 'svcdns_etcd_watches_total', 'Watches begun on etcd.', () => sync.counters.watches);
  tally(
    register,
    'svcdns_etcd_session_ends_total',
    'Sessions with etcd that ended.',
    'reason',
    () => sync.counters.sessionsEnded,
  );
  count(
    register,
    'svcdns_etcd_probes_failed_total',
    'Probes without an answer of etcd.',
    () => sync.counters.probesFailed,
  );
  count(register, 'svcdns_etcd_audits_total', 'Comparisons of the table with etcd.', () => sync.counters.audits);
  count(
    register,
    'svcdns_etcd_audit_differences_total',
    'Audits that found the table to differ from etcd.',
    () => sync.counters.auditDifferences,
  );
  count(register, 'svcdns_etcd_events_total', 'Changes applied to the table.', () => sync.counters.eventsApplied);
}

type Labels = Readonly<Record<string, string | number>>;

/** Writes one series of a metric. */
type Write = (value: number, labels: Labels) => void;

function counter(
  register: PromRegistry,
  name: string,
  help: string,
  labelNames: string[],
  read: (add: Write) => void,
): void {
  new Counter({
    name,
    help,
    labelNames,
    registers: [register],
    collect() {
      this.reset();
      read((value, labels) => this.inc(labels, value));
    },
  });
}

function gauge(
  register: PromRegistry,
  name: string,
  help: string,
  labelNames: string[],
  read: (set: Write) => void,
): void {
  new Gauge({
    name,
    help,
    labelNames,
    registers: [register],
    collect() {
      this.reset();
      read((value, labels) => this.set(labels, value));
    },
  });
}

/** A counter without labels. */
function count(register: PromRegistry, name: string, help: string, read: () => number): void {
  counter(register, name, help, [], (add) => add(read(), {}));
}

/** A gauge without labels. */
function level(register: PromRegistry, name: string, help: string, read: () => number): void {
  gauge(register, name, help, [], (set) => set(read(), {}));
}

/** A counter with one label. */
function tally(register: PromRegistry, name: string, help: string, labelName: string, read: () => Tally): void {
  counter(register, name, help, [labelName], (add) => {
    for (const [label, value] of Object.entries(read())) add(value, { [labelName]: label });
  });
}

/** A histogram of ours, and how the metrics call it. */
interface NamedHistogram {
  readonly name: string;
  readonly help: string;
  readonly source: Histogram;
  /** How many units of the source are one of the unit in the name. */
  readonly perUnit: number;
}

function histogramsOf({ queries, applyUs }: MetricsSources): readonly NamedHistogram[] {
  return [
    {
      name: 'svcdns_dns_request_duration_seconds',
      help: 'From the receipt of a message to the handover of its reply.',
      source: queries.durationUs,
      perUnit: US_PER_SECOND,
    },
    {
      name: 'svcdns_dns_request_size_bytes',
      help: 'Octets of a message received.',
      source: queries.requestOctets,
      perUnit: 1,
    },
    { name: 'svcdns_dns_response_size_bytes', help: 'Octets of a reply.', source: queries.responseOctets, perUnit: 1 },
    {
      name: 'svcdns_event_to_table_seconds',
      help: 'From the receipt of a response of etcd to the table that shows its changes.',
      source: applyUs,
      perUnit: US_PER_SECOND,
    },
  ];
}

/** The text of one histogram. The library's own can only observe value by value; ours has its counts already. */
function formatHistogram({ name, help, source, perUnit }: NamedHistogram): string {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
  let total = 0;
  for (const [bucket, observed] of source.counts.entries()) {
    total += observed;
    const bound = source.bounds[bucket];
    lines.push(`${name}_bucket{le="${bound === undefined ? '+Inf' : bound / perUnit}"} ${total}`);
  }
  lines.push(`${name}_sum ${source.sum / perUnit}`, `${name}_count ${total}`);
  return `${lines.join('\n')}\n`;
}
