// The page of metrics, read as Prometheus reads it: names, labels, types, values.

import { beforeAll, describe, expect, it } from 'vitest';
import { createMetrics, type MetricsSources } from '../../src/ops/metrics.ts';
import { Registry } from '../../src/registry/registry.ts';
import { QueryCounters } from '../../src/server/counters.ts';
import { DURATION_BOUNDS_US, Histogram } from '../../src/server/histogram.ts';
import { nameOf } from '../../src/wire/name.ts';

interface Sample {
  readonly name: string;
  readonly labels: string;
  readonly value: number;
}

interface Page {
  /** Metric → its type. */
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly Sample[];
}

/** Parses the text format, strictly: an unknown line, a missing HELP or TYPE and a series given twice are errors. */
function parsePage(text: string): Page {
  const types = new Map<string, string>();
  const helped = new Set<string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  expect(text.endsWith('\n')).toBe(true);
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, help] = /^# HELP ([a-z_:][a-z0-9_:]*) \S.*$/.exec(line) ?? [];
    const [, typed, type] = /^# TYPE ([a-z_:][a-z0-9_:]*) (counter|gauge|histogram|summary)$/.exec(line) ?? [];
    const [, name, labels = '', value] = /^([a-z_:][a-z0-9_:]*)(?:\{([^{}]*)\})? (\S+)$/.exec(line) ?? [];
    if (help !== undefined) {
      expect(helped.has(help)).toBe(false);
      helped.add(help);
    } else if (typed !== undefined && type !== undefined) {
      expect(helped.has(typed)).toBe(true);
      types.set(typed, type);
    } else {
      if (name === undefined || value === undefined) throw new Error(`not a line of the text format: ${line}`);
      const series = `${name}{${labels}}`;
      if (seen.has(series)) throw new Error(`${series} is given twice`);
      seen.add(series);
      const metric = types.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, '');
      expect(types.has(metric)).toBe(true);
      samples.push({ name, labels, value: value === 'Nan' ? Number.NaN : Number(value) });
    }
  }
  return { types, samples };
}

const queries = new QueryCounters();
const applyUs = new Histogram(DURATION_BOUNDS_US);
const registry = new Registry({
  maps: [{ prefix: '/', name: nameOf('svc.local'), apex: nameOf('svc.local'), subtree: false }],
  maxInstances: 10,
});
const sync = {
  state: 'stale' as const,
  appliedRevision: 2n ** 40n,
  staleMs: () => 1_500,
  counters: {
    lists: 1,
    watches: 2,
    sessionsEnded: { 'probe-failed': 1 },
    probesFailed: 2,
    audits: 4,
    auditDifferences: 0,
    eventsApplied: 9,
  },
};

const sources: MetricsSources = {
  version: '1.2.3',
  queries,
  applyUs,
  cacheEntries: () => 7,
  registry,
  sync,
  zoneReloads: () => ({ ok: 5, failed: 1 }),
  droppedLogLines: () => 6,
};

const metrics = createMetrics(sources);

function register(values: Readonly<Record<string, string>>): void {
  const changes = Object.entries(values).map(([key, value]) => ({
    kind: 'put' as const,
    key,
    value: new TextEncoder().encode(value),
    modRevision: 1n,
    leaseId: '0',
  }));
  registry.apply({ revision: 1n, changes, source: 'watch' });
}

async function scrape(): Promise<Page> {
  return parsePage(await metrics.format());
}

function sampleOf({ samples }: Page, name: string, labels = ''): number | undefined {
  return samples.find((sample) => sample.name === name && sample.labels === labels)?.value;
}

describe('the metrics', () => {
  let page: Page;

  beforeAll(async () => {
    queries.countRequest('udp', 4, 1, 40);
    queries.countRequest('udp', 4, 1, 40);
    queries.countRequest('tcp', 6, 33, 60);
    queries.countRequest('udp', 6, 65_535, 60);
    queries.countRequest('udp', 6, 3, 60);
    queries.countRequest('udp', 6, undefined, 60);
    queries.countResponse(0, 100, 4);
    queries.countResponse(3, 90, 40);
    queries.countResponse(16, 90, 2_000_000);
    queries.countResponse(23, 90, 40);
    queries.countResponse(13, 90, 40);
    queries.countResponse(4095, 90, 40);
    queries.dropped['port-zero'] += 2;
    queries.tcpAccepted += 5;
    queries.tcpClosed.idle += 1;
    queries.tcpClosed.client += 1;
    queries.tcpRefused['client-connections'] += 1;
    queries.truncated += 1;
    queries.cacheHits += 8;
    queries.cacheMisses += 3;
    register({
      '/web/1': '10.0.0.1:80',
      '/web/2': '{"address":"10.0.0.2","port":80,"ttl":9999}',
      '/web/3': '10.0.0.3:0',
    });
    applyUs.observe(300);
    page = await scrape();
  });

  it('have these names and types', () => {
    const ours = [...page.types].filter(([name]) => name.startsWith('svcdns_'));
    expect(Object.fromEntries(ours)).toEqual({
      svcdns_adjusted_values_total: 'counter',
      svcdns_applied_revision: 'gauge',
      svcdns_build_info: 'gauge',
      svcdns_cache_entries: 'gauge',
      svcdns_cache_hits_total: 'counter',
      svcdns_cache_misses_total: 'counter',
      svcdns_dns_dropped_total: 'counter',
      svcdns_dns_request_duration_seconds: 'histogram',
      svcdns_dns_request_size_bytes: 'histogram',
      svcdns_dns_requests_total: 'counter',
      svcdns_dns_response_size_bytes: 'histogram',
      svcdns_dns_responses_total: 'counter',
      svcdns_dns_truncated_total: 'counter',
      svcdns_etcd_audit_differences_total: 'counter',
      svcdns_etcd_audits_total: 'counter',
      svcdns_etcd_events_total: 'counter',
      svcdns_etcd_lists_total: 'counter',
      svcdns_etcd_probes_failed_total: 'counter',
      svcdns_etcd_session_ends_total: 'counter',
      svcdns_etcd_watches_total: 'counter',
      svcdns_event_to_table_seconds: 'histogram',
      svcdns_instances: 'gauge',
      svcdns_log_lines_dropped_total: 'counter',
      svcdns_names: 'gauge',
      svcdns_panics_total: 'counter',
      svcdns_rejected_keys: 'gauge',
      svcdns_stale_seconds: 'gauge',
      svcdns_tcp_accepted_total: 'counter',
      svcdns_tcp_closed_total: 'counter',
      svcdns_tcp_connections: 'gauge',
      svcdns_tcp_pauses_total: 'counter',
      svcdns_tcp_refused_total: 'counter',
      svcdns_watch_state: 'gauge',
      svcdns_zone_reloads_total: 'counter',
    });
  });

  it('count requests by transport, family and type, with one label for all types that have none', () => {
    const name = 'svcdns_dns_requests_total';
    expect(sampleOf(page, name, 'proto="udp",family="4",type="A"')).toBe(2);
    expect(sampleOf(page, name, 'proto="tcp",family="6",type="SRV"')).toBe(1);
    expect(sampleOf(page, name, 'proto="udp",family="6",type="other"')).toBe(3);
    expect(sampleOf(page, name, 'proto="tcp",family="4",type="AAAA"')).toBe(0);
  });

  it('count responses by the mnemonic of their rcode', () => {
    const name = 'svcdns_dns_responses_total';
    expect(sampleOf(page, name, 'rcode="NOERROR"')).toBe(1);
    expect(sampleOf(page, name, 'rcode="NXDOMAIN"')).toBe(1);
    expect(sampleOf(page, name, 'rcode="BADVERS"')).toBe(1);
    expect(sampleOf(page, name, 'rcode="BADCOOKIE"')).toBe(1);
    expect(sampleOf(page, name, 'rcode="other"')).toBe(2);
    expect(sampleOf(page, name, 'rcode="SERVFAIL"')).toBe(0);
  });

  it('show every figure of their sources', () => {
    expect(sampleOf(page, 'svcdns_dns_dropped_total', 'reason="port-zero"')).toBe(2);
    expect(sampleOf(page, 'svcdns_dns_dropped_total', 'reason="short"')).toBe(0);
    expect(sampleOf(page, 'svcdns_dns_truncated_total')).toBe(1);
    expect(sampleOf(page, 'svcdns_cache_hits_total')).toBe(8);
    expect(sampleOf(page, 'svcdns_cache_misses_total')).toBe(3);
    expect(sampleOf(page, 'svcdns_cache_entries')).toBe(7);
    expect(sampleOf(page, 'svcdns_tcp_connections')).toBe(3);
    expect(sampleOf(page, 'svcdns_tcp_accepted_total')).toBe(5);
    expect(sampleOf(page, 'svcdns_tcp_refused_total', 'reason="client-connections"')).toBe(1);
    expect(sampleOf(page, 'svcdns_tcp_closed_total', 'reason="idle"')).toBe(1);
    expect(sampleOf(page, 'svcdns_instances')).toBe(2);
    expect(sampleOf(page, 'svcdns_names')).toBe(registry.nameCount);
    expect(sampleOf(page, 'svcdns_rejected_keys', 'reason="bad-port"')).toBe(1);
    expect(sampleOf(page, 'svcdns_rejected_keys', 'reason="empty"')).toBe(0);
    expect(sampleOf(page, 'svcdns_adjusted_values_total', 'field="ttl"')).toBe(1);
    expect(sampleOf(page, 'svcdns_zone_reloads_total', 'result="failed"')).toBe(1);
    expect(sampleOf(page, 'svcdns_log_lines_dropped_total')).toBe(6);
    expect(sampleOf(page, 'svcdns_stale_seconds')).toBe(1.5);
    expect(sampleOf(page, 'svcdns_applied_revision')).toBe(2 ** 40);
    expect(sampleOf(page, 'svcdns_etcd_lists_total')).toBe(1);
    expect(sampleOf(page, 'svcdns_etcd_watches_total')).toBe(2);
    expect(sampleOf(page, 'svcdns_etcd_session_ends_total', 'reason="probe-failed"')).toBe(1);
    expect(sampleOf(page, 'svcdns_etcd_probes_failed_total')).toBe(2);
    expect(sampleOf(page, 'svcdns_etcd_audits_total')).toBe(4);
    expect(sampleOf(page, 'svcdns_etcd_audit_differences_total')).toBe(0);
    expect(sampleOf(page, 'svcdns_etcd_events_total')).toBe(9);
    expect(sampleOf(page, 'svcdns_build_info', 'version="1.2.3"')).toBe(1);
  });

  it('are 1 for one state of the watch and 0 for the others', () => {
    expect(page.samples.filter(({ name }) => name === 'svcdns_watch_state')).toEqual([
      { name: 'svcdns_watch_state', labels: 'state="syncing"', value: 0 },
      { name: 'svcdns_watch_state', labels: 'state="live"', value: 0 },
      { name: 'svcdns_watch_state', labels: 'state="stale"', value: 1 },
    ]);
  });

  it('have histograms whose bounds rise, whose buckets never fall, and whose last one is the count', () => {
    const histograms = [...page.types].filter(([, type]) => type === 'histogram').map(([name]) => name);
    for (const name of histograms.filter((histogram) => histogram.startsWith('svcdns_'))) {
      const buckets = page.samples.filter((sample) => sample.name === `${name}_bucket`);
      const bounds = buckets.map(({ labels }) => /^le="(.*)"$/.exec(labels)?.[1] ?? '');
      const counts = buckets.map(({ value }) => value);
      expect(bounds.at(-1)).toBe('+Inf');
      expect(bounds.length).toBeGreaterThan(5);
      for (let bucket = 1; bucket < bounds.length - 1; bucket += 1) {
        expect(Number(bounds[bucket])).toBeGreaterThan(Number(bounds[bucket - 1]));
      }
      for (let bucket = 1; bucket < counts.length; bucket += 1) {
        expect(counts[bucket]).toBeGreaterThanOrEqual(counts[bucket - 1] ?? 0);
      }
      expect(counts.at(-1)).toBe(sampleOf(page, `${name}_count`));
      expect(counts.at(-1)).toBeGreaterThan(0);
    }
  });

  it('show durations in seconds and sizes in octets', () => {
    const durations = 'svcdns_dns_request_duration_seconds';
    expect(sampleOf(page, `${durations}_bucket`, 'le="0.000005"')).toBe(1);
    expect(sampleOf(page, `${durations}_bucket`, 'le="0.00005"')).toBe(5);
    expect(sampleOf(page, `${durations}_bucket`, 'le="1"')).toBe(5);
    expect(sampleOf(page, `${durations}_count`)).toBe(6);
    expect(sampleOf(page, `${durations}_sum`)).toBeCloseTo(2.000164, 9);
    expect(sampleOf(page, 'svcdns_dns_response_size_bytes_bucket', 'le="128"')).toBe(6);
    expect(sampleOf(page, 'svcdns_dns_request_size_bytes_sum')).toBe(320);
    expect(sampleOf(page, 'svcdns_event_to_table_seconds_sum')).toBe(0.0003);
  });

  it('show the process as other programs on Node do', () => {
    expect(page.types.get('process_cpu_seconds_total')).toBe('counter');
    expect(page.types.get('process_resident_memory_bytes')).toBe('gauge');
    expect(page.types.get('nodejs_eventloop_lag_p99_seconds')).toBe('gauge');
  });

  it('are read anew at every scrape and not added up', async () => {
    sync.appliedRevision += 1n;
    queries.cacheHits += 1;
    const next = await scrape();
    expect(sampleOf(next, 'svcdns_applied_revision')).toBe(2 ** 40 + 1);
    expect(sampleOf(next, 'svcdns_cache_hits_total')).toBe(9);
    expect(sampleOf(next, 'svcdns_dns_requests_total', 'proto="udp",family="4",type="A"')).toBe(2);
    expect(next.samples.length).toBe(page.samples.length);
  });
});
