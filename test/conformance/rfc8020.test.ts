// RFC 8020, NXDOMAIN: there is nothing below such a name, so it must never be said of a name above another.

import { describe, it } from 'vitest';
import { subject } from './subject.ts';

const server = subject({
  zones: ['svc.local'],
  zoneFiles: { 'test.': '@ 60 SOA ns hostmaster 1 1h 10m 1w 30\na.b.c 60 A 192.0.2.1\n' },
  registered: { '/prod/eu/specServer/1': 'http://10.0.0.1:8080' },
});

const SOA = ['authority', 'svc.local. 2 IN SOA ...'];

describe('§2 names above others', () => {
  it.each(['eu.prod.svc.local.', 'prod.svc.local.', '_tcp.specServer.eu.prod.svc.local.', '_tcp.eu.prod.svc.local.'])(
    'exist: %s',
    async (name) => {
      await server.expects(`${name} A`, 'NOERROR aa', ...SOA);
      await server.expects(`${name} TXT`, 'NOERROR aa', ...SOA);
    },
  );

  it.each(['b.c.test.', 'c.test.', 'test.'])('exist in a zone file: %s', async (name) => {
    await server.expects(`${name} A`, 'NOERROR aa', 'authority', 'test. 30 IN SOA ...');
  });

  it('are gone with the last one below them', async () => {
    server.world.put('/short/lived/1', '10.0.0.2:80');
    await server.expects('short.svc.local. A', 'NOERROR aa', ...SOA);
    server.world.delete('/short/lived/1');
    for (const name of ['short', 'lived.short', '1.lived.short']) {
      await server.expects(`${name}.svc.local. A`, 'NXDOMAIN aa', ...SOA);
    }
  });
});

describe('§2 names below one that does not exist', () => {
  it('do not exist either', async () => {
    for (const name of ['none', 'a.none', '_http._tcp.none']) {
      await server.expects(`${name}.svc.local. SRV`, 'NXDOMAIN aa', ...SOA);
    }
  });
});
