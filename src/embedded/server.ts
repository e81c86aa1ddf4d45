// An in-memory server of etcd's v3 gRPC API for one machine: development, tests, small hosts. etcdctl, etcd3 and other
// clients work against it as against etcd 3.4 without authentication. What it holds is gone when it closes; a later one
// has another cluster id, so that clients notice. One thing does not work: `etcdctl endpoint status` of etcd 3.4 with
// `http://` in the endpoint, because it sends an authority that Node's HTTP/2 refuses. `host:port` does.

import { randomBytes } from 'node:crypto';
import type { AddressInfo, Server as TcpServer } from 'node:net';
import { createServer, isIPv6 } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { Identity } from './answer.ts';
import { kvService, limitRequests, REQUEST_MAX_BYTES } from './kv-service.ts';
import { leaseService, revokeEnded } from './lease-service.ts';
import { Leases } from './leases.ts';
import { authService, clusterService, maintenanceService } from './member-services.ts';
import { loadServices } from './protocol.ts';
import { Store } from './store.ts';
import { WatchService } from './watch-service.ts';

export interface EmbeddedStoreOptions {
  /** An address or host name of this machine. */
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
}

/** How often ended leases are looked for: a lease lasts its TTL and at most this much longer. */
const LEASE_CHECK_MS = 250;

/** What etcd lets gRPC read beyond its request limit, so that it can refuse in its own words. */
const GRPC_OVERHEAD_BYTES = 512 * 1024;

/** Connections at once. A client has one, and all clients are on one machine. */
export const CONNECTIONS_MAX = 256;

/** Calls at once on one connection: the streams that a client keeps, and the requests that it does not wait for. */
const CALLS_PER_CONNECTION_MAX = 1024;

/** The embedded store cannot listen where it was told to. */
export class EmbeddedStoreError extends Error {
  override readonly name = 'EmbeddedStoreError';
  readonly code: 'port-taken' | 'listen-failed';

  constructor(code: EmbeddedStoreError['code'], message: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** A running store. */
export class EmbeddedStore {
  /** The URL that clients connect to. */
  readonly endpoint: string;
  readonly #tcp: TcpServer;
  readonly #grpc: Server;
  readonly #watches: WatchService;
  readonly #leaseTimer: NodeJS.Timeout;
  #closed: Promise<void> | undefined;

  private constructor(
    endpoint: string,
    tcp: TcpServer,
    grpc: Server,
    watches: WatchService,
    leaseTimer: NodeJS.Timeout,
  ) {
    this.endpoint = endpoint;
    this.#tcp = tcp;
    this.#grpc = grpc;
    this.#watches = watches;
    this.#leaseTimer = leaseTimer;
  }

  /**
   * Starts an empty store.
   *
   * @throws EmbeddedStoreError when it cannot listen there
   */
  static async listen({ host, port }: EmbeddedStoreOptions): Promise<EmbeddedStore> {
    const services = await loadServices();
    const tcp = await listenTcp(host, port);
    const endpoint = `http://${isIPv6(host) ? `[${host}]` : host}:${(tcp.address() as AddressInfo).port}`;

    // A cluster of its own, as every start is of an empty one. The term is that of an etcd that has elected itself.
    const identity: Identity = { cluster_id: String(randomInt63()), member_id: String(randomInt63()), raft_term: '2' };
    const store = new Store();
    const leases = new Leases(() => performance.now(), randomInt63);
    store.onCommit((commit) => leases.follow(commit));
    const watches = new WatchService(store, identity);

    const grpc = new Server({
      'grpc.max_receive_message_length': REQUEST_MAX_BYTES + GRPC_OVERHEAD_BYTES,
      'grpc.max_concurrent_streams': CALLS_PER_CONNECTION_MAX,
    });
    grpc.addService(limitRequests(services.kv), kvService({ store, leases }, identity));
    grpc.addService(services.watch, watches.methods);
    grpc.addService(services.lease, leaseService(store, leases, identity));
    grpc.addService(services.maintenance, maintenanceService(store, identity));
    grpc.addService(services.cluster, clusterService(store, identity, endpoint));
    grpc.addService(services.auth, authService(identity));
    // gRPC's own listening hides the system's error code in a text and prints it.
    const connections = grpc.createConnectionInjector(ServerCredentials.createInsecure());
    tcp.on('connection', (socket) => connections.injectConnection(socket));
    const leaseTimer = setInterval(() => revokeEnded(store, leases), LEASE_CHECK_MS);
    return new EmbeddedStore(endpoint, tcp, grpc, watches, leaseTimer);
  }

  /** Ends every call and connection. Resolves when the port is free. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      clearInterval(this.#leaseTimer);
      this.#watches.close();
      this.#tcp.close(() => resolve());
      this.#grpc.forceShutdown();
    });
    return this.#closed;
  }
}

function listenTcp(host: string, port: number): Promise<TcpServer> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.maxConnections = CONNECTIONS_MAX;
    // Stays after the promise is settled: a connection that cannot be accepted must not end the process.
    server.on('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      const reason = taken ? 'another program listens there' : error.message;
      reject(
        new EmbeddedStoreError(
          taken ? 'port-taken' : 'listen-failed',
          `cannot listen on ${host} port ${port}: ${reason}`,
          error,
        ),
      );
    });
    server.listen({ host, port }, () => resolve(server));
  });
}

/** A random integer from 1 to 2^63 − 1. */
function randomInt63(): bigint {
  return randomBytes(8).readBigUInt64BE() >> 1n || 1n;
}
