// All sockets of a server together: one port on every address, what is said when that cannot be had, what a wildcard
// stands for, and that nothing is left when it closes.

import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { BindError } from '../../src/server/bind-error.ts';
import { reachableAddresses } from '../../src/server/server.ts';
import { framed, queryWithId, SPEC_SERVER_A, TcpClient, UdpClient } from '../support/dns-client.ts';
import { startServer } from '../support/dns-server.ts';
import { Network, ServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';

/** Whether the server answers on an address, over UDP and over TCP. */
async function answersOn(context: TestContext, port: number, address: string): Promise<void> {
  const udp = await UdpClient.open(context, address);
  expect((await udp.ask(SPEC_SERVER_A, port, address)).from.address).toBe(address);
  const tcp = await TcpClient.connect(context, port, address);
  tcp.socket.write(framed(queryWithId(1)));
  await tcp.answered(1);
}

/** A UDP port of 127.0.0.1 that another program has. */
async function takenUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => {
    socket.close();
  });
  return socket.address().port;
}

/** A TCP port of 127.0.0.1 that another program has. */
async function takenTcpPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function connectError(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  return error.code ?? '';
}

describe('a server', () => {
  it('has one port on all addresses, over UDP and TCP, when the system chooses it', async (context) => {
    const { server, port } = await startServer(context);
    expect(port).toBeGreaterThan(0);
    expect(server.addresses).toEqual(['127.0.0.1', '::1']);
    for (const address of server.addresses) await answersOn(context, port, address);
  });

  it('looks for another port when the one that it was given is taken for TCP', async (context) => {
    const network = await Network.create(context);
    // Two ports to choose from, and one of them taken for TCP only.
    await network.set('net/ipv4/ip_local_port_range', '40000 40001');
    const take =
      'import socket, sys; held = socket.create_server(("127.0.0.1", 40000)); print("up", flush=True); sys.stdin.read()';
    const [program = '', ...args] = network.command(['python3', '-c', take]);
    const holder = spawn(program, args);
    context.onTestFinished(async () => {
      const exited = once(holder, 'exit');
      holder.stdin.end();
      await exited;
    });
    await once(createInterface(holder.stdout), 'line');
    const server = await ServerProcess.start(context, '127.0.0.1', 0, (command) => network.command(command));
    expect(server.lines[0]?.port).toBe(40001);
  });

  it('says that its port is taken for UDP, and leaves no socket open', async (context) => {
    const port = await takenUdpPort();
    const started = startServer(context, { listen: ['127.0.0.1'], port });
    await expect(started).rejects.toThrow(
      `cannot listen on udp 127.0.0.1 port ${port}: another program has this port; stop that one or choose another with --port`,
    );
    expect(await connectError(port)).toBe('ECONNREFUSED');
  });

  it('says that its port is taken for TCP, and leaves no socket open', async (context) => {
    const port = await takenTcpPort();
    const started = startServer(context, { listen: ['127.0.0.1'], port });
    await expect(started).rejects.toThrow(
      `cannot listen on tcp 127.0.0.1 port ${port}: another program has this port;`,
    );
    const socket = createSocket('udp4').bind(port, '127.0.0.1');
    await once(socket, 'listening');
    socket.close();
  });

  it('leaves no socket open when only its last address cannot be had', async (context) => {
    const port = await takenUdpPort();
    const started = startServer(context, { listen: ['::1', '127.0.0.1'], port });
    await expect(started).rejects.toThrow(`udp 127.0.0.1 port ${port}`);
    const { server } = await startServer(context, { listen: ['::1'], port });
    expect(server.port).toBe(port);
  });

  it('says that an address is not of this host', async (context) => {
    // RFC 5737: an address for documentation, which no host has.
    const started = startServer(context, { listen: ['203.0.113.7'] });
    await expect(started).rejects.toThrow(
      'cannot listen on udp 203.0.113.7 port 0: this host has no such address; choose one of its own with --listen',
    );
  });

  it('goes without ::1 where there is none, but not when it was to have nothing else', async (context) => {
    const network = await Network.create(context);
    await network.run('ip', 'addr', 'del', '::1/128', 'dev', 'lo');
    const inside = (command: readonly string[]) => network.command(command);
    const server = await ServerProcess.start(context, '127.0.0.1,::1', 1053, inside);
    expect(server.lines[0]).toEqual({ port: 1053, addresses: ['127.0.0.1'] });
    const other = await ServerProcess.start(context, '::1', 1054, inside);
    expect(other.lines[0]?.failed).toMatch(/^cannot listen on udp ::1 port 1054: this host has no such address;/);
  });
});

describe('the sentence for a socket that cannot be opened', () => {
  it.each([
    ['EACCES', 'no permission; choose a port above 1023, or give the program CAP_NET_BIND_SERVICE'],
    ['EADDRINUSE', 'another program has this port; stop that one or choose another with --port'],
    ['EADDRNOTAVAIL', 'this host has no such address; choose one of its own with --listen'],
    ['EAFNOSUPPORT', 'this host has no IPv6; choose IPv4 addresses with --listen'],
    ['EMFILE', 'the system refused with EMFILE'],
  ])('says for %s: %s', (code, reason) => {
    const cause = Object.assign(new Error('bind'), { code });
    const error = new BindError('udp 127.0.0.1 port 53', cause);
    expect(error.message).toBe(`cannot listen on udp 127.0.0.1 port 53: ${reason}`);
    expect(error).toMatchObject({ code: 'bind-failed', cause });
  });

  it('does without the reason when the system gives none', () => {
    expect(new BindError('udp ::1 port 53', undefined).message).toBe(
      'cannot listen on udp ::1 port 53: the system refused',
    );
  });
});

// Together, because two of them wait for the next look at the addresses, which is every 10 s.
describe.concurrent('a wildcard address', () => {
  const digFrom127 = ['dig', '-b', '127.0.0.1', '+short', '+tries=1', '+time=2', '-p', '1053', 'svc.local', 'SOA'];

  it('answers from the address that was asked, and follows addresses as they come and go', async (context) => {
    const network = await Network.create(context);
    await network.run('ip', 'addr', 'add', '10.9.0.1/32', 'dev', 'lo');
    await network.run('ip', 'addr', 'add', '10.9.0.2/32', 'dev', 'lo');
    await network.run('ip', 'addr', 'add', 'fd09::1/128', 'dev', 'lo');
    const server = await ServerProcess.start(context, '0.0.0.0,::', 1053, (command) => network.command(command));
    const addresses = ['127.0.0.1', '10.9.0.1', '10.9.0.2', '::1', 'fd09::1'];
    expect([...(server.lines[0]?.addresses ?? [])].sort()).toEqual(addresses.sort());
    // From 127.0.0.1, a socket for all addresses would answer as 127.0.0.1, and dig would not take that for an answer.
    for (const address of ['127.0.0.1', '10.9.0.1', '10.9.0.2']) {
      expect(await network.run(...digFrom127, `@${address}`)).toMatch(/ 2$/m);
      expect(await network.run(...digFrom127, '+tcp', `@${address}`)).toMatch(/ 2$/m);
    }
    expect(await network.run('dig', '-b', '::1', '-p', '1053', '+short', 'svc.local', 'SOA', '@fd09::1')).toMatch(
      / 2$/m,
    );

    await network.run('ip', 'addr', 'add', '10.9.0.3/32', 'dev', 'lo');
    await network.run('ip', 'addr', 'del', '10.9.0.1/32', 'dev', 'lo');
    await until('the new address is told of', () => server.lines.some(({ address }) => address === '10.9.0.3'), 30_000);
    expect(await network.run(...digFrom127, '@10.9.0.3')).toMatch(/ 2$/m);
    const { addresses: now } = await server.state();
    expect([...now].sort()).toEqual(['10.9.0.2', '10.9.0.3', '127.0.0.1', '::1', 'fd09::1']);
    expect(server.lines.filter(({ address }) => address !== undefined)).toEqual([{ address: '10.9.0.3' }]);
  });

  it('takes an address that the system is still checking as soon as it may', async (context) => {
    const network = await Network.create(context);
    await network.run('ip', 'link', 'add', 'near', 'type', 'veth', 'peer', 'name', 'far');
    // One probe a second: the address is tentative for as many seconds (RFC 4862 §5.4).
    await network.set('net/ipv6/conf/near/dad_transmits', '8');
    await network.run('ip', 'link', 'set', 'far', 'up');
    await network.run('ip', 'link', 'set', 'near', 'up');
    await network.run('ip', 'addr', 'add', 'fd09::1/64', 'dev', 'near');
    const server = await ServerProcess.start(context, '127.0.0.1,::', 1053, (command) => network.command(command));
    const told = () => server.lines.filter(({ address }) => address === 'fd09::1');
    await until('the address is told of when it is served', () => told().length === 2, 40_000);
    expect(told()[0]?.error).toMatch(/^cannot listen on udp fd09::1 port 1053: this host has no such address;/);
    expect(told()[1]?.error).toBeUndefined();
    expect((await server.state()).addresses).toContain('fd09::1');
  });

  it('may stand beside addresses that it covers', async (context) => {
    const network = await Network.create(context);
    const inside = (command: readonly string[]) => network.command(command);
    const server = await ServerProcess.start(context, '127.0.0.1,0.0.0.0,127.0.0.9,127.0.0.1', 1053, inside);
    expect(server.lines[0]).toEqual({ port: 1053, addresses: ['127.0.0.1', '127.0.0.9'] });
    expect(await network.run(...digFrom127, '@127.0.0.9')).toMatch(/ 2$/m);
    expect(await network.run(...digFrom127, '+tcp', '@127.0.0.9')).toMatch(/ 2$/m);
  });

  it('is reached at the addresses of this host, without those that mean another host elsewhere', () => {
    const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    const global = own.filter(({ address, internal }) => !internal && !address.startsWith('fe80:'));
    const expected = global.length > 0 ? global : own;
    expect(reachableAddresses(['0.0.0.0', '::']).sort()).toEqual(expected.map(({ address }) => address).sort());
    expect(reachableAddresses(['192.0.2.1', '127.0.0.1', '::1'])).toEqual(['192.0.2.1']);
    expect(reachableAddresses(['127.0.0.1', '::1'])).toEqual(['127.0.0.1', '::1']);
  });
});

describe('closing a server', () => {
  it('ends open connections, gives the port back, and may be repeated', async (context) => {
    const { server, world, port } = await startServer(context);
    const idle = await TcpClient.connect(context, port);
    const busy = await TcpClient.connect(context, port);
    // A whole query and half of another.
    busy.socket.write(Buffer.concat([framed(queryWithId(1)), framed(queryWithId(2)).subarray(0, 9)]));
    await busy.answered(1);
    const startedMs = performance.now();
    await Promise.all([server.close(), server.close()]);
    // The connections' own limits, which it does not wait for, are 2 s and more.
    expect(performance.now() - startedMs).toBeLessThan(1_500);
    await idle.closed();
    await busy.closed();
    expect(world.counters.tcpClosed.shutdown).toBe(2);
    expect(world.counters.tcpOpen).toBe(0);
    await server.close();
    expect(await connectError(port)).toBe('ECONNREFUSED');
    const again = await startServer(context, { port });
    await answersOn(context, again.port, '127.0.0.1');
  });

  it('leaves nothing that keeps the process alive', async (context) => {
    const server = await ServerProcess.start(context, '0.0.0.0', 0);
    const client = await TcpClient.connect(context, server.lines[0]?.port ?? 0);
    client.socket.write(framed(queryWithId(1)).subarray(0, 9));
    const exited = once(server.child, 'exit');
    server.child.stdin.end();
    expect(await exited).toEqual([0, null]);
    await client.closed();
    expect(server.errors).toBe('');
  });
});
