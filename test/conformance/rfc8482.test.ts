// RFC 8482, ANY: one record in place of all, made up but for a CNAME.

import { describe, it } from 'vitest';
import { instancesOf } from '../support/dns-server.ts';
import { subject } from './subject.ts';

const ZONE = `
$TTL 60
@       SOA ns hostmaster 1 1h 10m 1w 30
        NS ns
ns      A 192.0.2.1
alias   CNAME ns
*.wild  A 192.0.2.2
*.other CNAME ns
a.b     A 192.0.2.3
sub     NS ns.example.
`;

const server = subject({
  zones: ['svc.local'],
  zoneFiles: { 'test.': ZONE },
  registered: { ...instancesOf('many', 100), '/db/1': 'postgres.example.com:5432' },
});

const hinfo = (name: string) => `${name} 3600 IN HINFO "RFC8482" ""`;
const SOA = ['authority', 'test. 30 IN SOA ...'];

describe('§4.2 a made-up HINFO', () => {
  it.each(['many.svc.local.', '1.many.svc.local.', 'ns.test.', 'test.', 'x.wild.test.'])(
    'is the answer at %s, over UDP and TCP alike (§4.4)',
    async (name) => {
      await server.expects(`${name} ANY`, 'NOERROR aa', hinfo(name));
      await server.expects(`${name} ANY tcp`, 'NOERROR aa', hinfo(name));
    },
  );

  it('is not there beside a CNAME, which is the answer itself and not followed', async () => {
    await server.expects('alias.test. ANY', 'NOERROR aa', 'alias.test. 60 IN CNAME ns.test.');
    await server.expects('x.other.test. ANY', 'NOERROR aa', 'x.other.test. 60 IN CNAME ns.test.');
    await server.expects('db.svc.local. ANY', 'NOERROR aa', 'db.svc.local. 5 IN CNAME postgres.example.com.');
  });

  it('is not there where no record is', async () => {
    await server.expects('b.test. ANY', 'NOERROR aa', ...SOA);
    await server.expects('none.test. ANY', 'NXDOMAIN aa', ...SOA);
    await server.expects('sub.test. ANY', 'NOERROR', 'authority', 'sub.test. 60 IN NS ns.example.');
  });
});

describe('§7 HINFO', () => {
  it('is answered with what there is when it is asked for itself', async () => {
    await server.expects('ns.test. HINFO', 'NOERROR aa', ...SOA);
  });
});
