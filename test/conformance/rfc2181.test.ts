// RFC 2181, clarifications: source addresses, RRsets, their TTLs and ranking, zone cuts, TC, and what a name may be.

import { describe, expect, it } from 'vitest';
import { nameOf } from '../../src/wire/name.ts';
import { parseZoneFile } from '../../src/zone/zone-file.ts';
import { UdpClient } from '../support/dns-client.ts';
import { instancesOf } from '../support/dns-server.ts';
import { subject } from './subject.ts';

const ZONE = `
$TTL 60
@       SOA ns hostmaster 1 1h 10m 1w 30
        NS ns
ns      A 192.0.2.1
sub     NS ns.sub
ns.sub  A 192.0.2.2
crowd   SRV 0 0 80 crowded
${Array.from({ length: 40 }, (_, at) => `crowded A 192.0.2.${at}`).join('\n')}
mixed   60 A 192.0.2.3
10      PTR first
        PTR second
octets\\000\\255\\. TXT "any octets"
_under_score A 192.0.2.4
`;

const server = subject({
  maxRecords: 70,
  zones: ['svc.local'],
  zoneFiles: { 'test.': ZONE },
  registered: {
    ...instancesOf('many', 60),
    ...instancesOf('more', 80),
    '/uneven/1': '{"address":"10.0.0.1","port":80,"ttl":20}',
    '/uneven/2': '{"address":"10.0.0.2","port":80,"ttl":10}',
  },
});

describe('§4 reply source', () => {
  it.for(['127.0.0.1', '::1'])('is the address and the port that were asked: %s', async (address, context) => {
    const client = await UdpClient.open(context, address);
    const { from } = await client.ask({ name: 'ns.test.', type: 'A' }, server.port, address);
    expect([from.address, from.port]).toEqual([address, server.port]);
  });
});

describe('§5 RRsets', () => {
  it('§5.1: are sent whole, or TC says that they are not', async () => {
    const whole = Array.from({ length: 60 }, (_, at) => `many.svc.local. 5 IN A 10.1.0.${at}`);
    await server.expects('many.svc.local. A tcp', 'NOERROR aa', ...whole);
    expect(
      await server.reply('1234 0000 0001 0000 0000 0000 04 6d616e79 03 737663 05 6c6f63616c 00 0001 0001'),
    ).toMatch(/^12348600/);
  });

  it('§5.2: have one TTL, the lowest where the data disagree', async () => {
    await server.expects(
      'uneven.svc.local. A',
      'NOERROR aa',
      'uneven.svc.local. 10 IN A 10.0.0.1',
      'uneven.svc.local. 10 IN A 10.0.0.2',
    );
  });

  it('§5.4.1: glue is no answer', async () => {
    await server.expects(
      'ns.sub.test. A',
      'NOERROR',
      'authority',
      'sub.test. 60 IN NS ns.sub.test.',
      'additional',
      'ns.sub.test. 60 IN A 192.0.2.2',
    );
  });
});

describe('§6 zone cuts', () => {
  it('§6.1: the NS of a child are not authoritative in its parent', async () => {
    await server.expects(
      'sub.test. NS',
      'NOERROR',
      'authority',
      'sub.test. 60 IN NS ns.sub.test.',
      'additional',
      'ns.sub.test. 60 IN A 192.0.2.2',
    );
  });
});

describe('§7 the SOA', () => {
  it('§7.1, §7.2: is in the authority section of a negative answer, its owner being the apex', async () => {
    await server.expects('x.y.test. A', 'NXDOMAIN aa', 'authority', 'test. 30 IN SOA ...');
  });
});

describe('§8 TTL', () => {
  it('is at most 2147483647: a zone file with more is refused', () => {
    const file = (ttl: number) =>
      parseZoneFile(`@ ${ttl} SOA ns hostmaster 1 1h 10m 1w 30\n@ ${ttl} NS ns.example.\n`, nameOf('test.')).kind;
    expect(file(2_147_483_647)).toBe('zone');
    expect(file(2_147_483_648)).toBe('mistakes');
  });
});

describe('§9 TC', () => {
  it('is not set for additional records that do not fit, and their RRset is left out whole', async () => {
    await server.expects('crowd.test. SRV', 'NOERROR aa', 'crowd.test. 60 IN SRV 0 0 80 crowded.test.');
  });

  it('is never set over TCP, where everything fits', async () => {
    const addresses = Array.from({ length: 40 }, (_, at) => `crowded.test. 60 IN A 192.0.2.${at}`);
    await server.expects(
      'crowd.test. SRV tcp',
      'NOERROR aa',
      'crowd.test. 60 IN SRV 0 0 80 crowded.test.',
      'additional',
      ...addresses,
    );
  });
});

// docs/decisions/0011-otherwise-than-the-rfcs.md says why.
describe('§9 TC, knowingly otherwise', () => {
  it('is not set over TCP either where an RRset has more records than one answer may have', async () => {
    const { flags, answers } = await server.ask('more.svc.local. A tcp');
    expect([flags & 0x0200, answers.length]).toEqual([0, 70]);
  });
});

describe('§10.2 PTR', () => {
  it('may come more than once at a name', async () => {
    await server.expects(
      '10.test. PTR',
      'NOERROR aa',
      '10.test. 60 IN PTR first.test.',
      '10.test. 60 IN PTR second.test.',
    );
  });
});

describe('§11 names', () => {
  it('may have any octets', async () => {
    await server.expects(
      'octets\\000\\255\\..test. TXT',
      'NOERROR aa',
      'octets\\000\\255\\..test. 60 IN TXT "any octets"',
    );
    await server.expects('_under_score.test. A', 'NOERROR aa', '_under_score.test. 60 IN A 192.0.2.4');
  });
});
