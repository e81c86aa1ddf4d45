// One gRPC connection to one etcd endpoint, with TLS and a token where they are set. etcd3 gives the calls and their
// types; the channel below them is ours, because etcd3's own pool may go on with the dead connection of a former client,
// never closes those on which it logs in, and repeats a call with a refused token without end.
// A new `Connection` is always a new TCP connection, and `close()` ends it at once, whatever the peer does.

import { createRequire } from 'node:module';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { type ICallable, KVClient, LeaseClient, type Services, WatchClient } from 'etcd3';
import { OwnedSockets } from './credentials.ts';
import { isRefusedToken } from './fault.ts';
import type { EtcdAuth, EtcdOptions } from './options.ts';

/** grpc-js writes lost connections to stderr on its own; ours are reported as faults, where the logger sees them. */
grpc.setLogVerbosity(grpc.logVerbosity.NONE);

/** Milliseconds for a call that sets no deadline: an election of etcd's takes up to 2 s, and nobody waits longer. */
const CALL_DEADLINE_MS = 2000;

const CHANNEL_OPTIONS: grpc.ChannelOptions = {
  // The second line of liveness, under the probe. etcd throws a client out that pings more often than every 5 s.
  'grpc.keepalive_time_ms': 6000,
  'grpc.keepalive_timeout_ms': 3000,
  'grpc.keepalive_permit_without_calls': 1,
  // Octets. A value may have 1.5 MiB and a page many of them; above this the page is halved.
  'grpc.max_receive_message_length': 64 * 1024 * 1024,
  // Octets in flight before etcd must wait for us: at Node's 64 KiB, a list over a link of 20 ms gets 3 MB/s.
  'grpc-node.flow_control_window': 1024 * 1024,
  // Without these, a channel may share the connection of a former one, take a proxy meant for web pages from the
  // environment, ask the DNS for a gRPC configuration, and repeat calls on its own.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_retries': 0,
};

type ServiceName = keyof typeof Services;

const PROTO_FILE = createRequire(import.meta.url).resolve('etcd3/proto/rpc.proto');

/** As etcd3 loads them: its types say field names in snake case, int64 as decimal strings, enums as names. */
const { etcdserverpb } = grpc.loadPackageDefinition(
  loadSync(PROTO_FILE, { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true }),
);
const SERVICES = etcdserverpb as unknown as Readonly<Record<ServiceName, grpc.ServiceClientConstructor>>;

type UnaryMethod<T> = (
  params: unknown,
  metadata: grpc.Metadata,
  options: grpc.CallOptions,
  done: (error: grpc.ServiceError | null, response: T) => void,
) => void;

/** Options of a call that fails after `ms`. gRPC takes a time of day; only its distance from now has an effect. */
export function within(ms: number): grpc.CallOptions {
  return { deadline: Date.now() + ms };
}

export class Connection implements ICallable<undefined> {
  readonly kv = new KVClient(this);
  readonly lease = new LeaseClient(this);
  readonly watches = new WatchClient(this);
  readonly callOptionsFactory = undefined;

  readonly #target: string;
  readonly #sockets: OwnedSockets;
  readonly #channel: grpc.Channel;
  readonly #clients = new Map<ServiceName, grpc.Client>();
  readonly #auth: EtcdAuth | undefined;
  #token: Promise<string> | undefined;

  /** Opens nothing yet: the first call connects. */
  constructor(endpoint: string, options: EtcdOptions) {
    const { target, host, secure } = parseEndpoint(endpoint);
    this.#target = target;
    this.#sockets = new OwnedSockets(host, secure ? (options.tls ?? {}) : undefined);
    this.#channel = new grpc.Channel(target, this.#sockets, CHANNEL_OPTIONS);
    this.#auth = options.auth;
  }

  /** Calls etcd, logging in first where that is needed; etcd3's clients are built on it. */
  async exec<T>(service: ServiceName, method: string, params: unknown, options?: grpc.CallOptions): Promise<T> {
    const callOptions = { ...within(CALL_DEADLINE_MS), ...options };
    try {
      return await this.#call<T>(service, method, params, callOptions);
    } catch (error) {
      if (this.#auth === undefined || !isRefusedToken(error)) throw error;
      this.#token = undefined;
      return await this.#call<T>(service, method, params, callOptions);
    }
  }

  async #call<T>(service: ServiceName, method: string, params: unknown, options: grpc.CallOptions): Promise<T> {
    return this.#send<T>(service, method, params, await this.#metadata(options), options);
  }

  #send<T>(
    service: ServiceName,
    method: string,
    params: unknown,
    metadata: grpc.Metadata,
    options: grpc.CallOptions,
  ): Promise<T> {
    const client = this.#client(service);
    const call = client[method as keyof grpc.Client] as unknown as UnaryMethod<T>;
    return new Promise((resolve, reject) => {
      call.call(client, params, metadata, options, (error, response) => (error ? reject(error) : resolve(response)));
    });
  }

  /** What etcd3's clients open streams with. */
  async withConnection<R>(
    service: ServiceName,
    open: (args: { resource: undefined; client: grpc.Client; metadata: grpc.Metadata }) => Promise<R> | R,
  ): Promise<R> {
    const metadata = await this.#metadata(within(CALL_DEADLINE_MS));
    return open({ resource: undefined, client: this.#client(service), metadata });
  }

  /** etcd3 reports broken streams here, for its pool of hosts; who opened the stream sees the same error. */
  markFailed(): void {}

  close(): void {
    this.#channel.close();
    this.#sockets.destroy();
  }

  #client(service: ServiceName): grpc.Client {
    let client = this.#clients.get(service);
    if (client === undefined) {
      client = new SERVICES[service](this.#target, this.#sockets, { channelOverride: this.#channel });
      this.#clients.set(service, client);
    }
    return client;
  }

  async #metadata(options: grpc.CallOptions): Promise<grpc.Metadata> {
    const metadata = withLeader();
    if (this.#auth !== undefined) metadata.set('token', await this.#logIn(this.#auth, options));
    return metadata;
  }

  #logIn(auth: EtcdAuth, options: grpc.CallOptions): Promise<string> {
    if (this.#token !== undefined) return this.#token;
    const request = { name: auth.username, password: auth.password };
    const token = this.#send<{ token: string }>('Auth', 'authenticate', request, withLeader(), options).then(
      (response) => response.token,
    );
    this.#token = token;
    token.catch(() => {
      if (this.#token === token) this.#token = undefined;
    });
    return token;
  }
}

/** A member cut off from its quorum would else keep a watch open and silent; asked so, it ends the stream in 4 s. */
function withLeader(): grpc.Metadata {
  const metadata = new grpc.Metadata();
  metadata.set('hasleader', 'true');
  return metadata;
}

/** `https://[::1]:2379` → the target for gRPC, `[::1]:2379`, and the host that a certificate is for, `::1`. */
function parseEndpoint(endpoint: string): { target: string; host: string; secure: boolean } {
  const target = endpoint.replace(/^https?:\/\//, '').replace(/\/$/, '');
  const host = target.replace(/:[0-9]*$/, '').replace(/^\[(.*)\]$/, '$1');
  return { target, host, secure: endpoint.startsWith('https:') };
}
