// RFC 3597, unknown types: as opaque octets in zone files and on the wire.

import { describe, expect, it } from 'vitest';
import { subject } from './subject.ts';

const ZONE = `
$TTL 60
@      SOA ns hostmaster 1 1h 10m 1w 30
a      TYPE731 \\# 6 abcdef 01 2345
       CLASS1 TYPE731 \\# 6 ABCDEF012345
empty  TYPE62347 \\# 0
known  TYPE1 \\# 4 0A000001
name   TYPE731 \\# 6 0461046100ff
*.wild TYPE731 \\# 1 00
`;

const server = subject({ zoneFiles: { 'test.': ZONE } });

describe('§3 transparency', () => {
  it('answers a type that it does not know from the zone, with authority', async () => {
    await server.expects('a.test. TYPE731', 'NOERROR aa', 'a.test. 60 IN TYPE731 \\# 6 abcdef012345');
    await server.expects('empty.test. TYPE62347', 'NOERROR aa', 'empty.test. 60 IN TYPE62347 \\# 0');
    await server.expects('x.wild.test. TYPE731', 'NOERROR aa', 'x.wild.test. 60 IN TYPE731 \\# 1 00');
  });

  it('answers NODATA for one that a name does not have', async () => {
    await server.expects('a.test. TYPE732', 'NOERROR aa', 'authority', 'test. 30 IN SOA ...');
  });

  it('refuses classes other than its own', async () => {
    await server.expects('a.test. TYPE731 class=731', 'REFUSED');
  });
});

describe('§4 name compression', () => {
  it('is not used in data of unknown types, whatever that looks like', async () => {
    expect(await server.reply('1234 0000 0001 0000 0000 0000 04 6e616d65 04 74657374 00 02db 0001')).toMatch(
      /c00c02db00010000003c00060461046100ff$/,
    );
  });
});

describe('§5 text representation', () => {
  it('may be used for known types', async () => {
    await server.expects('known.test. A', 'NOERROR aa', 'known.test. 60 IN A 10.0.0.1');
  });
});

describe('§6 equality', () => {
  it('is that of the octets: the same data twice is one record', async () => {
    expect(await server.reply('1234 0000 0001 0000 0000 0000 01 61 04 74657374 00 02db 0001')).toMatch(
      /^1234840000010001/,
    );
  });
});
