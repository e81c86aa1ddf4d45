// One question to one server. dns2 writes the query and reads the answer: it shares nothing with our codec, so a mistake
// of ours cannot hide behind itself. Its clients are not used: they send no EDNS, know no type without a mnemonic, take
// an answer to another question, wait for ever over TCP, and cut an IPv6 address at its first colon. Names are in the
// form that dns2 has for them: labels with dots between them, no final dot, no escapes.

import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { Packet } from 'dns2';
import type { SocketAddress } from '../config/value-kinds.ts';
import { codeOf } from '../server/bind-error.ts';
import { CLASS_IN } from '../wire/codes.ts';
import { UDP_PAYLOAD_MAX_OCTETS } from '../wire/edns.ts';

export type Transport = 'udp' | 'tcp';

export interface Question {
  readonly name: string;
  readonly type: number;
}

export interface AskOptions {
  readonly server: SocketAddress;
  readonly transport: Transport;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

export interface Reply {
  readonly kind: 'reply';
  readonly packet: Packet;
  readonly octets: Buffer;
  readonly server: SocketAddress;
  readonly transport: Transport;
  readonly elapsedMs: number;
}

export interface NoReply {
  readonly kind: 'no-reply';
  /** What happened, and what to do about it. */
  readonly reason: string;
}

/** Asks a question and waits for its answer. Whatever else the server sends is passed over. */
export async function ask(question: Question, options: AskOptions): Promise<Reply | NoReply> {
  const { server, transport, timeoutSeconds } = options;
  const query = queryFor(question);
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeoutSeconds * 1000);
  const signal = AbortSignal.any([deadline.signal, options.signal]);
  const startedMs = performance.now();
  try {
    signal.throwIfAborted();
    const received = await (transport === 'udp' ? askUdp : askTcp)(query, server, signal);
    return { kind: 'reply', ...received, server, transport, elapsedMs: performance.now() - startedMs };
  } catch (error) {
    if (options.signal.aborted) return { kind: 'no-reply', reason: 'stopped before it came' };
    return { kind: 'no-reply', reason: deadline.signal.aborted ? silence(timeoutSeconds) : reasonFor(error) };
  } finally {
    clearTimeout(timer);
  }
}

function queryFor({ name, type }: Question): Packet {
  const packet = new Packet([new Packet.Question(name, type, CLASS_IN)]);
  // RD, as dig has it: the server may be a resolver.
  packet.header = new Packet.Header({ id: Packet.uuid(), rd: 1 });
  packet.additionals = [Packet.Resource.EDNS([], { udpPayloadSize: UDP_PAYLOAD_MAX_OCTETS })];
  return packet;
}

type Received = Pick<Reply, 'packet' | 'octets'>;

async function askUdp(query: Packet, { address, family, port }: SocketAddress, signal: AbortSignal): Promise<Received> {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  try {
    return await new Promise<Received>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      socket.on('error', reject);
      socket.on('message', (octets) => {
        const packet = responseTo(query, octets);
        if (packet !== undefined) resolve({ packet, octets });
      });
      // A connected socket takes datagrams of this server only, and is told when nothing listens there.
      socket.once('connect', () => socket.send(query.toBuffer()));
      socket.connect(port, address);
    });
  } finally {
    socket.close();
  }
}

async function askTcp(query: Packet, { address, port }: SocketAddress, signal: AbortSignal): Promise<Received> {
  const socket = connect(port, address);
  // dns2 listens for errors until it has the message, and no longer.
  socket.on('error', () => {});
  const stop = (): void => {
    socket.destroy(new Error('aborted'));
  };
  signal.addEventListener('abort', stop);
  try {
    const message = query.toBuffer();
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    socket.write(Buffer.concat([length, message]));
    const octets = await Packet.readStream(socket);
    const packet = responseTo(query, octets);
    if (packet === undefined) throw new NotAnAnswer();
    return { packet, octets };
  } finally {
    signal.removeEventListener('abort', stop);
    socket.destroy();
  }
}

/** Over TCP there is nobody else that a wrong message could have come from, so there is nothing to wait for. */
class NotAnAnswer extends Error {}

/** What dns2 reads in a message, if it is a response to the query (RFC 5452 §9.1). */
function responseTo(query: Packet, octets: Buffer): Packet | undefined {
  let packet: Packet;
  try {
    packet = Packet.parse(octets);
  } catch {
    // Shorter than a header.
    return undefined;
  }
  const { header, questions } = packet;
  if (header.qr !== 1 || header.id !== query.header.id) return undefined;
  const [asked] = query.questions;
  const [answered] = questions;
  // A server that could not read the question has none to repeat.
  if (answered === undefined) return header.rcode === Packet.RCODE.NOERROR ? undefined : packet;
  const isSame =
    asked !== undefined &&
    answered.name.toLowerCase() === asked.name.toLowerCase() &&
    answered.type === asked.type &&
    answered.class === asked.class;
  return isSame && questions.length === 1 ? packet : undefined;
}

function silence(timeoutSeconds: number): string {
  return `nothing came within ${timeoutSeconds} s; check the address, and whether a firewall drops DNS, or raise --timeout`;
}

function reasonFor(error: unknown): string {
  const code = codeOf(error);
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there; start the server, or name another one with --server';
    case 'ECONNRESET':
      return 'the server broke the connection; its log may say why';
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
    case 'EADDRNOTAVAIL':
      return 'this host has no way there; name another address with --server';
  }
  if (error instanceof NotAnAnswer || error instanceof Packet.DecodeError) {
    return 'what came is no answer to the question; check that a DNS server listens there';
  }
  return code === '' ? 'the question could not be sent' : `the system refused with ${code}`;
}
