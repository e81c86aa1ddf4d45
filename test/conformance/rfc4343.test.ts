// RFC 4343, case: only ASCII letters have two, lookups do not tell them apart, and what comes back is as it was sent.

import { describe, expect, it } from 'vitest';
import { subject } from './subject.ts';

const ZONE = `
$TTL 60
@            SOA ns hostmaster 1 1h 10m 1w 30
Foo          A 192.0.2.1
             TXT "KePt"
alias        CNAME fOO
\\195\\132     TXT "an octet is no letter"
[            TXT "left bracket"
`;

const server = subject({
  zones: ['svc.local'],
  zoneFiles: { 'TEST.': ZONE },
  registered: { '/specServer/Alpha': 'http://10.0.0.1:8080' },
});

/** Its owner points into the question. */
const SOA = ['authority', 'test. 30 IN SOA ...'];

describe('§3 comparison', () => {
  it.each(['foo.test.', 'FOO.TEST.', 'fOo.TesT.'])('finds %s', async (name) => {
    await server.expects(`${name} A`, 'NOERROR aa', `${name} 60 IN A 192.0.2.1`);
  });

  it.each(['specserver.svc.local.', 'SPECSERVER.SVC.LOCAL.', 'sPECsERVER.Svc.Local.'])(
    'finds %s, a key with capitals',
    async (name) => {
      await server.expects(`${name} A`, 'NOERROR aa', `${name} 5 IN A 10.0.0.1`);
    },
  );

  it('folds no octet that is not an ASCII letter', async () => {
    await server.expects('\\195\\132.test. TXT', 'NOERROR aa', '\\195\\132.test. 60 IN TXT "an octet is no letter"');
    await server.expects('\\227\\164.test. TXT', 'NXDOMAIN aa', ...SOA);
    await server.expects('{.test. TXT', 'NXDOMAIN aa', ...SOA);
  });
});

describe('§4 case in replies', () => {
  it('§4.1: the question and the owner are as the query spelled them', async () => {
    const reply = await server.reply('1234 0000 0001 0000 0000 0000 03 664f6f 04 54657374 00 0001 0001');
    expect(reply).toBe(
      '123484000001000100000000 03664f6f 0454657374 00 00010001 c00c00010001 0000003c0004c0000201'.replaceAll(' ', ''),
    );
  });

  it('§4.2: data keeps the case that it was entered in', async () => {
    await server.expects('foo.test. TXT', 'NOERROR aa', 'foo.test. 60 IN TXT "KePt"');
    await server.expects(
      '_specserver._tcp.svc.local. SRV',
      'NOERROR aa',
      '_specserver._tcp.svc.local. 5 IN SRV 10 100 8080 Alpha.specServer.svc.local.',
      'additional',
      'Alpha.specServer.svc.local. 5 IN A 10.0.0.1',
    );
  });
});
