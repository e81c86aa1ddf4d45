// RFC 7766, DNS over TCP: reuse, pipelining, framing and closing of connections. The limits in time are tested with a
// clock that is moved, in ../server/tcp-connection.test.ts.

import { describe, expect, it } from 'vitest';
import { framed, queryWithId } from '../support/dns-client.ts';
import { instancesOf } from '../support/dns-server.ts';
import { subject } from './subject.ts';

const server = subject({ registered: { ...instancesOf('many', 100), '/specServer/1': 'http://10.0.0.1:8080' } });

const MANY = { name: 'many.svc.local', type: 'A' };

describe('§5 transport protocol selection', () => {
  it('answers over TCP what it answers over UDP, asked for the first time or not', async () => {
    for (const transport of ['tcp', 'udp', 'tcp']) {
      const record = 'specServer.svc.local. 5 IN A 10.0.0.1';
      await server.expects(`specServer.svc.local. A ${transport}`, 'NOERROR aa', record);
    }
  });
});

describe('§6.2.1 connection reuse', () => {
  it('answers one query after the other', async () => {
    const client = await server.connect();
    for (const id of [1, 2, 3]) {
      client.socket.write(framed(queryWithId(id)));
      await client.answered(id);
    }
    expect(client.answers.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(client.isClosed).toBe(false);
  });

  it('§6.2.1.1: answers each of many that come in one piece', async () => {
    const client = await server.connect();
    const ids = Array.from({ length: 300 }, (_, at) => at + 1);
    client.socket.write(Buffer.concat(ids.map((id) => framed(queryWithId(id, id % 2 === 0 ? MANY : undefined)))));
    const answers = await client.answered(ids.length);
    expect(answers.map(({ id }) => id).sort((a, b) => a - b)).toEqual(ids);
    expect(answers.every(({ id, answers: records }) => records.length === (id % 2 === 0 ? 100 : 1))).toBe(true);
  });
});

describe('§6.2.2 concurrent connections', () => {
  it('answers on several of one client', async () => {
    const clients = await Promise.all(Array.from({ length: 10 }, () => server.connect()));
    for (const [index, client] of clients.entries()) client.socket.write(framed(queryWithId(index)));
    for (const [index, client] of clients.entries()) expect((await client.answered(1))[0]?.id).toBe(index);
  });
});

describe('§6.2.4 teardown', () => {
  it('answers all that a client asked before it closed its side, and closes then', async () => {
    const client = await server.connect();
    client.socket.end(Buffer.concat([1, 2, 3].map((id) => framed(queryWithId(id, MANY)))));
    await client.answered(3);
    await client.closed();
  });

  it('is not hurt by a client that resets', async () => {
    const client = await server.connect();
    client.socket.write(framed(queryWithId(1)));
    client.socket.resetAndDestroy();
    await server.expects('specServer.svc.local. A tcp', 'NOERROR aa', 'specServer.svc.local. 5 IN A 10.0.0.1');
  });
});

describe('§7 response reordering', () => {
  it('gives each answer the id and the question of its query, by which it is known', async () => {
    const client = await server.connect();
    client.socket.write(Buffer.concat([framed(queryWithId(7, MANY)), framed(queryWithId(8))]));
    const answers = await client.answered(2);
    expect(new Map(answers.map(({ id, answers: records }) => [id, records.length]))).toEqual(
      new Map([
        [7, 100],
        [8, 1],
      ]),
    );
  });
});

describe('§8 message length field', () => {
  it('may come apart from its message, octet by octet', async () => {
    const client = await server.connect();
    for (const octet of framed(queryWithId(1))) client.socket.write(Buffer.of(octet));
    await client.answered(1);
  });

  it('is sent in one piece with the message', async () => {
    const client = await server.connect();
    const chunks: number[] = [];
    client.socket.on('data', (chunk) => chunks.push(chunk.length));
    client.socket.write(framed(queryWithId(1)));
    await client.answered(1);
    expect(chunks).toEqual([client.octets + 2]);
  });

  it('of 0, or of less than a header, ends the connection', async () => {
    for (const message of [Buffer.alloc(0), Buffer.alloc(11)]) {
      const client = await server.connect();
      client.socket.write(framed(message));
      await client.closed();
      expect(client.answers).toEqual([]);
    }
  });
});
