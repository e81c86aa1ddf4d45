// A server that is in the DNS for as long as it can serve: `node examples/library/register.mjs`, beside an etcd on this
// machine or `npm start`. Then: `dig @127.0.0.1 -p 1053 exampleServer.svc.local SRV`.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { register } from 'svcdns';

/** Milliseconds that clients may still use an answer: its TTL, 5 s, and one second for the news to reach the servers. */
const DRAIN_MS = 6000;

const server = createServer((_request, response) => response.end('hello\n'));
server.listen(0);
await once(server, 'listening');

const registration = register({ name: 'exampleServer', port: server.address().port, metadata: { version: '1' } });
registration.on('state', (state) => console.log(registration.key, state.kind, state.fault?.detail ?? ''));

await once(process, 'SIGINT');
// First out of etcd, then wait for the clients, then stop. In TypeScript and from Node 24 on, `await using` closes it too.
await registration.close();
setTimeout(() => server.close(), DRAIN_MS);
