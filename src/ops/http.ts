// The HTTP listener of the operator: liveness, readiness, metrics. Read only. It believes that anyone on the host can
// reach it, a page in a browser included: hence the check of the Host header, no CORS header, and limits on all that a
// client can hold open.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { formatSocket } from '../wire/address.ts';
import type { Metrics } from './metrics.ts';

/** Whether the server is to get queries. */
export type Readiness = { readonly kind: 'ready' } | { readonly kind: 'not-ready'; readonly reason: string };

export interface HttpOptions {
  readonly address: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly readiness: () => Readiness;
  readonly metrics: Metrics;
  /** Told of a fault in this program that cost one request, or of a listener that cannot accept. */
  readonly onFault: (error: Error) => void;
}

/** A handful of probes and scrapers; a descriptor each. */
export const HTTP_CONNECTIONS_MAX = 64;

/** A probe or a scrape sends some 300. */
export const HTTP_HEADER_MAX_OCTETS = 8192;

/** For a whole request to come, for its reply to be taken, and for a connection to stay idle. */
export const HTTP_TIMEOUT_MS = 5_000;

/** How often Node looks for requests that take too long; its default of 30 s would make the limit above 35 s. */
const HTTP_TIMEOUT_CHECK_MS = 1_000;

/** For requests under way when the listener closes. */
const HTTP_CLOSE_MS = 500;

/** The address for HTTP cannot be listened on. */
export class HttpListenError extends Error {
  readonly code = 'ERR_SVCDNS_HTTP_LISTEN';

  constructor(address: string, port: number, cause: NodeJS.ErrnoException) {
    const reason = cause.code === 'EADDRINUSE' ? 'the port is taken' : cause.message;
    super(`cannot listen on ${formatSocket(address, port)} for http: ${reason}; choose another with --http, or off`, {
      cause,
    });
    this.name = 'HttpListenError';
  }
}

/** The listener, from `listenHttp`. */
export class HttpListener {
  /** What was bound: its port is the chosen one where 0 was asked for. */
  readonly address: string;
  readonly port: number;
  readonly #server: Server;
  #closing: Promise<void> | undefined;

  constructor(server: Server) {
    // A listener on an address and port has an object here, never a path or null.
    const { address, port } = server.address() as AddressInfo;
    this.address = address;
    this.port = port;
    this.#server = server;
  }

  /** Stops listening; requests under way get half a second. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      const deadline = setTimeout(() => this.#server.closeAllConnections(), HTTP_CLOSE_MS);
      this.#server.close(() => {
        clearTimeout(deadline);
        resolve();
      });
      this.#server.closeIdleConnections();
    });
    return this.#closing;
  }
}

/** Opens the listener. Rejects with `HttpListenError`. */
export function listenHttp(options: HttpOptions): Promise<HttpListener> {
  const { address, port, onFault } = options;
  const server = createServer(
    {
      maxHeaderSize: HTTP_HEADER_MAX_OCTETS,
      headersTimeout: HTTP_TIMEOUT_MS,
      requestTimeout: HTTP_TIMEOUT_MS,
      keepAliveTimeout: HTTP_TIMEOUT_MS,
      connectionsCheckingInterval: HTTP_TIMEOUT_CHECK_MS,
    },
    (request, response) => {
      handle(request, response, options).catch((error: unknown) => {
        onFault(error instanceof Error ? error : new Error(String(error)));
        if (response.headersSent) response.destroy();
        else reply(response, 500, 'fault, see the log');
      });
    },
  );
  server.maxConnections = HTTP_CONNECTIONS_MAX;
  // Of a socket without traffic: a client that does not read its reply.
  server.timeout = HTTP_TIMEOUT_MS;
  return new Promise((resolve, reject) => {
    const refuse = (cause: NodeJS.ErrnoException) => reject(new HttpListenError(address, port, cause));
    server.once('error', refuse);
    server.listen({ host: address, port }, () => {
      server.off('error', refuse);
      server.on('error', onFault);
      resolve(new HttpListener(server));
    });
  });
}

async function handle(request: IncomingMessage, response: ServerResponse, options: HttpOptions): Promise<void> {
  // Who listens on more than the loopback has opened it, to scrapers that know it by a name of their own.
  const isPrivate = isLoopback(options.address);
  if (isPrivate && !isOwnHost(request.headers.host)) {
    return reply(response, 421, 'expected an IP address or localhost as Host');
  }
  const path = (request.url ?? '').replace(/\?.*$/s, '');
  if (path !== '/livez' && path !== '/readyz' && path !== '/metrics') return reply(response, 404, 'not found');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return reply(response, 405, 'expected GET or HEAD');
  }
  switch (path) {
    case '/livez':
      return reply(response, 200, 'ok');
    case '/readyz': {
      const readiness = options.readiness();
      return readiness.kind === 'ready' ? reply(response, 200, 'ok') : reply(response, 503, readiness.reason);
    }
    case '/metrics': {
      const text = await options.metrics.format();
      response.setHeader('Content-Type', options.metrics.contentType);
      return reply(response, 200, text);
    }
  }
}

/** Replies in plain text, where no other type was set. Node leaves the body out of the reply to HEAD. */
function reply(response: ServerResponse, status: number, text: string): void {
  const body = text.endsWith('\n') ? text : `${text}\n`;
  if (!response.hasHeader('Content-Type')) response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.statusCode = status;
  response.end(body);
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/**
 * Whether a request was made to this host by address or as `localhost`. A page that binds its own name to 127.0.0.1 (DNS
 * rebinding) has that name in the Host header; no one can rebind an address, and browsers do not resolve `localhost`.
 */
function isOwnHost(host: string | undefined): boolean {
  // A probe of HTTP/1.0 sends none; every browser does.
  if (host === undefined) return true;
  const [, ipv6, name = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d{1,5})?$/.exec(host) ?? [];
  return ipv6 === undefined ? isIP(name) === 4 || name.toLowerCase() === 'localhost' : isIP(ipv6) === 6;
}
