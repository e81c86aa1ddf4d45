// `svcdns serve`: etcd ─▶ registry ─▶ zones ─▶ answers ─▶ sockets, wired together and taken down again.

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { Follower } from '../etcd/follower.ts';
import { type HttpListener, listenHttp, type Readiness } from '../ops/http.ts';
import { Log } from '../ops/log.ts';
import { createMetrics } from '../ops/metrics.ts';
import { ZoneDirectory } from '../ops/zone-directory.ts';
import { formatProblem } from '../ops/zone-source.ts';
import type { ChangeBatch } from '../registry/change.ts';
import { Registry } from '../registry/registry.ts';
import { allowNetworks } from '../server/allow.ts';
import { AnswerCache } from '../server/answer-cache.ts';
import { QueryCounters } from '../server/counters.ts';
import { DURATION_BOUNDS_US, Histogram } from '../server/histogram.ts';
import { Responder } from '../server/respond.ts';
import { DnsServer, reachableAddresses } from '../server/server.ts';
import { formatName } from '../wire/name.ts';
import { Authority } from '../zone/authority.ts';
import { aliasConflicts } from '../zone/lookup.ts';
import type { CommandContext, ExitCode } from './command.ts';
import { logFollowEvent } from './log-follow-event.ts';

/** Milliseconds between looks at how old the answers are, where `--max-stale` limits that. */
const STALENESS_CHECK_MS = 1_000;

/** Zone files are looked for here unless a directory is named. */
const ZONES_DIRECTORY = 'zones';

/** Serves until the signal is aborted. */
export async function serve(context: CommandContext): Promise<ExitCode> {
  const serving = await startServing(context);
  await aborted(context.signal);
  await serving.close();
  return 0;
}

/** Resolves once the signal is aborted. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

/** A server that is up. */
export interface Serving {
  readonly dns: DnsServer;
  /** Undefined where it is switched off. */
  readonly http: HttpListener | undefined;
  readonly log: Log;
  close(): Promise<void>;
}

/**
 * Starts all parts. Answers wait for nothing: until etcd has been read, they say so.
 *
 * @throws BindError, HttpListenError
 */
export async function startServing(context: CommandContext): Promise<Serving> {
  const { settings, signal } = context;
  const log = new Log({
    level: settings.logLevel,
    format: settings.logFormat,
    output: context.stderr,
    monotonicMs: () => performance.now(),
  });
  const stop = new AbortController();

  const registry = new Registry(settings);
  const authority = new Authority({
    names: registry,
    registeredZones: settings.zones,
    ttlSeconds: settings.ttlSeconds,
    negativeTtlSeconds: settings.negativeTtlSeconds,
    addresses: reachableAddresses(settings.listen.map(({ address }) => address)),
  });
  const counters = new QueryCounters();
  const cache = new AnswerCache({ authority, maxEntries: settings.cacheEntries, maxRecords: settings.maxAnswers });
  const responder = new Responder({
    authority,
    cache,
    counters,
    isAllowed: allowNetworks(settings.allow),
    random: Math.random,
    onFault: (error, message) => log.error('fault', 'a query could not be answered', { error: String(error), message }),
  });

  const applyUs = new Histogram(DURATION_BOUNDS_US);
  const follower = new Follower({
    etcd: context.etcd,
    prefixes: settings.maps.map(({ prefix }) => prefix),
    onBatch: (batch) => {
      const startedMs = performance.now();
      applyBatch(batch, registry, authority, log);
      applyUs.observe((performance.now() - startedMs) * 1000);
    },
    onState: (state, reason) => {
      authority.knowledge = state === 'syncing' ? 'none' : state;
      log[state === 'stale' ? 'warn' : 'info']('etcd-state', `registrations are ${state}`, { reason });
    },
    log: (event) => logFollowEvent(log, event),
  });
  const staleness = limitStaleness(settings.maxStaleSeconds, authority, follower);

  const zones = new ZoneDirectory(settings.zonesDirectory ?? ZONES_DIRECTORY, {
    onZones: (files) => authority.setZoneFiles(files.values()),
    onProblem: (problem) => log[problem.severity === 'error' ? 'error' : 'warn']('zone-file', formatProblem(problem)),
  });
  const hasZones = settings.zonesDirectory !== undefined || existsSync(ZONES_DIRECTORY);
  if (hasZones) await zones.load();

  const readiness = (): Readiness => {
    if (signal.aborted) return { kind: 'not-ready', reason: 'stopping' };
    return authority.knowledge === 'none' ? { kind: 'not-ready', reason: 'etcd was not read yet' } : { kind: 'ready' };
  };
  const metrics = createMetrics({
    version: context.version,
    queries: counters,
    applyUs,
    cacheEntries: () => cache.size,
    registry,
    sync: follower,
    zoneReloads: () => ({ ok: zones.counters.reloads, failed: zones.counters.failures }),
    droppedLogLines: () => log.droppedLines,
  });

  const dns = await DnsServer.listen({
    listen: settings.listen.map(({ address }) => address),
    port: settings.port,
    responder,
    counters,
    receiveBufferOctets: settings.udpReceiveBufferOctets,
    tcp: { connections: settings.tcpConnections, connectionsPerClient: settings.tcpConnectionsPerClient },
    onAddress: (address, error) => {
      if (error === undefined) log.info('address', 'answering on another address', { address });
      else log.warn('address', String(error), { address });
    },
  });
  let http: HttpListener | undefined;
  try {
    if (settings.http !== 'off') {
      const onFault = (error: Error) => log.error('http', error.message);
      http = await listenHttp({ ...settings.http, readiness, metrics, onFault });
    }
  } catch (error) {
    await dns.close();
    clearInterval(staleness);
    throw error;
  }

  const zoneFiles = hasZones ? zones.watch(stop.signal) : Promise.resolve();
  if (hasZones) context.onHangup(() => void zones.load());
  follower.start();
  log.info('started', `answering for ${settings.zones.map(formatName).join(', ')}`, {
    addresses: dns.addresses,
    port: dns.port,
    http: http === undefined ? 'off' : `${http.address}:${http.port}`,
    etcd: context.etcd.endpoints,
  });
  warnOfSmallBuffer(dns, settings.udpReceiveBufferOctets, log);
  return {
    dns,
    http,
    log,
    close: async () => {
      log.info('stopping', 'stopping');
      clearInterval(staleness);
      stop.abort();
      await Promise.all([dns.close(), http?.close(), follower.close(), zoneFiles]);
      log.close();
    },
  };
}

function applyBatch(batch: ChangeBatch, registry: Registry, authority: Authority, log: Log): void {
  const applied = registry.apply(batch);
  // Before the first list nothing was known of any zone, so it changes all of them, the empty ones too.
  const apexes = authority.knowledge === 'none' ? authority.zones.keys() : applied.apexes;
  authority.changed(apexes, batch.revision);
  for (const rejection of applied.rejections) log.rejectedKey(rejection);
  for (const name of aliasConflicts(authority, applied.names)) {
    const message = 'a CNAME cannot stand beside other records, and is not served';
    log.warn('alias-conflict', message, { name: formatName(name) });
  }
}

/** Gives up registered answers that are too old, where there is a limit. */
function limitStaleness(
  maxStaleSeconds: number | undefined,
  authority: Authority,
  follower: Follower,
): NodeJS.Timeout | undefined {
  if (maxStaleSeconds === undefined) return undefined;
  return setInterval(() => {
    if (authority.knowledge === 'stale' && follower.staleMs() > maxStaleSeconds * 1000) authority.knowledge = 'expired';
  }, STALENESS_CHECK_MS);
}

/** The system may give less than was asked for, and says so only when asked. */
function warnOfSmallBuffer(dns: DnsServer, wantedOctets: number, log: Log): void {
  const octets = dns.receiveBufferOctets;
  if (octets >= wantedOctets) return;
  log.warn('receive-buffer', 'the UDP receive buffer is small: a burst of queries in a busy moment can be lost', {
    octets,
    wanted: wantedOctets,
    remedy: `sysctl -w net.core.rmem_max=${wantedOctets}`,
  });
}
