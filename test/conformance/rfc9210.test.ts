// RFC 9210, operational requirements of TCP: it is as good as UDP, and what one client can take of it is limited.

import { describe, expect, it } from 'vitest';
import { framed, queryWithId } from '../support/dns-client.ts';
import { instancesOf } from '../support/dns-server.ts';
import { subject } from './subject.ts';

const server = subject({
  registered: { ...instancesOf('many', 300), '/specServer/1': 'http://10.0.0.1:8080' },
  tcp: { connections: 8, connectionsPerClient: 3 },
});

const RECORD = 'specServer.svc.local. 5 IN A 10.0.0.1';

describe('§3 TCP', () => {
  it('is served on the port of UDP, with the same answers', async () => {
    await server.expects('specServer.svc.local. A', 'NOERROR aa', RECORD);
    await server.expects('specServer.svc.local. A tcp', 'NOERROR aa', RECORD);
  });

  it('gives whole what UDP has to truncate', async () => {
    const whole = Array.from({ length: 300 }, (_, at) => `many.svc.local. 5 IN A 10.1.${at >>> 8}.${at & 0xff}`);
    await server.expects('many.svc.local. A tcp', 'NOERROR aa', ...whole);
    const { flags, answers } = await server.ask('many.svc.local. A edns');
    expect(flags & 0x0200).toBe(0x0200);
    expect(answers.length).toBeGreaterThan(60);
  });
});

describe('§4.2 connection limits', () => {
  it('close what a client opens beyond its share at once, and leave it what it has', async () => {
    const first = await Promise.all([server.connect(), server.connect(), server.connect()]);
    for (const client of first) client.socket.write(framed(queryWithId(1)));
    for (const client of first) await client.answered(1);
    const beyond = await server.connect();
    await beyond.closed();
    expect(server.world.counters.tcpRefused['client-connections']).toBe(1);
    for (const client of first) client.socket.write(framed(queryWithId(2)));
    for (const client of first) await client.answered(2);
    await server.expects('specServer.svc.local. A', 'NOERROR aa', RECORD);
    for (const client of first) client.socket.destroy();
  });
});
