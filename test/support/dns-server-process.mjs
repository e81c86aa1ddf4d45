// A DNS server as a process of its own, for tests that need one in another network or with fewer descriptors. It is
// plain JavaScript over what `npm run build` made, because Node 20 runs no TypeScript. Arguments: addresses, port.
// Says in lines of JSON what happens to it; a line on its standard input asks for its counters; ends with that input.

import { AnswerCache } from '../../dist/server/answer-cache.js';
import { ServerCookies } from '../../dist/server/cookies.js';
import { QueryCounters } from '../../dist/server/counters.js';
import { ReplyOptions } from '../../dist/server/reply-options.js';
import { Responder } from '../../dist/server/respond.js';
import { DnsServer } from '../../dist/server/server.js';
import { nameOf } from '../../dist/wire/name.js';
import { Authority } from '../../dist/zone/authority.js';

const [listen, port] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const authority = new Authority({
  names: new Map(),
  registeredZones: [nameOf('svc.local')],
  ttlSeconds: 5,
  negativeTtlSeconds: 2,
  addresses: ['192.0.2.1'],
});
authority.knowledge = 'live';
const counters = new QueryCounters();
const responder = new Responder({
  authority,
  cache: new AnswerCache({ authority, maxEntries: 100, maxRecords: 1000 }),
  counters,
  replyOptions: new ReplyOptions({
    cookies: new ServerCookies({ nowSeconds: () => 0, newSecret: () => new Uint8Array(16) }),
    nsid: undefined,
  }),
  isAllowed: () => true,
  random: () => 0,
  onFault: (error) => say({ fault: String(error) }),
});

try {
  const server = await DnsServer.listen({
    listen: listen.split(','),
    port: Number(port),
    responder,
    counters,
    receiveBufferOctets: 256 * 1024,
    tcp: { connections: 512, connectionsPerClient: 512 },
    onAddress: (address, error) => say({ address, error: error?.message }),
  });
  say({ port: server.port, addresses: server.addresses });
  process.stdin.on('data', () => say({ counters, addresses: server.addresses }));
  process.stdin.on('end', () => server.close());
} catch (error) {
  say({ failed: error.message });
  process.stdin.destroy();
}
