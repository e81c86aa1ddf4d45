// Which of this host's addresses others can reach: the one from which it reaches etcd, as etcd and its clients are the
// network that instances are registered for.

import { connect } from 'node:net';
import { type Fault, fault } from '../etcd/fault.ts';
import { sleep } from '../etcd/sleep.ts';

/** Milliseconds for a connection, and from one attempt to the next. */
const CONNECT_DEADLINE_MS = 1000;
const RETRY_MS = 500;

/**
 * Tries the endpoints in turn, as often as it takes, until one can be reached.
 *
 * @returns an IPv4 or IPv6 address; undefined when the signal was aborted first
 */
export async function findLocalAddress(
  endpoints: readonly string[],
  signal: AbortSignal,
  onFault: (reason: Fault) => void,
): Promise<string | undefined> {
  for (let attempt = 0; ; attempt += 1) {
    const found = await addressTowards(endpoints[attempt % endpoints.length] ?? '', signal);
    if (signal.aborted) return undefined;
    if (typeof found === 'string') return found;
    onFault(found);
    await sleep(RETRY_MS, signal);
  }
}

function addressTowards(endpoint: string, signal: AbortSignal): Promise<string | Fault> {
  return new Promise((resolve) => {
    const { protocol, hostname, port } = new URL(endpoint);
    // `URL` leaves out the port that is the scheme's own.
    const schemePort = protocol === 'https:' ? 443 : 80;
    const socket = connect({
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? schemePort : Number(port),
    });
    const settle = (found: string | Fault): void => {
      signal.removeEventListener('abort', stop);
      socket.destroy();
      resolve(found);
    };
    const stop = (): void => settle(fault('closed', 'stopped'));
    signal.addEventListener('abort', stop);
    socket.setTimeout(CONNECT_DEADLINE_MS, () => settle(fault('timeout', `no connection to ${endpoint}`)));
    socket.on('error', (error) => settle(fault('unreachable', error.message)));
    socket.once('connect', () => settle(socket.localAddress ?? fault('unreachable', 'the connection broke')));
  });
}
