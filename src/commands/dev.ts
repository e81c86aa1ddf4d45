// `svcdns dev`: the server with a store of its own and a few instances in it, for trying things out on one machine. Where
// a cluster is named with --etcd, that one is used, and nothing else changes.

import { Etcd3 } from 'etcd3';
import { EmbeddedStore, EmbeddedStoreError } from '../embedded/server.ts';
import type { EtcdOptions } from '../etcd/options.ts';
import { HttpListenError } from '../ops/http.ts';
import type { Log } from '../ops/log.ts';
import { BindError, codeOf } from '../server/bind-error.ts';
import { formatSocket } from '../wire/address.ts';
import { formatName } from '../wire/name.ts';
import type { CommandContext, ExitCode } from './command.ts';
import { aborted, type Serving, startServing } from './serve.ts';

/** Where etcd listens by default, so that `etcdctl` needs no flag. */
const STORE_HOST = '127.0.0.1';
const STORE_PORT = 2379;

/** Ports that are tried, the usual one first, unless one was chosen. */
const PORT_TRIES = 10;

const SERVICE = 'specServer';

/** Ids and addresses. */
const SAMPLES = [
  ['1', 'http://10.0.0.1:8080'],
  ['2', 'http://10.0.0.2:8080'],
  ['3', 'http://10.0.0.3:8080'],
] as const;

/** Seconds that the samples outlive this process if it is killed; as long as an instance would. */
const SAMPLE_LEASE_SECONDS = 10;

/** Serves until the signal is aborted. */
export async function dev(context: CommandContext): Promise<ExitCode> {
  /** Parts that are up. They are closed in the opposite order, also when the next one cannot be started. */
  const up: { close(): Promise<void> }[] = [];
  const start = async <Part extends { close(): Promise<void> }>(starting: Promise<Part>): Promise<Part> => {
    const part = await starting;
    up.push(part);
    return part;
  };
  try {
    const store = context.written.has('etcdEndpoints') ? undefined : await start(openStore());
    const endpoints = store === undefined ? context.etcd.endpoints : [store.endpoint];
    const etcd = { ...context.etcd, endpoints };
    const serving = await start(startOnFreePorts({ ...context, etcd }));
    await start(putSamples(context, etcd, serving.log));
    const [endpoint = ''] = endpoints;
    context.stdout.write(introduction(context, serving, endpoint, store !== undefined));
    await aborted(context.signal);
  } finally {
    for (const part of up.reverse()) await part.close();
  }
  return 0;
}

async function openStore(): Promise<EmbeddedStore> {
  try {
    return await EmbeddedStore.listen({ host: STORE_HOST, port: STORE_PORT });
  } catch (error) {
    if (!(error instanceof EmbeddedStoreError && error.code === 'port-taken')) throw error;
    // An etcd runs here already, say. Ours stands beside it.
    return EmbeddedStore.listen({ host: STORE_HOST, port: 0 });
  }
}

/** Starts on the next ports where the usual ones are taken and nobody asked for them. */
async function startOnFreePorts(context: CommandContext): Promise<Serving> {
  let { settings } = context;
  for (let tries = PORT_TRIES; ; tries -= 1) {
    try {
      return await startServing({ ...context, settings });
    } catch (error) {
      const isDns = error instanceof BindError && codeOf(error.cause) === 'EADDRINUSE';
      const isHttp = error instanceof HttpListenError && codeOf(error.cause) === 'EADDRINUSE';
      if (tries === 1) throw error;
      if (isDns && !context.written.has('port')) {
        settings = { ...settings, port: settings.port + 1 };
      } else if (isHttp && !context.written.has('http') && settings.http !== 'off') {
        settings = { ...settings, http: { ...settings.http, port: settings.http.port + 1 } };
      } else {
        throw error;
      }
    }
  }
}

/**
 * Puts the samples where no other key stands, under a lease that is kept alive until they are closed. Unlike a
 * registration they do not come back: who deletes one wants to see it go.
 *
 * @throws SamplesError
 */
async function putSamples(
  { settings }: CommandContext,
  etcd: EtcdOptions,
  log: Log,
): Promise<{ close(): Promise<void> }> {
  const client = new Etcd3({
    hosts: [...etcd.endpoints],
    ...(etcd.auth && { auth: etcd.auth }),
    ...(etcd.tls?.ca && {
      credentials: {
        rootCertificate: etcd.tls.ca,
        ...(etcd.tls.key && { privateKey: etcd.tls.key }),
        ...(etcd.tls.certificate && { certChain: etcd.tls.certificate }),
      },
    }),
  });
  const lease = client.lease(SAMPLE_LEASE_SECONDS);
  lease.on('lost', (error) => log.warn('samples', 'the sample instances are lost', { error: error.message }));
  const close = async (): Promise<void> => {
    // Where etcd is gone, the lease runs out by itself.
    await lease.revoke().catch(() => undefined);
    client.close();
  };
  const prefix = Buffer.from(settings.maps[0]?.prefix ?? '/', 'latin1').toString('utf8');
  try {
    for (const [id, address] of SAMPLES) {
      const key = `${prefix}${SERVICE}/${id}`;
      const put = client
        .put(key)
        .value(address)
        .lease(await lease.grant());
      await client.if(key, 'Create', '==', 0).then(put).commit();
    }
  } catch (error) {
    await close();
    throw new SamplesError(etcd.endpoints, error);
  }
  return { close };
}

/** The sample instances cannot be registered. */
class SamplesError extends Error {
  readonly code = 'ERR_SVCDNS_SAMPLES';

  constructor(endpoints: readonly string[], cause: unknown) {
    super(`cannot register sample instances in etcd at ${endpoints.join(', ')}; start it, or leave out --etcd`, {
      cause,
    });
    this.name = 'SamplesError';
  }
}

function introduction(
  { settings, version }: CommandContext,
  serving: Serving,
  endpoint: string,
  isOwn: boolean,
): string {
  const { dns, http } = serving;
  const [map] = settings.maps;
  const prefix = map?.prefix ?? '/';
  const service = `${SERVICE}.${map === undefined ? '' : formatName(map.name).replace(/\.$/, '')}`;
  const [address = ''] = dns.addresses;
  const at = `@${address} -p ${dns.port}`;
  const samples = SAMPLES.map(([id, address]) => `  ${prefix}${SERVICE}/${id} = ${address}`);
  // Without a scheme, as etcdctl writes its default: with one, some of its commands fail against Node's HTTP/2.
  const etcdctl = `ETCDCTL_API=3 etcdctl --endpoints=${endpoint.replace(/^http:\/\//, '')}`;
  return [
    `svcdns ${version} answers on ${dns.addresses.join(' and ')}, port ${dns.port}, UDP and TCP.`,
    '',
    'Registered for a start:',
    ...samples,
    '',
    'Try in another terminal:',
    `  dig ${at} ${service}`,
    `  dig ${at} ${service} SRV`,
    `  node dist/main.js query ${service} SRV --server ${formatSocket(address, dns.port)}`,
    `  ${etcdctl} put ${prefix}${SERVICE}/4 http://10.0.0.4:8080`,
    `  ${etcdctl} del ${prefix}${SERVICE}/1`,
    ...(http === undefined ? [] : [`  curl http://${formatSocket(http.address, http.port)}/metrics`]),
    '',
    ...(isOwn
      ? [
          'The registrations are in the memory of this process, for this machine only: they end with it.',
          'For more, run an etcd cluster and start svcdns with --etcd URL,URL,URL.',
        ]
      : []),
    'Ctrl-C stops.',
    '',
  ].join('\n');
}
