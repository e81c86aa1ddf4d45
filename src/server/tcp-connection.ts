// One TCP connection (RFC 7766): messages with a length in front, several in a segment or one in several, answered in
// their order. All that a peer can make it hold is bounded, and it knows since when it has been waiting for what.

import type { Socket } from 'node:net';
import { MESSAGE_MAX_OCTETS } from '../wire/codes.ts';
import type { TcpCloseReason } from './counters.ts';

/** Octets of the length in front of a message (RFC 1035 §4.2.2). */
const LENGTH_OCTETS = 2;

/** Octets of answers that wait for the client to read them. From then on its queries are not read either. */
const QUEUED_MAX_OCTETS = 64 * 1024;

/** Queries that are answered in one turn of the event loop, so that one client with a full pipe does not stall others. */
const TURN_MAX_QUERIES = 64;

/** Milliseconds. Resolvers send a query in one segment; who takes longer than this holds the connection for its own sake. */
const MESSAGE_MAX_MS = 2_000;

/** Milliseconds without a query or a read answer. RFC 7766 §6.2.3 wants seconds, not minutes. Clients may ask for it. */
export const IDLE_MAX_MS = 10_000;

/** Milliseconds. However busy a connection is, its place is free for another at the end of this. */
const LIFETIME_MAX_MS = 120_000;

export interface TcpConnectionOptions {
  readonly socket: Socket;
  readonly nowMs: number;
  /** Monotonic. */
  readonly clock: () => number;
  /** Writes the answer to `query` into `out` and says how long it is; 0 for none. */
  readonly respond: (query: Buffer, out: Buffer) => number;
  readonly onPause: () => void;
  readonly onClose: (reason: TcpCloseReason) => void;
  /** Of 65 535 octets at least, shared by all connections. */
  readonly scratch: Buffer;
}

export class TcpConnection {
  readonly #socket: Socket;
  readonly #options: TcpConnectionOptions;
  readonly #openedMs: number;
  #activeMs: number;
  /** Since when the message that is being read is not whole. */
  #messageStartedMs: number | undefined;
  readonly #length = Buffer.alloc(LENGTH_OCTETS);
  #lengthFilled = 0;
  #message: Buffer | undefined;
  #messageFilled = 0;
  /** What came but is not to be looked at yet. */
  #waiting: Buffer | undefined;
  #nextTurn: NodeJS.Immediate | undefined;
  #isEnded = false;
  #closed: TcpCloseReason | undefined;

  constructor(options: TcpConnectionOptions) {
    this.#options = options;
    this.#socket = options.socket;
    this.#openedMs = options.nowMs;
    this.#activeMs = options.nowMs;
    options.socket
      .on('data', (chunk: Buffer) => this.#onData(chunk))
      .on('drain', () => this.#resume())
      .on('end', () => this.#onEnd())
      .on('error', () => this.close('broken'))
      .on('close', () => this.close('client'));
  }

  /** Whether it waits for a query and nothing else, and so is the first to go when places are scarce. */
  get isIdle(): boolean {
    return this.#messageStartedMs === undefined && this.#waiting === undefined && this.#socket.writableLength === 0;
  }

  /** Closes the connection if it has been too long at whatever it does. */
  checkLimits(nowMs: number): void {
    if (this.#messageStartedMs !== undefined && nowMs - this.#messageStartedMs > MESSAGE_MAX_MS) {
      this.close('slow-message');
    } else if (nowMs - this.#activeMs > IDLE_MAX_MS) {
      this.close('idle');
    } else if (nowMs - this.#openedMs > LIFETIME_MAX_MS) {
      this.close('lifetime');
    }
  }

  /** Ends the connection at once. */
  close(reason: TcpCloseReason): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    clearImmediate(this.#nextTurn);
    this.#waiting = undefined;
    this.#socket.destroy();
    this.#options.onClose(reason);
  }

  #onData(chunk: Buffer): void {
    this.#waiting = this.#waiting === undefined ? chunk : Buffer.concat([this.#waiting, chunk]);
    this.#answerWaiting();
  }

  /** A client may send all its queries, half-close, and then read (RFC 7766 §6.2.4). */
  #onEnd(): void {
    this.#isEnded = true;
    if (this.#waiting === undefined) this.#socket.end();
  }

  #resume(): void {
    this.#activeMs = this.#options.clock();
    this.#answerWaiting();
  }

  #answerWaiting(): void {
    clearImmediate(this.#nextTurn);
    this.#nextTurn = undefined;
    let chunk = this.#waiting;
    this.#waiting = undefined;
    for (let left = TURN_MAX_QUERIES; chunk !== undefined && this.#closed === undefined; left -= 1) {
      const isFull = this.#socket.writableLength > QUEUED_MAX_OCTETS;
      if (isFull || left === 0) {
        this.#pause(chunk, isFull);
        return;
      }
      chunk = this.#takeMessage(chunk);
    }
    if (this.#closed !== undefined) return;
    if (this.#isEnded) this.#socket.end();
    else this.#socket.resume();
  }

  /** Stops reading: until the client has read (`drain` comes), or for one turn. */
  #pause(chunk: Buffer, isFull: boolean): void {
    this.#waiting = chunk;
    this.#socket.pause();
    if (isFull) this.#options.onPause();
    else this.#nextTurn = setImmediate(() => this.#answerWaiting());
  }

  /** Reads on in the present message, and answers it once it is whole. The rest of the chunk, if any. */
  #takeMessage(chunk: Buffer): Buffer | undefined {
    const nowMs = this.#options.clock();
    this.#messageStartedMs ??= nowMs;
    let at = 0;
    while (this.#lengthFilled < LENGTH_OCTETS && at < chunk.length) {
      this.#length[this.#lengthFilled] = chunk[at] ?? 0;
      this.#lengthFilled += 1;
      at += 1;
    }
    if (this.#lengthFilled < LENGTH_OCTETS) return undefined;
    this.#message ??= Buffer.allocUnsafe(this.#length.readUInt16BE(0));
    const message = this.#message;
    const copied = chunk.copy(message, this.#messageFilled, at);
    this.#messageFilled += copied;
    if (this.#messageFilled < message.length) return undefined;
    this.#lengthFilled = 0;
    this.#message = undefined;
    this.#messageFilled = 0;
    this.#messageStartedMs = undefined;
    this.#activeMs = nowMs;
    this.#answer(message);
    return at + copied < chunk.length ? chunk.subarray(at + copied) : undefined;
  }

  #answer(query: Buffer): void {
    const { respond, scratch } = this.#options;
    const length = respond(query, scratch);
    if (length === 0) {
      // What gets no answer is no query, and what follows it cannot be trusted to be one.
      this.close('broken');
      return;
    }
    const framed = Buffer.allocUnsafe(LENGTH_OCTETS + length);
    framed.writeUInt16BE(length, 0);
    scratch.copy(framed, LENGTH_OCTETS, 0, length);
    this.#socket.write(framed);
  }
}

/** Octets of the buffer that connections share for their answers. */
export const TCP_SCRATCH_OCTETS = MESSAGE_MAX_OCTETS;
