// RFC 5936, AXFR, and RFC 1995, IXFR: both are refused, as the registry is not for copying.

import { describe, expect, it } from 'vitest';
import { framed, queryWithId } from '../support/dns-client.ts';
import { subject } from './subject.ts';

const server = subject({
  zones: ['svc.local'],
  zoneFiles: { 'test.': '@ 60 SOA ns hostmaster 1 1h 10m 1w 30\n@ 60 NS ns.example.\n' },
});

describe('§2.2 the response', () => {
  it.each([
    'svc.local. AXFR tcp',
    'svc.local. IXFR tcp',
    'test. AXFR tcp',
    'none.svc.local. AXFR tcp',
    'example.com. AXFR tcp',
  ])('to %s is one message that refuses, without any record', async (query) => {
    await server.expects(query, 'REFUSED');
    await server.expects(`${query} edns`, 'REFUSED opt');
  });
});

describe('§4.1 TCP', () => {
  it('serves other queries of the connection before and after', async () => {
    const client = await server.connect();
    const transfer = { name: 'svc.local', type: 'AXFR' };
    client.socket.write(Buffer.concat([queryWithId(1), queryWithId(2, transfer), queryWithId(3)].map(framed)));
    const answers = await client.answered(3);
    expect(answers.map(({ id, flags }) => [id, flags & 0xf])).toEqual([
      [1, 3],
      [2, 5],
      [3, 3],
    ]);
  });
});

describe('§4.2 UDP', () => {
  it('is no way to transfer a zone', async () => {
    await server.expects('svc.local. AXFR', 'REFUSED');
  });

  it('may be asked for IXFR (RFC 1995 §2), and refuses that too', async () => {
    await server.expects('svc.local. IXFR', 'REFUSED');
  });
});
