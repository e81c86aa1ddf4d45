// RFC 2782, SRV: names of services, and what their records say.

import { describe, expect, it } from 'vitest';
import { subject } from './subject.ts';

const ZONE = `
$TTL 60
@               SOA ns hostmaster 1 1h 10m 1w 30
_gone._tcp      SRV 0 0 0 .
_sip._udp       SRV 0 5 5060 host
host            A 192.0.2.1
                AAAA 2001:db8::1
`;

const server = subject({
  zones: ['svc.local'],
  zoneFiles: { 'test.': ZONE },
  registered: {
    '/specServer/1': '{"address":"10.0.0.1","port":8080,"priority":5,"weight":30}',
    '/specServer/2':
      '{"address":"fd00::2","ports":{"grpc":9090,"dns":{"port":53,"proto":"udp"}},"priority":6,"weight":0}',
    '/portless/1': '{"address":"10.0.0.3"}',
  },
});

const SOA = ['authority', 'svc.local. 2 IN SOA ...'];

describe('the format: _Service._Proto.Name', () => {
  it('names a service under its protocol', async () => {
    await server.expects(
      '_specServer._tcp.svc.local. SRV',
      'NOERROR aa',
      '_specServer._tcp.svc.local. 5 IN SRV 5 30 8080 1.specServer.svc.local.',
      '_specServer._tcp.svc.local. 5 IN SRV 6 0 9090 2.specServer.svc.local.',
      'additional',
      '1.specServer.svc.local. 5 IN A 10.0.0.1',
      '2.specServer.svc.local. 5 IN AAAA fd00::2',
    );
    await server.expects(
      '_dns._udp.specServer.svc.local. SRV',
      'NOERROR aa',
      '_dns._udp.specServer.svc.local. 5 IN SRV 6 0 53 2.specServer.svc.local.',
      'additional',
      '2.specServer.svc.local. 5 IN AAAA fd00::2',
    );
  });

  it('does not take one protocol or service for another', async () => {
    await server.expects('_dns._tcp.specServer.svc.local. SRV', 'NXDOMAIN aa', ...SOA);
    await server.expects('_spec._tcp.svc.local. SRV', 'NXDOMAIN aa', ...SOA);
  });

  it('is compared without case', async () => {
    await server.expects(
      '_SIP._Udp.test. SRV',
      'NOERROR aa',
      '_SIP._Udp.test. 60 IN SRV 0 5 5060 host.test.',
      'additional',
      'host.test. 60 IN A 192.0.2.1',
      'host.test. 60 IN AAAA 2001:db8::1',
    );
  });
});

describe('the target', () => {
  it('has addresses, which come along', async () => {
    await server.expects('1.specServer.svc.local. A', 'NOERROR aa', '1.specServer.svc.local. 5 IN A 10.0.0.1');
    await server.expects('1.specServer.svc.local. AAAA', 'NOERROR aa', ...SOA);
  });

  it('is no alias', async () => {
    await server.expects('1.specServer.svc.local. CNAME', 'NOERROR aa', ...SOA);
  });

  it('is not compressed', async () => {
    const reply = await server.reply('1234 0000 0001 0000 0000 0000 04 5f736970 04 5f756470 04 74657374 00 0021 0001');
    // Owner by pointer; the target host.test. in full.
    expect(reply).toContain('c00c 0021 0001 0000003c 0011 0000 0005 13c4 04686f7374 0474657374 00'.replaceAll(' ', ''));
  });

  it('of "." says that there is no such service', async () => {
    await server.expects('_gone._tcp.test. SRV', 'NOERROR aa', '_gone._tcp.test. 60 IN SRV 0 0 0 .');
  });
});

describe('the port', () => {
  it('is needed: an instance without one has no SRV', async () => {
    await server.expects('portless.svc.local. SRV', 'NOERROR aa', ...SOA);
    await server.expects('portless.svc.local. A', 'NOERROR aa', 'portless.svc.local. 5 IN A 10.0.0.3');
  });
});
