// RFC 8914, extended errors: why an answer is not what one would like, for clients with EDNS.

import { describe, it } from 'vitest';
import { subject } from './subject.ts';

const DENIED = '127.0.0.1';
let denied = false;

const server = subject({
  zones: ['svc.local'],
  zoneFiles: { 'test.': '@ 60 SOA ns hostmaster 1 1h 10m 1w 30\nns 60 A 192.0.2.1\n' },
  registered: { '/specServer/1': 'http://10.0.0.1:8080' },
  isAllowed: (address) => !(denied && address === DENIED),
});

const A = 'specServer.svc.local. A';
const RECORD = 'specServer.svc.local. 5 IN A 10.0.0.1';
const SOA = ['authority', 'svc.local. 2 IN SOA ...'];

describe('§2 the option', () => {
  it('is not sent to a client without EDNS', async () => {
    await server.expects('example.com. A', 'REFUSED');
    await server.expects('example.com. A tcp', 'REFUSED');
  });

  it('is not sent with an answer that is as it should be', async () => {
    await server.expects(`${A} edns`, 'NOERROR aa opt', RECORD);
    await server.expects('none.svc.local. A edns', 'NXDOMAIN aa opt', ...SOA);
  });
});

describe('§4 codes', () => {
  it('§4.4 stale answer, and §4.20 stale NXDOMAIN answer: while etcd is out of reach', async () => {
    server.world.authority.knowledge = 'stale';
    await server.expects(`${A} edns`, 'NOERROR aa opt ede=3', RECORD);
    await server.expects('specServer.svc.local. AAAA edns tcp', 'NOERROR aa opt ede=3', ...SOA);
    await server.expects('none.svc.local. A edns', 'NXDOMAIN aa opt ede=19', ...SOA);
    await server.expects('ns.test. A edns', 'NOERROR aa opt', 'ns.test. 60 IN A 192.0.2.1');
    server.world.authority.knowledge = 'live';
    await server.expects(`${A} edns`, 'NOERROR aa opt', RECORD);
  });

  it('§4.15 not ready: before etcd was read', async () => {
    server.world.authority.knowledge = 'none';
    await server.expects(`${A} edns`, 'SERVFAIL opt ede=14');
    server.world.authority.knowledge = 'live';
  });

  it('§4.19 prohibited: to a client that may not ask', async () => {
    denied = true;
    await server.expects(`${A} edns`, 'REFUSED opt ede=18');
    denied = false;
  });

  it('§4.21 not authoritative: for names outside of all zones', async () => {
    await server.expects('example.com. A edns', 'REFUSED opt ede=20');
  });
});
