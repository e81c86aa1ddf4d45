// `svcdns serve`: etcd ─▶ registry ─▶ zones ─▶ answers ─▶ sockets, wired together and taken down again.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Settings } from '../config.ts';
import { Follower } from '../etcd/follower.ts';
import { type HttpListener, listenHttp } from '../ops/http.ts';
import { Log } from '../ops/log.ts';
import { createMetrics, type Metrics } from '../ops/metrics.ts';
import { ZoneDirectory } from '../ops/zone-directory.ts';
import { formatProblem } from '../ops/zone-source.ts';
import { Registry } from '../registry/registry.ts';
import { allowNetworks } from '../server/allow.ts';
import { AnswerCache } from '../server/answer-cache.ts';
import { ServerCookies } from '../server/cookies.ts';
import { QueryCounters } from '../server/counters.ts';
import { DURATION_BOUNDS_US, Histogram } from '../server/histogram.ts';
import { ReplyOptions } from '../server/reply-options.ts';
import { Responder } from '../server/respond.ts';
import { DnsServer, reachableAddresses } from '../server/server.ts';
import { formatSocket } from '../wire/address.ts';
import { formatName } from '../wire/name.ts';
import { SIPHASH_KEY_OCTETS } from '../wire/siphash.ts';
import { Authority } from '../zone/authority.ts';
import { applyBatch } from './apply-batch.ts';
import type { CommandContext, ExitCode } from './command.ts';
import { InTurns } from './in-turns.ts';
import { logFollowEvent } from './log-follow-event.ts';
import { logZoneConflicts } from './log-zone-conflicts.ts';

/** Milliseconds between looks at how old the answers are, where `--max-stale` limits that. */
const STALENESS_CHECK_MS = 1_000;

/** Zone files are looked for here unless a directory is named. */
const ZONES_DIRECTORY = 'zones';

/**
 * Milliseconds that a server which is to stop still answers, while `/readyz` says no: who balances over several servers
 * and asks each second has left it by then.
 */
const DRAIN_MS = 1_000;

/** Serves until the signal is aborted. */
export async function serve(context: CommandContext): Promise<ExitCode> {
  const serving = await startServing(context);
  await aborted(context.signal);
  serving.log.info('stopping', 'stopping');
  await delay(DRAIN_MS);
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
  const { settings } = context;
  const log = new Log({
    level: settings.logLevel,
    format: settings.logFormat,
    output: context.stderr,
    monotonicMs: () => performance.now(),
  });
  /** What is up, in the order in which it came. */
  const up: (() => unknown)[] = [() => log.close()];
  const close = async () => {
    for (const part of up.splice(0).reverse()) await part();
  };
  try {
    const answering = createAnswering(settings, log);
    const zones = await followZoneFiles(context, answering.authority, log, up);
    const sync = followEtcd(context, answering, log, up);
    const dns = await openSockets(settings, answering, log, up);
    const metrics = createMetrics({
      version: context.version,
      queries: answering.counters,
      cacheEntries: () => answering.cache.size,
      registry: answering.registry,
      sync: sync.follower,
      applyUs: sync.applyUs,
      zoneReloads: () => ({ ok: zones.counters.reloads, failed: zones.counters.failures }),
      droppedLogLines: () => log.droppedLines,
    });
    const http = await openHttp(context, answering.authority, metrics, log, up);
    sync.follower.start();
    log.info('started', `answering for ${settings.zones.map(formatName).join(', ')}`, {
      addresses: dns.addresses,
      port: dns.port,
      http: http === undefined ? 'off' : formatSocket(http.address, http.port),
      etcd: context.etcd.endpoints,
    });
    return { dns, http, log, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** From registered names to octets: all that answers, without any I/O. */
interface Answering {
  readonly registry: Registry;
  readonly authority: Authority;
  readonly counters: QueryCounters;
  readonly cache: AnswerCache;
  readonly responder: Responder;
}

function createAnswering(settings: Settings, log: Log): Answering {
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
    replyOptions: new ReplyOptions({ cookies: serverCookies(), nsid: settings.nsid }),
    isAllowed: allowNetworks(settings.allow),
    random: Math.random,
    onFault: (error, message) => log.error('fault', 'a query could not be answered', { error: String(error), message }),
  });
  return { registry, authority, counters, cache, responder };
}

/** Follows etcd once it is started. State and batches are taken in the order in which they come. */
function followEtcd(
  { etcd, settings }: CommandContext,
  { registry, authority }: Answering,
  log: Log,
  up: (() => unknown)[],
): { readonly follower: Follower; readonly applyUs: Histogram } {
  const applyUs = new Histogram(DURATION_BOUNDS_US);
  const inTurns = new InTurns();
  const follower = new Follower({
    etcd,
    prefixes: settings.maps.map(({ prefix }) => prefix),
    onBatch: (batch) => {
      const startedMs = performance.now();
      inTurns.add(applyBatch(batch, registry, authority, log));
      inTurns.add(() => applyUs.observe((performance.now() - startedMs) * 1000));
    },
    onState: (state, reason) => {
      inTurns.add(() => {
        authority.knowledge = state === 'syncing' ? 'none' : state;
      });
      log[state === 'stale' ? 'warn' : 'info']('etcd-state', `registrations are ${state}`, { reason });
    },
    log: (event) => logFollowEvent(log, event),
  });
  const staleness = limitStaleness(settings.maxStaleSeconds, authority, follower);
  up.push(async () => {
    clearInterval(staleness);
    await follower.close();
    inTurns.close();
  });
  return { follower, applyUs };
}

/** Reads the zone files, and again when they change or the operator says so. */
async function followZoneFiles(
  { settings, written, onHangup }: CommandContext,
  authority: Authority,
  log: Log,
  up: (() => unknown)[],
): Promise<ZoneDirectory> {
  const isWanted = () => settings.zonesDirectory !== undefined || existsSync(ZONES_DIRECTORY);
  const zones = new ZoneDirectory(settings.zonesDirectory ?? ZONES_DIRECTORY, {
    onZones: (files) => {
      authority.setZoneFiles(files.values());
      logZoneConflicts(log, authority, written.has('negativeTtlSeconds') ? settings.negativeTtlSeconds : undefined);
    },
    onProblem: (problem) => log[problem.severity === 'error' ? 'error' : 'warn']('zone-file', formatProblem(problem)),
  });
  up.push(
    onHangup(() => {
      if (isWanted()) void zones.load();
    }),
  );
  if (!isWanted()) return zones;
  await zones.load();
  const stop = new AbortController();
  const watching = zones.watch(stop.signal);
  up.push(() => {
    stop.abort();
    return watching;
  });
  return zones;
}

async function openSockets(
  settings: Settings,
  { responder, counters }: Answering,
  log: Log,
  up: (() => unknown)[],
): Promise<DnsServer> {
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
  up.push(() => dns.close());
  warnOfSmallBuffer(dns, settings.udpReceiveBufferOctets, log);
  return dns;
}

async function openHttp(
  { settings, signal }: CommandContext,
  authority: Authority,
  metrics: Metrics,
  log: Log,
  up: (() => unknown)[],
): Promise<HttpListener | undefined> {
  if (settings.http === 'off') return undefined;
  const http = await listenHttp({
    ...settings.http,
    metrics,
    readiness: () => {
      if (signal.aborted) return { kind: 'not-ready', reason: 'stopping' };
      if (authority.knowledge === 'none') return { kind: 'not-ready', reason: 'etcd was not read yet' };
      return { kind: 'ready' };
    },
    onFault: (error) => log.error('http', error.message),
  });
  up.push(() => http.close());
  return http;
}

function serverCookies(): ServerCookies {
  return new ServerCookies({
    // Of the system's clock only its reading at the start is used: a step of it takes no cookie away.
    nowSeconds: () => Math.floor((performance.timeOrigin + performance.now()) / 1000),
    newSecret: () => randomBytes(SIPHASH_KEY_OCTETS),
  });
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
