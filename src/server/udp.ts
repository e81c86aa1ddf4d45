// One UDP socket: each datagram is answered in the turn of the event loop in which it arrives.

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type } from 'node:os';
import { performance } from 'node:perf_hooks';
import { UDP_PAYLOAD_MAX_OCTETS } from '../wire/edns.ts';
import { BindError } from './bind-error.ts';
import type { Family, QueryCounters } from './counters.ts';
import type { Responder } from './respond.ts';

/**
 * Replies that the system has not taken yet, of 1232 octets each. It takes them at once unless the link is slower than
 * the queries come, and then what waits behind so many is too late for its client.
 */
const SENDING_MAX_REPLIES = 512;

export interface UdpOptions {
  readonly responder: Responder;
  readonly counters: QueryCounters;
  /** Octets to ask the system for. */
  readonly receiveBufferOctets: number;
}

export class UdpListener {
  readonly address: string;
  readonly port: number;
  /** What the system gave, in octets: its limit may be lower than what was asked for. */
  readonly receiveBufferOctets: number;
  readonly #socket: Socket;
  readonly #family: Family;
  readonly #options: UdpOptions;
  /** Buffers for replies that are not being sent. */
  readonly #free: Buffer[] = [];
  #sending = 0;
  #closed: Promise<void> | undefined;

  /** @throws BindError */
  static async bind(address: string, port: number, options: UdpOptions): Promise<UdpListener> {
    const isIpv6 = address.includes(':');
    const socket = createSocket({
      type: isIpv6 ? 'udp6' : 'udp4',
      // An IPv4 client then has one address here and not two, so no rule about addresses can be passed by.
      ipv6Only: isIpv6,
      // Replies go to addresses that came with a datagram: there is nothing to resolve, and no reason to wait a turn.
      lookup: (host, _options, callback) => callback(null, host, isIpv6 ? 6 : 4),
    });
    // Without a name to resolve, `bind` tells of its success or failure before it returns.
    const listening = once(socket, 'listening');
    socket.bind(port, address);
    try {
      await listening;
    } catch (error) {
      socket.close();
      throw new BindError(`udp ${address} port ${port}`, error);
    }
    return new UdpListener(socket, address, isIpv6 ? 6 : 4, options);
  }

  private constructor(socket: Socket, address: string, family: Family, options: UdpOptions) {
    this.#socket = socket;
    this.#family = family;
    this.#options = options;
    this.address = address;
    this.port = socket.address().port;
    this.receiveBufferOctets = widenReceiveBuffer(socket, options.receiveBufferOctets);
    socket.on('message', (message, from) => this.#onMessage(message, from));
    // An ICMP error for an earlier reply, say. The socket goes on, and the reply is lost as any datagram can be.
    socket.on('error', () => {
      options.counters.dropped['send-failed'] += 1;
    });
  }

  #onMessage(message: Buffer, from: RemoteInfo): void {
    const { responder, counters } = this.#options;
    // Port 0 cannot be sent to.
    if (from.port === 0) {
      counters.dropped['port-zero'] += 1;
      return;
    }
    // A forgery that would make us talk to ourselves.
    if (from.port === this.port && from.address === this.address) {
      counters.dropped['own-address'] += 1;
      return;
    }
    if (this.#sending === SENDING_MAX_REPLIES) {
      counters.dropped['send-failed'] += 1;
      return;
    }
    const startedMs = performance.now();
    const out = this.#free.pop() ?? Buffer.allocUnsafeSlow(UDP_PAYLOAD_MAX_OCTETS);
    const client = { address: from.address, transport: 'udp', family: this.#family } as const;
    const length = responder.respond(message, message.length, client, out);
    if (length === 0) {
      this.#free.push(out);
      return;
    }
    this.#sending += 1;
    this.#socket.send(out, 0, length, from.port, from.address, (error) => {
      this.#sending -= 1;
      this.#free.push(out);
      if (error !== null) counters.dropped['send-failed'] += 1;
    });
    counters.countResponse(responder.rcode, length, (performance.now() - startedMs) * 1000);
  }

  async close(): Promise<void> {
    this.#closed ??= new Promise<void>((resolve) => this.#socket.close(resolve));
    await this.#closed;
  }
}

/**
 * Asks for a receive buffer, and for half of it where the system refuses. Linux never does: it gives what it allows.
 *
 * @returns octets that it then has
 */
function widenReceiveBuffer(socket: Socket, octets: number): number {
  const present = socket.getRecvBufferSize();
  for (let asked = octets; asked > present; asked = Math.floor(asked / 2)) {
    try {
      socket.setRecvBufferSize(asked);
      break;
    } catch {
      // ENOBUFS on macOS and the BSDs; the next try asks for less.
    }
  }
  // Linux counts its own bookkeeping as well and so reports twice what one can use (socket(7), SO_RCVBUF).
  return type() === 'Linux' ? socket.getRecvBufferSize() / 2 : socket.getRecvBufferSize();
}
