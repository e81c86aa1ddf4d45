// RFC 2308, negative answers: what tells that a name or a type does not exist, and for how long.

import { describe, it } from 'vitest';
import { subject } from './subject.ts';

const LONG_MINIMUM = `
@    60 SOA ns hostmaster 1 1h 10m 1w 3600
     60 NS ns
ns   60 A 192.0.2.1
a    60 CNAME b
b    60 CNAME nowhere
c    60 CNAME ns
`;

const server = subject({
  zones: ['svc.local'],
  zoneFiles: { 'test.': LONG_MINIMUM },
  registered: { '/specServer/1': 'http://10.0.0.1:8080' },
});

const TEST_SOA = ['authority', 'test. 60 IN SOA ns.test. hostmaster.test. 1 3600 600 604800 3600'];
const LOCAL_SOA = ['authority', 'svc.local. 2 IN SOA ...'];

describe('§2.1 name error', () => {
  it('is NXDOMAIN with AA and the SOA of the zone', async () => {
    await server.expects('none.test. A', 'NXDOMAIN aa', ...TEST_SOA);
    await server.expects('none.svc.local. A', 'NXDOMAIN aa', ...LOCAL_SOA);
    await server.expects('9.specServer.svc.local. SRV', 'NXDOMAIN aa', ...LOCAL_SOA);
  });

  it('is said of the last alias, and the aliases are in the answer', async () => {
    await server.expects(
      'a.test. A',
      'NXDOMAIN aa',
      'a.test. 60 IN CNAME b.test.',
      'b.test. 60 IN CNAME nowhere.test.',
      ...TEST_SOA,
    );
  });

  it('is the same for every type', async () => {
    for (const type of ['AAAA', 'SRV', 'ANY', 'TYPE65', 'TYPE65280']) {
      await server.expects(`none.svc.local. ${type}`, 'NXDOMAIN aa', ...LOCAL_SOA);
    }
  });
});

describe('§2.2 no data', () => {
  it('is NOERROR with AA, no answer, and the SOA: without NS it cannot be taken for a referral', async () => {
    await server.expects('ns.test. AAAA', 'NOERROR aa', ...TEST_SOA);
    await server.expects('specServer.svc.local. AAAA', 'NOERROR aa', ...LOCAL_SOA);
    await server.expects('_tcp.specServer.svc.local. SRV', 'NOERROR aa', ...LOCAL_SOA);
  });

  it('is said of the last alias', async () => {
    await server.expects('c.test. AAAA', 'NOERROR aa', 'c.test. 60 IN CNAME ns.test.', ...TEST_SOA);
  });
});

describe('§3 the TTL of the SOA', () => {
  it('is the lower of its own and its minimum', async () => {
    await server.expects('none.test. A', 'NXDOMAIN aa', 'authority', 'test. 60 IN SOA ...');
    await server.expects('none.svc.local. A', 'NXDOMAIN aa', 'authority', 'svc.local. 2 IN SOA ...');
  });

  it('is its own where it is the answer', async () => {
    await server.expects('svc.local. SOA', 'NOERROR aa', 'svc.local. 300 IN SOA ...');
  });
});

describe('§7.1 server failure', () => {
  it('is what a name gets of which nothing is known yet, and never a name error', async () => {
    server.world.authority.knowledge = 'none';
    await server.expects('specServer.svc.local. A', 'SERVFAIL');
    await server.expects('none.svc.local. A', 'SERVFAIL');
    server.world.authority.knowledge = 'live';
    await server.expects('none.svc.local. A', 'NXDOMAIN aa', ...LOCAL_SOA);
  });
});
