// RFC 4592, wildcards: its example zone, and the registered names that never are wildcards.

import { describe, it } from 'vitest';
import { subject } from './subject.ts';

/** §2.2.1, with data where the document leaves it out, and §4. */
const EXAMPLE = `
$TTL 3600
@                  SOA ns.example.com. hostmaster.example.com. 1 1h 10m 1w 30
                   NS ns.example.com.
                   NS ns.example.net.
*                  TXT "this is a wildcard"
                   MX 10 host1.example.
sub.*              TXT "this is not a wildcard"
host1              A 192.0.2.1
_ssh._tcp.host1    SRV 0 0 22 host1
_ssh._tcp.host2    SRV 0 0 22 host1
subdel             NS ns.example.com.
                   NS ns.example.net.
`;

const OTHERS = `
$TTL 60
@                SOA ns hostmaster 1 1h 10m 1w 30
*.cname          CNAME host
host             A 192.0.2.2
*._tcp           SRV 0 0 1 host
*.ent.x          A 192.0.2.3
a.*.b            A 192.0.2.4
*.loop           CNAME y.loop
*.deep           A 192.0.2.5
exists.deep      TXT "here"
x.below.deep     A 192.0.2.6
`;

const server = subject({
  zones: ['svc.local'],
  zoneFiles: { 'example.': EXAMPLE, 'test.': OTHERS },
  registered: {
    '/specServer/1': 'http://10.0.0.1:8080',
    '/specServer/*': 'http://10.0.0.9:8080',
    '/*/1': 'http://10.0.0.8:8080',
  },
});

const SOA = ['authority', 'example. 30 IN SOA ...'];
const TEST_SOA = ['authority', 'test. 30 IN SOA ...'];
const LOCAL_SOA = ['authority', 'svc.local. 2 IN SOA ...'];
const HOST1 = ['additional', 'host1.example. 3600 IN A 192.0.2.1'];

describe('§2.1.1 wildcards', () => {
  it('are names like others when they are asked for', async () => {
    await server.expects('*.example. MX', 'NOERROR aa', '*.example. 3600 IN MX 10 host1.example.', ...HOST1);
    await server.expects('*.example. A', 'NOERROR aa', ...SOA);
  });
});

describe('§2.1.3 names below a wildcard', () => {
  it('are names like others, and match nothing but themselves', async () => {
    await server.expects('sub.*.example. TXT', 'NOERROR aa', 'sub.*.example. 3600 IN TXT "this is not a wildcard"');
    await server.expects('a.*.b.test. A', 'NOERROR aa', 'a.*.b.test. 60 IN A 192.0.2.4');
  });
});

describe('§2.2.1 the example', () => {
  it.each([
    ['host3.example. MX', 'host3.example. 3600 IN MX 10 host1.example.', HOST1],
    ['foo.bar.example. TXT', 'foo.bar.example. 3600 IN TXT "this is a wildcard"', []],
  ])('synthesizes %s', async (query, record, additional) => {
    await server.expects(query, 'NOERROR aa', record, ...additional);
  });

  it('answers NODATA for host3.example. A: the wildcard has no A', async () => {
    await server.expects('host3.example. A', 'NOERROR aa', ...SOA);
  });

  it.each([
    ['host1.example. MX', 'NOERROR aa', 'the name exists'],
    ['sub.*.example. MX', 'NOERROR aa', 'the name exists'],
    ['host2.example. MX', 'NOERROR aa', 'the name stands above others (§2.2.2)'],
    ['_tcp.host1.example. TXT', 'NOERROR aa', 'the name stands above others (§2.2.2)'],
    ['_telnet._tcp.host1.example. SRV', 'NXDOMAIN aa', '_tcp.host1.example. is its closest encloser'],
    ['ghost.*.example. MX', 'NXDOMAIN aa', '*.example. is its closest encloser'],
  ])('does not synthesize %s: %s, %s', async (query, status) => {
    await server.expects(query, status, ...SOA);
  });

  it('does not synthesize below a delegation', async () => {
    await server.expects(
      'host.subdel.example. A',
      'NOERROR',
      'authority',
      'subdel.example. 3600 IN NS ns.example.com.',
      'subdel.example. 3600 IN NS ns.example.net.',
    );
  });
});

describe('§2.2.2 names above a wildcard', () => {
  it('exist, without data', async () => {
    await server.expects('y.ent.x.test. A', 'NOERROR aa', 'y.ent.x.test. 60 IN A 192.0.2.3');
    await server.expects('ent.x.test. A', 'NOERROR aa', ...TEST_SOA);
    await server.expects('x.test. A', 'NOERROR aa', ...TEST_SOA);
  });
});

describe('§3.3.1 closest enclosers', () => {
  it('are the longest names above that exist', async () => {
    await server.expects('new.deep.test. A', 'NOERROR aa', 'new.deep.test. 60 IN A 192.0.2.5');
    await server.expects('a.b.c.deep.test. A', 'NOERROR aa', 'a.b.c.deep.test. 60 IN A 192.0.2.5');
    await server.expects('new.exists.deep.test. A', 'NXDOMAIN aa', ...TEST_SOA);
    await server.expects('new.below.deep.test. A', 'NXDOMAIN aa', ...TEST_SOA);
  });
});

describe('§4 wildcards of single types', () => {
  it('§4.3 CNAME: leads every name to its target', async () => {
    await server.expects(
      'any.cname.test. A',
      'NOERROR aa',
      'any.cname.test. 60 IN CNAME host.test.',
      'host.test. 60 IN A 192.0.2.2',
    );
    await server.expects('any.cname.test. CNAME', 'NOERROR aa', 'any.cname.test. 60 IN CNAME host.test.');
  });

  it('§4.3 CNAME: ends where it leads to itself', async () => {
    await server.expects(
      'x.loop.test. A',
      'NOERROR aa',
      'x.loop.test. 60 IN CNAME y.loop.test.',
      'y.loop.test. 60 IN CNAME y.loop.test.',
    );
  });

  it('§4.5 SRV: answers for every service', async () => {
    await server.expects(
      '_any._tcp.test. SRV',
      'NOERROR aa',
      '_any._tcp.test. 60 IN SRV 0 0 1 host.test.',
      'additional',
      'host.test. 60 IN A 192.0.2.2',
    );
  });

  it('§4.9: one that only stands above another name matches, and has no data', async () => {
    await server.expects('c.b.test. A', 'NOERROR aa', ...TEST_SOA);
    await server.expects('a.c.b.test. A', 'NOERROR aa', ...TEST_SOA);
  });
});

// A key is data of whoever may register: it must not answer for the names of others.
describe('a registered asterisk', () => {
  it('never matches as the label of an instance or of a service', async () => {
    await server.expects('2.specServer.svc.local. A', 'NXDOMAIN aa', ...LOCAL_SOA);
    await server.expects('anything.svc.local. A', 'NXDOMAIN aa', ...LOCAL_SOA);
    await server.expects('1.anything.svc.local. A', 'NXDOMAIN aa', ...LOCAL_SOA);
  });

  it('is no name either', async () => {
    await server.expects('*.specServer.svc.local. A', 'NXDOMAIN aa', ...LOCAL_SOA);
    await server.expects('*.svc.local. A', 'NXDOMAIN aa', ...LOCAL_SOA);
  });
});
