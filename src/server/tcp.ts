// One listening TCP socket: admits connections, and counts what becomes of them.

import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { BindError } from './bind-error.ts';
import type { Family, QueryCounters } from './counters.ts';
import type { Client, Responder } from './respond.ts';
import { TCP_SCRATCH_OCTETS, TcpConnection } from './tcp-connection.ts';
import type { TcpPool } from './tcp-pool.ts';

export interface TcpOptions {
  readonly responder: Responder;
  readonly counters: QueryCounters;
  readonly pool: TcpPool;
}

export class TcpListener {
  readonly address: string;
  readonly port: number;
  readonly #server: Server;
  readonly #family: Family;
  readonly #options: TcpOptions;
  readonly #scratch = Buffer.alloc(TCP_SCRATCH_OCTETS);
  #closed: Promise<void> | undefined;

  /** @throws BindError */
  static async bind(address: string, port: number, options: TcpOptions): Promise<TcpListener> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const isIpv6 = address.includes(':');
    try {
      server.listen({ host: address, port, ipv6Only: isIpv6 });
      await once(server, 'listening');
    } catch (error) {
      throw new BindError(`tcp ${address} port ${port}`, error);
    }
    return new TcpListener(server, address, isIpv6 ? 6 : 4, options);
  }

  private constructor(server: Server, address: string, family: Family, options: TcpOptions) {
    this.#server = server;
    this.#family = family;
    this.#options = options;
    this.address = address;
    const bound = server.address();
    this.port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    server.on('connection', (socket) => this.#onConnection(socket));
    // Accepting failed, for want of descriptors say. The client tries again, and UDP goes on.
    server.on('error', () => {
      options.counters.tcpRefused['accept-failed'] += 1;
    });
  }

  #onConnection(socket: Socket): void {
    const { pool, counters, responder } = this.#options;
    const address = socket.remoteAddress;
    // Without an address the client has gone already, and nothing is refused to it.
    if (address === undefined) {
      abandon(socket);
      return;
    }
    // Before it takes a place: strangers must not use up those of clients.
    const admission = responder.isAllowed(address) ? pool.admit(address) : 'not-allowed';
    if (admission !== 'admitted') {
      counters.tcpRefused[admission] += 1;
      abandon(socket);
      return;
    }
    counters.tcpAccepted += 1;
    const client: Client = { address, transport: 'tcp', family: this.#family };
    const connection = new TcpConnection({
      socket,
      nowMs: performance.now(),
      clock: () => performance.now(),
      scratch: this.#scratch,
      respond: (query, out) => {
        const startedMs = performance.now();
        const length = responder.respond(query, query.length, client, out);
        if (length > 0) counters.countResponse(responder.rcode, length, (performance.now() - startedMs) * 1000);
        return length;
      },
      onPause: () => {
        counters.tcpPauses += 1;
      },
      onClose: (reason) => {
        counters.tcpClosed[reason] += 1;
        pool.remove(connection);
      },
    });
    pool.add(connection, address);
  }

  /** Stops accepting. Open connections are the pool's. */
  async close(): Promise<void> {
    this.#closed ??= new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await this.#closed;
  }
}

/** Closes a socket that nobody will look at again; an error of it, unheard, would end the program. */
function abandon(socket: Socket): void {
  socket.on('error', () => {});
  socket.destroy();
}
