// The limits of one TCP connection: a real pair of sockets, and a clock that stands still unless the test moves it.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, type TestContext } from 'vitest';
import type { TcpCloseReason } from '../../src/server/counters.ts';
import { TCP_SCRATCH_OCTETS, TcpConnection } from '../../src/server/tcp-connection.ts';
import { framed } from '../support/dns-client.ts';
import { until } from '../support/until.ts';

/** A connection whose answers are the queries themselves, or as many octets as the test says. */
class Pair {
  nowMs = 1_000;
  readonly connection: TcpConnection;
  readonly server: Socket;
  readonly client: Socket;
  readonly queries: Buffer[] = [];
  readonly closed: TcpCloseReason[] = [];
  pauses = 0;
  answerOctets: number | undefined;
  /** Octets that the client has read. */
  received = 0;

  private constructor(server: Socket, client: Socket) {
    this.server = server;
    this.client = client;
    client.on('error', () => client.destroy());
    this.connection = new TcpConnection({
      socket: server,
      nowMs: this.nowMs,
      clock: () => this.nowMs,
      scratch: Buffer.alloc(TCP_SCRATCH_OCTETS),
      respond: (query, out) => {
        this.queries.push(Buffer.from(query));
        query.copy(out);
        return this.answerOctets ?? query.length;
      },
      onPause: () => {
        this.pauses += 1;
      },
      onClose: (reason) => this.closed.push(reason),
    });
  }

  static async open({ onTestFinished }: TestContext): Promise<Pair> {
    const listener = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const client = connect({ port: (listener.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
    const [[server]] = (await Promise.all([once(listener, 'connection'), once(client, 'connect')])) as [
      [Socket],
      unknown,
    ];
    listener.close();
    const pair = new Pair(server, client);
    onTestFinished(() => {
      client.destroy();
      server.destroy();
    });
    return pair;
  }

  read(): void {
    this.client.on('data', (chunk) => {
      this.received += chunk.length;
    });
  }

  async send(octets: Uint8Array): Promise<void> {
    const before = this.server.bytesRead;
    this.client.write(octets);
    await until('the server has read what the client sent', () => this.server.bytesRead === before + octets.length);
  }

  /** What becomes of the connection when its limits are looked at so much later. */
  after(ms: number): TcpCloseReason | undefined {
    this.nowMs += ms;
    this.connection.checkLimits(this.nowMs);
    return this.closed[0];
  }
}

const QUERY = Buffer.from('a query of 18 o...');

describe('the time limits of a TCP connection', () => {
  it('closes one that has sent nothing for more than 10 s', async (context) => {
    const pair = await Pair.open(context);
    expect(pair.after(10_000)).toBeUndefined();
    expect(pair.after(1)).toBe('idle');
    await once(pair.client.resume(), 'end');
  });

  it('counts idle time from the last whole query', async (context) => {
    const pair = await Pair.open(context);
    pair.read();
    pair.after(9_000);
    await pair.send(framed(QUERY));
    expect(pair.after(10_000)).toBeUndefined();
    expect(pair.after(1)).toBe('idle');
  });

  it.for([
    ['half a length', 1],
    ['a length and nothing else', 2],
    ['all but the last octet', 19],
  ] as const)('closes one whose message is not whole 2 s after its first octet: %s', async ([, octets], context) => {
    const pair = await Pair.open(context);
    await pair.send(framed(QUERY).subarray(0, octets));
    expect(pair.after(2_000)).toBeUndefined();
    expect(pair.after(1)).toBe('slow-message');
  });

  it('gives no more time to who sends an octet now and then', async (context) => {
    const pair = await Pair.open(context);
    const message = framed(QUERY);
    await pair.send(message.subarray(0, 1));
    pair.nowMs += 1_500;
    await pair.send(message.subarray(1, 2));
    expect(pair.after(500)).toBeUndefined();
    expect(pair.after(1)).toBe('slow-message');
  });

  it('begins the 2 s anew with each message', async (context) => {
    const pair = await Pair.open(context);
    pair.read();
    const message = framed(QUERY);
    await pair.send(message.subarray(0, 5));
    pair.nowMs += 1_500;
    await pair.send(Buffer.concat([message.subarray(5), message.subarray(0, 5)]));
    expect(pair.queries.length).toBe(1);
    expect(pair.after(2_000)).toBeUndefined();
    expect(pair.after(1)).toBe('slow-message');
  });

  it('closes one after 120 s, however busy it is', async (context) => {
    const pair = await Pair.open(context);
    pair.read();
    for (let second = 0; second < 120; second += 8) {
      await pair.send(framed(QUERY));
      expect(pair.after(8_000)).toBeUndefined();
    }
    expect(pair.after(1)).toBe('lifetime');
  });

  it('closes one whose client has not read an answer for 10 s, though its queries wait', async (context) => {
    const pair = await Pair.open(context);
    pair.answerOctets = 60_000;
    const queries = Buffer.concat(Array.from({ length: 1_000 }, () => framed(QUERY)));
    pair.client.write(queries);
    await until('the answers wait for the client', () => pair.pauses > 0);
    expect(pair.after(10_000)).toBeUndefined();
    expect(pair.after(1)).toBe('idle');
  });

  it('says once why it ended, whatever comes after', async (context) => {
    const pair = await Pair.open(context);
    pair.connection.close('shutdown');
    pair.connection.close('idle');
    expect(pair.after(1_000_000)).toBe('shutdown');
    await until('the socket is closed', () => pair.server.closed);
    expect(pair.closed).toEqual(['shutdown']);
  });
});

describe('what a TCP connection holds for a client', () => {
  it('is bounded when the client sends and never reads', async (context) => {
    const pair = await Pair.open(context);
    pair.answerOctets = 10_000;
    const queries = Buffer.concat(Array.from({ length: 10_000 }, () => framed(QUERY)));
    pair.client.write(queries);
    await until('reading is stopped', () => pair.pauses > 0);
    for (let turn = 0; turn < 200; turn += 1) {
      // 64 KiB and the one answer that went over it, and what one read of the socket can bring.
      expect(pair.server.writableLength).toBeLessThanOrEqual(64 * 1024 + 10_002);
      expect(pair.server.readableLength).toBeLessThanOrEqual(128 * 1024);
      await new Promise((resolve) => setImmediate(resolve));
    }
    // The rest of 100 MB of answers has not been made: the buffers of the system hold a tenth of it at most.
    expect(pair.queries.length).toBeLessThan(5_000);
    expect(pair.connection.isIdle).toBe(false);
    pair.read();
    await until('every query is answered once the client reads', () => pair.received === 10_000 * 10_002);
    expect(pair.queries.length).toBe(10_000);
    expect(pair.connection.isIdle).toBe(true);
  });

  it('is all sent to a client that half-closed before it read anything', async (context) => {
    const pair = await Pair.open(context);
    pair.answerOctets = 20_000;
    pair.client.end(Buffer.concat(Array.from({ length: 3_000 }, () => framed(QUERY))));
    await until('the answers wait for the client', () => pair.pauses > 0);
    pair.read();
    await once(pair.client, 'end');
    expect(pair.received).toBe(3_000 * 20_002);
    await until('the connection is closed', () => pair.closed.length > 0);
    expect(pair.closed).toEqual(['client']);
  });

  it('is worked through 64 queries a turn, so that other clients come in between', async (context) => {
    const pair = await Pair.open(context);
    pair.read();
    pair.client.write(Buffer.concat(Array.from({ length: 1_000 }, () => framed(QUERY))));
    const perTurn: number[] = [];
    while (pair.queries.length < 1_000) {
      const before = pair.queries.length;
      await new Promise((resolve) => setImmediate(resolve));
      perTurn.push(pair.queries.length - before);
    }
    // The turn in which they arrive has its own budget besides that of the turn before.
    expect(Math.max(...perTurn)).toBeLessThanOrEqual(128);
    expect(perTurn.filter((count) => count > 0).length).toBeGreaterThanOrEqual(8);
    expect(pair.pauses).toBe(0);
  });
});
