// RFC 3596, IPv6: AAAA records, and the addresses of both families in additional sections.

import { describe, expect, it } from 'vitest';
import { subject } from './subject.ts';

const ZONE = `
$TTL 60
@        SOA ns hostmaster 1 1h 10m 1w 30
         NS ns
         MX 5 ns
ns       A 192.0.2.1
         AAAA 2001:db8::1
_a._tcp  SRV 0 0 1 ns
`;

const REVERSE = `
$TTL 60
@ SOA ns.test. hostmaster.test. 1 1h 10m 1w 30
@ NS ns.test.
b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4 PTR ns.test.
`;

const server = subject({ zoneFiles: { 'test.': ZONE, 'ip6.arpa.': REVERSE } });

const ADDRESSES = ['additional', 'ns.test. 60 IN A 192.0.2.1', 'ns.test. 60 IN AAAA 2001:db8::1'];

describe('§2.1, §2.2 AAAA', () => {
  it('has type 28 and 16 octets', async () => {
    expect(await server.reply('1234 0000 0001 0000 0000 0000 02 6e73 04 74657374 00 001c 0001')).toMatch(
      /c00c001c00010000003c001020010db8000000000000000000000001$/,
    );
  });
});

describe('§2.3 AAAA queries', () => {
  it('get all AAAA of the name, and no additional records', async () => {
    await server.expects('ns.test. AAAA', 'NOERROR aa', 'ns.test. 60 IN AAAA 2001:db8::1');
  });
});

describe('§2.5 ip6.arpa', () => {
  it('has a label for each four bits, the last first', async () => {
    const name = 'b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa.';
    await server.expects(`${name} PTR`, 'NOERROR aa', `${name} 60 IN PTR ns.test.`);
    await server.expects('3.4.ip6.arpa. PTR', 'NOERROR aa', 'authority', 'ip6.arpa. 30 IN SOA ...');
  });
});

describe('§3 additional section', () => {
  it.each([
    ['test. NS', 'test. 60 IN NS ns.test.'],
    ['test. MX', 'test. 60 IN MX 5 ns.test.'],
    ['_a._tcp.test. SRV', '_a._tcp.test. 60 IN SRV 0 0 1 ns.test.'],
  ])('of %s has A and AAAA', async (query, record) => {
    await server.expects(query, 'NOERROR aa', record, ...ADDRESSES);
  });
});
