// DNS over TCP (RFC 7766) on real sockets: framing, order, half-close, and who has to go when places are scarce.

import { describe, expect, it, type TestContext } from 'vitest';
import { requestIndex, TYPE_LABELS } from '../../src/server/counters.ts';
import { FLAG } from '../../src/wire/codes.ts';
import { framed, queryWithId, SPEC_SERVER_A, TcpClient, UdpClient } from '../support/dns-client.ts';
import { instancesOf, type StartedServer, startServer } from '../support/dns-server.ts';
import { ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const TYPE_A = TYPE_LABELS.indexOf('A');

/** Queries with the ids 0, 1, 2, …, each with its length in front. */
function queries(count: number, ask = SPEC_SERVER_A): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, id) => framed(queryWithId(id, ask))));
}

function numbers(count: number): number[] {
  return [...Array(count).keys()];
}

function tcpQueries({ world }: StartedServer): number {
  return world.counters.requests[requestIndex('tcp', 4, TYPE_A)] ?? 0;
}

async function connectMany(context: TestContext, port: number, count: number): Promise<TcpClient[]> {
  const clients: TcpClient[] = [];
  // One after the other, so that the first is the oldest.
  for (let at = 0; at < count; at += 1) clients.push(await TcpClient.connect(context, port));
  return clients;
}

/** Octets of a message that a client sends before it makes the server wait. */
const MESSAGE_BEGUN_OCTETS = 10;

/** Has one query answered and begins another: the server has read of it, because they come in one segment. */
async function beginMessage(client: TcpClient | undefined): Promise<void> {
  client?.socket.write(queries(2).subarray(0, queries(1).length + MESSAGE_BEGUN_OCTETS));
  await client?.answered(1);
}

describe('DNS over TCP', () => {
  it.for([
    ['IPv4', '127.0.0.1', 4],
    ['IPv6', '::1', 6],
  ] as const)('answers over %s', async ([, address, family], context) => {
    const { port, world } = await startServer(context);
    const client = await TcpClient.connect(context, port, address);
    client.socket.write(queries(1));
    const [answer] = await client.answered(1);
    expect(answer?.answers.length).toBe(3);
    expect(world.counters.requests[requestIndex('tcp', family, TYPE_A)]).toBe(1);
  });

  it('closes the connections of clients that may not ask, before they take a place', async (context) => {
    const { port, world } = await startServer(context, { isAllowed: () => false });
    const client = await TcpClient.connect(context, port);
    await client.closed();
    expect(world.counters.tcpRefused['not-allowed']).toBe(1);
    expect(world.counters.tcpAccepted).toBe(0);
  });

  it('answers several messages in one segment, in their order', async (context) => {
    const { port } = await startServer(context);
    const client = await TcpClient.connect(context, port);
    client.socket.write(queries(10));
    const answers = await client.answered(10);
    expect(answers.map(({ id }) => id)).toEqual(numbers(10));
  });

  it('answers a message that comes octet by octet, its length too', async (context) => {
    const { port } = await startServer(context);
    const client = await TcpClient.connect(context, port);
    for (const octet of framed(queryWithId(7))) {
      client.socket.write(Buffer.of(octet));
      // A turn for each, so that they are separate segments.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await client.answered(1)).map(({ id }) => id)).toEqual([7]);
  });

  it.for([1, 2, 3, 13, 20, 37])('answers two messages that are cut at octet %i', async (cut, context) => {
    const started = await startServer(context);
    const client = await TcpClient.connect(context, started.port);
    const octets = queries(2);
    client.socket.write(octets.subarray(0, cut));
    await until('the segment has left', () => client.socket.bytesWritten === cut && client.socket.writableLength === 0);
    await new Promise((resolve) => setImmediate(resolve));
    client.socket.write(octets.subarray(cut));
    expect((await client.answered(2)).map(({ id }) => id)).toEqual([0, 1]);
    expect(tcpQueries(started)).toBe(2);
  });

  it('answers 1000 pipelined queries in their order', async (context) => {
    const { port } = await startServer(context);
    const client = await TcpClient.connect(context, port);
    client.socket.write(queries(1_000));
    const answers = await client.answered(1_000);
    expect(answers.map(({ id }) => id)).toEqual(numbers(1_000));
    expect(client.isClosed).toBe(false);
  });

  it('gives a client that half-closes all its answers, and then closes', async (context) => {
    const { port, world } = await startServer(context, { registered: instancesOf('big', 1_000) });
    const client = await TcpClient.connect(context, port);
    client.socket.end(queries(100, { name: 'big.svc.local', type: 'A' }));
    await client.closed();
    expect(client.answers.map(({ id }) => id)).toEqual(numbers(100));
    expect(client.answers.every(({ answers, flags }) => answers.length === 1_000 && (flags & FLAG.TC) === 0)).toBe(
      true,
    );
    await until('the connection is forgotten', () => world.counters.tcpOpen === 0);
    expect(world.counters.tcpClosed.client).toBe(1);
  });

  it.for([
    ['a length of zero', Buffer.of(0, 0)],
    ['less than a header', framed(queryWithId(1).subarray(0, 11))],
    [
      'a response',
      framed(Buffer.concat([queryWithId(1).subarray(0, 2), Buffer.of(0x80, 0), queryWithId(1).subarray(4)])),
    ],
  ] as const)('closes the connection on %s, after the answers to what came before', async ([, octets], context) => {
    const { port, world } = await startServer(context);
    const client = await TcpClient.connect(context, port);
    client.socket.write(queries(1));
    await client.answered(1);
    client.socket.write(octets);
    await client.closed();
    expect(client.answers.length).toBe(1);
    expect(world.counters.tcpClosed.broken).toBe(1);
  });

  it('forgets a client that resets its connection', async (context) => {
    const { port, world } = await startServer(context);
    const client = await TcpClient.connect(context, port);
    client.socket.write(queries(1));
    await client.answered(1);
    client.socket.resetAndDestroy();
    await until('the connection is forgotten', () => world.counters.tcpOpen === 0);
    expect(world.counters.tcpAccepted).toBe(1);
  });
});

describe('one TCP client among others', () => {
  it('that sends and never reads is not read from, and keeps nobody waiting', async (context) => {
    const started = await startServer(context, { registered: instancesOf('big', 1_000) });
    const { port, world } = started;
    const greedy = await TcpClient.connect(context, port);
    greedy.socket.pause();
    // 16 MB of answers for each 1000 queries: more than the buffers of the system hold.
    const batch = queries(10_000, { name: 'big.svc.local', type: 'A' });
    greedy.socket.write(batch);
    await until('reading is stopped', () => world.counters.tcpPauses > 0);
    const udp = await UdpClient.open(context);
    const tcp = await TcpClient.connect(context, port);
    for (let round = 0; round < 10; round += 1) {
      const { message } = await udp.ask({ name: 'big.svc.local', type: 'A' }, port);
      expect(message.answers.length).toBeGreaterThan(0);
      tcp.socket.write(queries(1, { name: 'big.svc.local', type: 'A' }));
      await tcp.answered(round + 1);
    }
    expect(tcpQueries(started)).toBeLessThan(5_000);
  });

  it('that pipelines 10 000 queries does not stall a second one', async (context) => {
    const { port, world } = await startServer(context);
    const greedy = await TcpClient.connect(context, port);
    const modest = await TcpClient.connect(context, port);
    greedy.socket.write(queries(1));
    await greedy.answered(1);
    greedy.socket.write(queries(10_000));
    modest.socket.write(queries(1));
    await modest.answered(1);
    const done = world.counters.durationUs.counts.reduce((sum, count) => sum + count, 0);
    expect(done).toBeLessThan(5_000);
    await greedy.answered(10_001);
  });
});

describe('TCP connections', () => {
  it('beyond the limit for one address are refused, and the others live on', async (context) => {
    const { port, world } = await startServer(context, { tcp: { connections: 10, connectionsPerClient: 3 } });
    const clients = await connectMany(context, port, 3);
    const [beyond] = await connectMany(context, port, 1);
    await beyond?.closed();
    expect(world.counters.tcpRefused).toMatchObject({ 'client-connections': 1, 'all-connections': 0 });
    // Another address has places of its own.
    const other = await TcpClient.connect(context, port, '::1');
    for (const client of [...clients, other]) {
      client.socket.write(queries(1));
      await client.answered(1);
    }
    // A place that is given up can be taken.
    clients[0]?.socket.destroy();
    await until('the server has noticed', () => world.counters.tcpOpen === 3);
    const next = await TcpClient.connect(context, port);
    next.socket.write(queries(1));
    await next.answered(1);
  });

  it('beyond the limit for all take the place of the oldest one that is idle', async (context) => {
    const { port, world } = await startServer(context, { tcp: { connections: 3, connectionsPerClient: 10 } });
    const [busy, oldest, younger] = await connectMany(context, port, 3);
    await beginMessage(busy);
    const newest = await TcpClient.connect(context, port);
    await oldest?.closed();
    expect([busy?.isClosed, younger?.isClosed, newest.isClosed]).toEqual([false, false, false]);
    expect(world.counters.tcpClosed.idle).toBe(1);
    expect(world.counters.tcpOpen).toBe(3);
    expect(world.counters.tcpRefused['all-connections']).toBe(0);
  });

  it('beyond the limit for all are refused when none is idle', async (context) => {
    const { port, world } = await startServer(context, { tcp: { connections: 2, connectionsPerClient: 10 } });
    const clients = await connectMany(context, port, 2);
    for (const client of clients) await beginMessage(client);
    const beyond = await TcpClient.connect(context, port);
    await beyond.closed();
    expect(world.counters.tcpRefused['all-connections']).toBe(1);
    expect(clients.some((client) => client.isClosed)).toBe(false);
    for (const client of clients) {
      client.socket.write(queries(1).subarray(MESSAGE_BEGUN_OCTETS));
      await client.answered(2);
    }
  });

  it('are closed by the server itself when a message takes longer than 2 s', async (context) => {
    const { port, world } = await startServer(context);
    const client = await TcpClient.connect(context, port);
    client.socket.write(queries(1).subarray(0, 10));
    const startedMs = performance.now();
    await client.closed();
    expect(performance.now() - startedMs).toBeGreaterThan(1_900);
    expect(world.counters.tcpClosed['slow-message']).toBe(1);
  });

  it('that find no descriptor left cost UDP nothing, and are accepted again later', async (context) => {
    const limited = (command: readonly string[]) => ['sh', '-c', 'ulimit -n 64 && exec "$@"', 'sh', ...command];
    const server = await ServerProcess.start(context, '127.0.0.1', 0, limited);
    const port = server.lines[0]?.port ?? 0;
    const clients = await connectMany(context, port, 100);
    const ask = { name: 'svc.local', type: 'SOA' };
    const udp = await UdpClient.open(context);
    for (let round = 0; round < 10; round += 1) {
      const { message } = await udp.ask(ask, port);
      expect(message.answers.length).toBe(1);
    }
    await until('those without a descriptor are closed', () => clients.some((client) => client.isClosed));
    for (const { socket } of clients) socket.destroy();
    const answered = async () => {
      const client = await TcpClient.connect(context, port);
      client.socket.write(queries(1, ask));
      await Promise.race([client.answered(1), client.closed()]);
      return client.answers.length === 1;
    };
    await until('TCP is answered again', answered);
    expect(server.child.exitCode).toBeNull();
    expect(server.errors).toBe('');
  });
});
