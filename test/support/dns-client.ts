// DNS clients that do what a test tells them, also what no honest client does: octets over UDP and TCP, answers as
// messages.

import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { decodeMessage, type Message } from '../../src/wire/message.ts';
import { type Ask, encodeQuery } from '../scenarios/world.ts';
import type { Closer } from './closer.ts';
import { until } from './until.ts';

/** What to ask for when the test does not care. */
export const SPEC_SERVER_A: Ask = { name: 'specServer.svc.local', type: 'A' };

/** A query with an id of its own, by which its answer is known. */
export function queryWithId(id: number, ask: Ask = SPEC_SERVER_A): Buffer {
  const query = encodeQuery(ask);
  query.writeUInt16BE(id, 0);
  return query;
}

/** A message as TCP carries it: its length in front (RFC 1035 §4.2.2). */
export function framed(message: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

function decoded(octets: Uint8Array): Message {
  const message = decodeMessage(octets);
  if (message === undefined) throw new Error(`not a message: ${Buffer.from(octets).toString('hex')}`);
  return message;
}

export interface Datagram {
  readonly message: Message;
  readonly bytes: Buffer;
  readonly octets: number;
  readonly from: RemoteInfo;
}

export class UdpClient {
  readonly received: Datagram[] = [];
  readonly #socket: UdpSocket;

  private constructor(socket: UdpSocket) {
    this.#socket = socket;
    socket.on('message', (octets, from) => {
      this.received.push({ message: decoded(octets), bytes: octets, octets: octets.length, from });
    });
  }

  static async open({ onTestFinished }: Closer, address = '127.0.0.1'): Promise<UdpClient> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4').bind(0, address);
    await once(socket, 'listening');
    onTestFinished(() => {
      socket.close();
    });
    return new UdpClient(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  send(message: Uint8Array, port: number, address = '127.0.0.1'): void {
    this.#socket.send(message, port, address);
  }

  /** The answer to one query: the first datagram that comes from now on. */
  async ask(ask: Ask | Uint8Array, port: number, address = '127.0.0.1'): Promise<Datagram> {
    const before = this.received.length;
    this.send(ask instanceof Uint8Array ? ask : encodeQuery(ask), port, address);
    await until(`an answer from ${address}`, () => this.received.length > before);
    const datagram = this.received[before];
    if (datagram === undefined) throw new Error('expected a datagram');
    return datagram;
  }
}

export class TcpClient {
  readonly socket: Socket;
  readonly answers: Message[] = [];
  /** The octets of each, without its length. */
  readonly received: Buffer[] = [];
  /** Octets of all answers, their lengths not counted. */
  octets = 0;
  #unread = Buffer.alloc(0);
  #ended = false;
  #closed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket
      .on('data', (chunk) => this.#onData(chunk))
      .on('end', () => {
        this.#ended = true;
      })
      // Being reset is one of the ways in which a server closes; `isClosed` tells.
      .on('error', () => socket.destroy())
      .on('close', () => {
        this.#closed = true;
      });
  }

  static async connect({ onTestFinished }: Closer, port: number, address = '127.0.0.1'): Promise<TcpClient> {
    const socket = connect({ port, host: address, noDelay: true, allowHalfOpen: true });
    onTestFinished(() => {
      socket.destroy();
    });
    const client = new TcpClient(socket);
    await once(socket, 'connect');
    return client;
  }

  /** Whether the server has closed its side, in an orderly way or not. */
  get isClosed(): boolean {
    return this.#ended || this.#closed;
  }

  async answered(count: number): Promise<readonly Message[]> {
    await until(`${count} answers over TCP`, () => this.answers.length >= count);
    return this.answers;
  }

  async closed(): Promise<void> {
    await until('the server closes the connection', () => this.isClosed);
  }

  #onData(chunk: Buffer): void {
    let unread = Buffer.concat([this.#unread, chunk]);
    while (unread.length >= 2 && unread.length >= 2 + unread.readUInt16BE(0)) {
      const end = 2 + unread.readUInt16BE(0);
      this.answers.push(decoded(unread.subarray(2, end)));
      this.received.push(unread.subarray(2, end));
      this.octets += end - 2;
      unread = unread.subarray(end);
    }
    this.#unread = unread;
  }
}
