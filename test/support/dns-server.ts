// A DNS server on free ports of this machine, in the test's own process: real sockets in front of a `World`, whose
// registrations the test makes. It is closed with the test.

import { DnsServer } from '../../src/server/server.ts';
import type { TcpLimits } from '../../src/server/tcp-pool.ts';
import { World, type WorldOptions } from '../scenarios/world.ts';
import type { Closer } from './closer.ts';

export interface ServerStart extends WorldOptions {
  readonly listen?: readonly string[];
  readonly port?: number;
  readonly tcp?: TcpLimits;
  readonly receiveBufferOctets?: number;
  /** Key → value of what is registered from the start. */
  readonly registered?: Readonly<Record<string, string>>;
}

/** Three instances of `specServer`: the answer to A is 109 octets, question included. */
const SPEC_SERVERS = {
  '/specServer/1': 'http://10.0.0.1:8080',
  '/specServer/2': 'http://10.0.0.2:8080',
  '/specServer/3': 'http://10.0.0.3:8080',
};

export interface StartedServer {
  readonly server: DnsServer;
  readonly world: World;
  readonly port: number;
}

export async function startServer({ onTestFinished }: Closer, start: ServerStart = {}): Promise<StartedServer> {
  const { listen = ['127.0.0.1', '::1'], port = 0, registered = SPEC_SERVERS } = start;
  const world = new World(start);
  for (const [key, value] of Object.entries(registered)) world.put(key, value);
  const server = await DnsServer.listen({
    listen,
    port,
    responder: world.responder,
    counters: world.counters,
    receiveBufferOctets: start.receiveBufferOctets ?? 256 * 1024,
    tcp: start.tcp ?? { connections: 512, connectionsPerClient: 32 },
    onAddress: (address, error) => {
      throw new Error(`${address}: expected no change of the host's addresses`, { cause: error });
    },
  });
  onTestFinished(() => server.close());
  return { server, world, port: server.port };
}

/** Registrations of one service with so many instances that its answers are as large as a test wants. */
export function instancesOf(service: string, count: number): Record<string, string> {
  const instances = Array.from({ length: count }, (_, at) => [
    `/${service}/${at}`,
    `http://10.1.${at >>> 8}.${at & 0xff}:80`,
  ]);
  return Object.fromEntries(instances) as Record<string, string>;
}
