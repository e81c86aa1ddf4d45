// DNS over UDP on real sockets: who gets an answer, from where, and who gets none.

import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { requestIndex, TYPE_LABELS } from '../../src/server/counters.ts';
import { UdpListener } from '../../src/server/udp.ts';
import { FLAG, RCODE, RCODE_MASK } from '../../src/wire/codes.ts';
import { encodeQuery, randomSequence, World } from '../scenarios/world.ts';
import { framed, queryWithId, SPEC_SERVER_A, TcpClient, UdpClient } from '../support/dns-client.ts';
import { instancesOf, startServer } from '../support/dns-server.ts';
import { Network, type ServerLine, ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const TYPE_A = TYPE_LABELS.indexOf('A');

/** Sends a query for `svc.local` SOA in a datagram with any source: arguments are source address and port, server port. */
const FORGE_DATAGRAM = `
import socket, struct, sys
source, source_port, port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
query = bytes.fromhex('abcd 0000 0001 0000 0000 0000 03737663 056c6f63616c 00 0006 0001')
datagram = struct.pack('!HHHH', source_port, port, 8 + len(query), 0) + query
ipv6 = ':' in source
raw = socket.socket(socket.AF_INET6 if ipv6 else socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
if ipv6:
    # Where the system is to put the checksum, which IPv6 does not do without.
    raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_CHECKSUM, 6)
raw.bind((source, 0))
raw.sendto(datagram, (source, 0))
`;

/**
 * Sends 3000 queries for `svc.local` SOA from 10.8.0.2, an address that nobody has, as frames on the far end of a link
 * to 10.8.0.1. They come at the pace at which a server reads, 100 each 10 ms.
 */
const FLOOD_FROM_NOBODY = `
import socket, struct, time
query = bytes.fromhex('abcd 0000 0001 0000 0000 0000 03737663 056c6f63616c 00 0006 0001')
datagram = struct.pack('!HHHH', 5353, 1053, 8 + len(query), 0) + query
addresses = socket.inet_aton('10.8.0.2') + socket.inet_aton('10.8.0.1')
header = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(datagram), 1, 0, 64, socket.IPPROTO_UDP, 0) + addresses
total = sum(struct.unpack('!10H', header))
checksum = ~((total & 0xffff) + (total >> 16)) & 0xffff
header = header[:10] + struct.pack('!H', checksum) + header[12:]
frame = bytes.fromhex('020000000001 020000000002 0800') + header + datagram
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind(('far', 0))
for sent in range(3000):
    link.send(frame)
    if sent % 100 == 99: time.sleep(0.01)
`;

function answersIn({ counters }: ServerLine): number {
  return Object.values(counters?.durationUs.counts ?? {}).reduce((sum, count) => sum + count, 0);
}

describe('DNS over UDP', () => {
  it.for([
    ['IPv4', '127.0.0.1', 4],
    ['IPv6', '::1', 6],
  ] as const)('answers over %s, from the address and port that were asked', async ([, address, family], context) => {
    const { port, world } = await startServer(context);
    const client = await UdpClient.open(context, address);
    const { message, from } = await client.ask(SPEC_SERVER_A, port, address);
    expect(message.answers.map(({ data }) => data.kind)).toEqual(['A', 'A', 'A']);
    expect(from).toMatchObject({ address, port });
    expect(world.counters.requests[requestIndex('udp', family, TYPE_A)]).toBe(1);
    expect(world.counters.responses[RCODE.NOERROR]).toBe(1);
  });

  it('truncates what does not fit 512 octets, and gives all of it over TCP', async (context) => {
    const { port } = await startServer(context, { registered: instancesOf('big', 200) });
    const udp = await UdpClient.open(context);
    const ask = { name: 'big.svc.local', type: 'A' };
    const { message, octets } = await udp.ask(ask, port);
    expect(message.flags & FLAG.TC).toBe(FLAG.TC);
    expect(octets).toBeLessThanOrEqual(512);
    expect(message.answers.length).toBe(Math.floor((512 - 12 - 19) / 16));
    const tcp = await TcpClient.connect(context, port);
    tcp.socket.write(framed(queryWithId(1, ask)));
    const [whole] = await tcp.answered(1);
    expect(whole?.answers.length).toBe(200);
    expect((whole?.flags ?? 0) & FLAG.TC).toBe(0);
  });

  it('sends nothing for a response, for less than a header and for an empty datagram', async (context) => {
    const { port, world } = await startServer(context);
    const client = await UdpClient.open(context);
    const response = queryWithId(1);
    response.writeUInt16BE(FLAG.QR, 2);
    client.send(response, port);
    client.send(queryWithId(2).subarray(0, 11), port);
    client.send(Buffer.alloc(0), port);
    // One socket is read in the order of arrival: had any of them been answered, this would not be the first answer.
    const { message } = await client.ask(SPEC_SERVER_A, port);
    expect(message.answers.length).toBe(3);
    expect(client.received.length).toBe(1);
    expect(world.counters.dropped).toMatchObject({ response: 1, short: 2 });
  });

  it('answers any octets that look like a query with an error, and goes on', async (context) => {
    const { port, world } = await startServer(context);
    const client = await UdpClient.open(context);
    const random = randomSequence(53);
    // As many as fit a receive buffer of the usual size at once.
    for (let sent = 0; sent < 100; sent += 1) {
      const octets = Buffer.from(Array.from({ length: 12 + Math.floor(random() * 500) }, () => random() * 256));
      client.send(octets, port);
    }
    client.send(encodeQuery(SPEC_SERVER_A), port);
    await until('every message is answered or dropped', () => {
      return client.received.length + world.counters.dropped.response === 101;
    });
    const last = client.received.at(-1)?.message;
    expect(last?.answers.length).toBe(3);
    for (const { message } of client.received.slice(0, -1)) {
      expect(message.flags & FLAG.QR).toBe(FLAG.QR);
      expect([RCODE.FORMERR, RCODE.NOTIMP]).toContain(message.flags & RCODE_MASK);
    }
    expect(world.counters.panics).toBe(0);
  });

  it('survives datagrams from port 0 and from its own address and port, and answers neither', async (context) => {
    const network = await Network.create(context);
    const server = await ServerProcess.start(context, '127.0.0.1,::1', 1053, (command) => network.command(command));
    for (const source of ['127.0.0.1', '::1']) {
      await network.run('python3', '-c', FORGE_DATAGRAM, source, '0', '1053');
      await network.run('python3', '-c', FORGE_DATAGRAM, source, '1053', '1053');
    }
    // A port of another program shows that the forgery works.
    await network.run('python3', '-c', FORGE_DATAGRAM, '127.0.0.1', '1054', '1053');
    for (const address of ['127.0.0.1', '::1']) {
      const soa = await network.run('dig', '+short', '+tries=1', '-p', '1053', `@${address}`, 'svc.local', 'SOA');
      expect(soa).toMatch(/ 2$/m);
    }
    const state = await server.state();
    expect(state.counters.dropped).toMatchObject({ 'port-zero': 2, 'own-address': 2, response: 0, 'send-failed': 0 });
    expect(answersIn(state)).toBe(3);
    expect(server.errors).toBe('');
  });

  it('drops queries when the system takes no more replies, instead of keeping them all', async (context) => {
    const network = await Network.create(context);
    const near = ['near', 'address', '02:00:00:00:00:01'];
    const far = ['far', 'address', '02:00:00:00:00:02'];
    await network.run('ip', 'link', 'add', ...near, 'type', 'veth', 'peer', 'name', ...far);
    await network.run('ip', 'addr', 'add', '10.8.0.1/24', 'dev', 'near');
    await network.run('ip', 'link', 'set', 'far', 'up');
    await network.run('ip', 'link', 'set', 'near', 'up');
    // The system looks for 10.8.0.2 for a minute and keeps all replies for so long, which fills the send buffer.
    await network.set('net/ipv4/neigh/near/mcast_solicit', '60');
    await network.set('net/ipv4/neigh/near/unres_qlen_bytes', '10000000');
    const server = await ServerProcess.start(context, '10.8.0.1', 1053, (command) => network.command(command));
    let state = await server.state();
    // More than once only where the server is slower than the pace, and the receive buffer drops what it would have.
    await until('queries are dropped', async () => {
      await network.run('python3', '-c', FLOOD_FROM_NOBODY);
      state = await server.state();
      return (state.counters.dropped['send-failed'] ?? 0) > 0;
    });
    // 512 that wait, and what the send buffer holds: 278 of the size that it has by default, 212 992 octets.
    expect(answersIn(state)).toBeGreaterThanOrEqual(512);
    expect(answersIn(state)).toBeLessThan(1_500);
    expect(server.errors).toBe('');
  });
});

describe('a UDP socket', () => {
  const options = () => {
    const { responder, counters } = new World();
    return { responder, counters, receiveBufferOctets: 256 * 1024 };
  };

  it('says what receive buffer the system gave, which may be less than was asked for', async () => {
    const listener = await UdpListener.bind('127.0.0.1', 0, options());
    onTestFinished(() => listener.close());
    const allowedOctets = Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8'));
    expect(listener.receiveBufferOctets).toBe(Math.min(256 * 1024, allowedOctets));
  });

  it('gives its port back when it is closed, and may be closed again', async () => {
    const listener = await UdpListener.bind('127.0.0.1', 0, options());
    await Promise.all([listener.close(), listener.close()]);
    await listener.close();
    const next = await UdpListener.bind('127.0.0.1', listener.port, options());
    expect(next.port).toBe(listener.port);
    await next.close();
  });
});
