// The HTTP listener, asked over real sockets: what it answers, whom it refuses, and what a client can hold open.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  HTTP_CONNECTIONS_MAX,
  HTTP_HEADER_MAX_OCTETS,
  HTTP_TIMEOUT_MS,
  HttpListenError,
  type HttpListener,
  type HttpOptions,
  listenHttp,
  type Readiness,
} from '../../src/ops/http.ts';

interface Reply {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

let listener: HttpListener;
let readiness: Readiness;
let format: () => Promise<string>;
let faults: Error[];
const sockets = new Set<Socket>();

function options(over: Partial<HttpOptions> = {}): HttpOptions {
  return {
    address: '127.0.0.1',
    port: 0,
    readiness: () => readiness,
    metrics: { contentType: 'text/plain; version=0.0.4; charset=utf-8', format: () => format() },
    onFault: (error) => faults.push(error),
    ...over,
  };
}

beforeEach(async () => {
  readiness = { kind: 'not-ready', reason: 'etcd has not been read yet' };
  format = async () => '# TYPE up gauge\nup 1\n';
  faults = [];
  listener = await listenHttp(options());
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await listener.close();
});

/** A connection of its own, so that headers are exactly those written. */
async function open(to: HttpListener = listener): Promise<Socket> {
  const socket = connect(to.port, to.address);
  sockets.add(socket);
  // A refused connection is reset; the tests look at its end.
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** All that comes until the other side ends the connection. */
async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    text += chunk;
  });
  if (!socket.closed) await once(socket, 'close');
  return text;
}

function parseReply(text: string): Reply {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...headerLines] = text.slice(0, end).split('\r\n');
  const headers = headerLines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status: Number(statusLine.split(' ')[1]), headers: new Map(headers), body: text.slice(end + 4) };
}

interface Request {
  readonly method?: string;
  readonly host?: string;
  readonly headers?: string;
  readonly to?: HttpListener;
}

async function ask(path: string, { method = 'GET', host = '127.0.0.1', headers = '', to = listener }: Request = {}) {
  const socket = await open(to);
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${headers}\r\n`);
  return parseReply(await readAll(socket));
}

describe('the HTTP listener', () => {
  it('says that the process lives, ready or not', async () => {
    expect(await ask('/livez')).toMatchObject({ status: 200, body: 'ok\n' });
  });

  it('is ready from the first data on, and not any more while it stops', async () => {
    expect(await ask('/readyz')).toMatchObject({ status: 503, body: 'etcd has not been read yet\n' });
    readiness = { kind: 'ready' };
    expect(await ask('/readyz')).toMatchObject({ status: 200, body: 'ok\n' });
    readiness = { kind: 'not-ready', reason: 'stopping' };
    expect(await ask('/readyz')).toMatchObject({ status: 503, body: 'stopping\n' });
  });

  it('gives the metrics in their own content type', async () => {
    const reply = await ask('/metrics?name[]=up');
    expect(reply).toMatchObject({ status: 200, body: '# TYPE up gauge\nup 1\n' });
    expect(reply.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it('answers HEAD with the same header and no body', async () => {
    const reply = await ask('/livez', { method: 'HEAD' });
    expect(reply).toMatchObject({ status: 200, body: '' });
    expect(reply.headers.get('content-length')).toBe('3');
  });

  it('lets nothing be stored, guessed or read by pages of other origins', async () => {
    const { headers } = await ask('/metrics', { headers: 'Origin: http://example.com\r\n' });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('refuses %s', async (method) => {
    const reply = await ask('/metrics', { method });
    expect(reply.status).toBe(405);
    expect(reply.headers.get('allow')).toBe('GET, HEAD');
  });

  it.each(['/', '/health', '/livez/', '/../metrics', '//livez', '/LIVEZ', '*', 'http://127.0.0.1/livez'])(
    'knows no %s',
    async (path) => {
      expect((await ask(path)).status).toBe(404);
    },
  );

  it('reports a fault of the metrics and answers 500', async () => {
    format = async () => {
      throw new Error('boom');
    };
    expect(await ask('/metrics')).toMatchObject({ status: 500, body: 'fault, see the log\n' });
    expect(faults.map(({ message }) => message)).toEqual(['boom']);
    expect((await ask('/livez')).status).toBe(200);
  });
});

describe('the Host header', () => {
  it.each(['127.0.0.1', '127.0.0.1:8053', 'localhost:8053', 'LOCALHOST', '[::1]:8053', '10.1.2.3', '[fd00::1]'])(
    'may be %s',
    async (host) => {
      expect((await ask('/livez', { host })).status).toBe(200);
    },
  );

  it.each([
    'evil.example',
    'evil.example:8053',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.0.0.1@evil.example',
    '[evil.example]',
    '[127.0.0.1]',
    '::1',
    '2130706433',
    '127.0.0.1:8053:8053',
  ])('may not be %s, to which a browser could have been led', async (host) => {
    expect((await ask('/metrics', { host })).status).toBe(421);
  });

  it('may be missing in a probe of HTTP/1.0, which no browser sends', async () => {
    const old = await open();
    old.write('GET /livez HTTP/1.0\r\n\r\n');
    expect(parseReply(await readAll(old)).status).toBe(200);
    const current = await open();
    current.write('GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n');
    expect(parseReply(await readAll(current)).status).toBe(400);
  });
});

describe('the limits', () => {
  it('are at the octets of the header', async () => {
    const header = (octets: number) => `X-Filler: ${'x'.repeat(octets)}\r\n`;
    expect((await ask('/livez', { headers: header(HTTP_HEADER_MAX_OCTETS - 500) })).status).toBe(200);
    expect((await ask('/livez', { headers: header(HTTP_HEADER_MAX_OCTETS) })).status).toBe(431);
  });

  it('are at the number of connections, and a closed one makes room', async () => {
    const held = await Promise.all(Array.from({ length: HTTP_CONNECTIONS_MAX }, () => open()));
    expect(await readAll(await open())).toBe('');
    const first = held[0];
    first?.destroy();
    // The listener hears of the end a moment later.
    await expect.poll(async () => (await ask('/livez')).status, { timeout: 10_000 }).toBe(200);
  });

  it('are at the time for a request to come, however it trickles', async () => {
    const begun = performance.now();
    const socket = await open();
    socket.write('GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ');
    const trickle = setInterval(() => socket.write('x'), 250);
    const reply = await readAll(socket).finally(() => clearInterval(trickle));
    // A byte under way when the connection ends can reset it before the reply is read.
    expect(reply === '' || parseReply(reply).status === 408).toBe(true);
    expect(performance.now() - begun).toBeGreaterThan(HTTP_TIMEOUT_MS - 500);
  });
});

describe('listening', () => {
  it('on a taken port fails with a stable code, the address, and what to do', async () => {
    const failure = await listenHttp(options({ port: listener.port })).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(HttpListenError);
    expect(failure).toMatchObject({
      code: 'ERR_SVCDNS_HTTP_LISTEN',
      message: `cannot listen on 127.0.0.1:${listener.port} for http: the port is taken; choose another with --http, or off`,
      cause: { code: 'EADDRINUSE' },
    });
  });

  it('on an address of another host says so', async () => {
    // 192.0.2.0/24 is for documentation (RFC 5737), so no host has it.
    await expect(listenHttp(options({ address: '192.0.2.1' }))).rejects.toMatchObject({
      code: 'ERR_SVCDNS_HTTP_LISTEN',
      cause: { code: 'EADDRNOTAVAIL' },
    });
  });

  it('ends soon, although a client keeps its connection and another its request', async () => {
    const idle = await open();
    idle.write('GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await once(idle, 'data');
    const half = await open();
    half.write('GET /livez HTTP/1.1\r\nHost:');
    format = () => new Promise(() => {});
    const waiting = await open();
    waiting.write('GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    const ends = [idle, half, waiting].map(readAll);
    const first = listener.close();
    expect(listener.close()).toBe(first);
    await first;
    await Promise.all(ends);
    await expect(once(connect(listener.port, listener.address), 'connect')).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });
});
