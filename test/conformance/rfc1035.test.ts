// RFC 1035, implementation and specification: messages octet by octet, sizes, transports and zone files.

import { describe, expect, it } from 'vitest';
import { instancesOf } from '../support/dns-server.ts';
import { subject } from './subject.ts';

const ZONE = `
$TTL 1h
@        SOA ns.test. host\\.master ( 7      ; serial
                    1h 10m 1w
                    30 )
         NS ns
ns       A 192.0.2.1
www      CNAME ns
host     HINFO "a cpu" os
mail     MX 10 ns
         TXT "one" two
$ORIGIN below.test.
deep     PTR ns.test.
$ORIGIN test.
dot\\.ted TXT "a dot"
octet\\007 TXT "an octet"
`;

const server = subject({
  zones: ['svc.local'],
  zoneFiles: { 'test.': ZONE },
  registered: instancesOf('many', 60),
});

/** ns.test. IN A */
const NS_A = '02 6e73 04 74657374 00 0001 0001';
const NO_RECORDS = '0000 0000 0000';
const ANSWER_A = 'c00c 0001 0001 00000e10 0004 c0000201';

/** Takes the spaces out of digits. */
const digits = (text: string) => text.replaceAll(' ', '');

describe('§2.3.3 character case', () => {
  it('does not matter in a question, and is kept in the reply', async () => {
    const reply = await server.reply(`beef 0000 0001 ${NO_RECORDS} 02 4e53 04 54657354 00 0001 0001`);
    expect(reply).toBe(digits(`beef 8400 0001 0001 0000 0000 02 4e53 04 54657354 00 0001 0001 ${ANSWER_A}`));
  });
});

describe('§2.3.4 size limits', () => {
  const label63 = `3f${'61'.repeat(63)}`;
  const header = `beef 0000 0001 ${NO_RECORDS}`;

  it('lets a label have 63 octets and a name 255', async () => {
    const longest = `${label63}${label63}${label63} 38 ${'61'.repeat(56)} 04 74657374 00 0001 0001`;
    expect(await server.reply(`${header} ${longest}`)).toMatch(/^beef8403/);
  });

  it('takes a longer one for a format error', async () => {
    expect(await server.reply(`${header} 40 ${'61'.repeat(64)} 00 0001 0001`)).toMatch(/^beef8001/);
    expect(await server.reply(`${header} ${label63.repeat(3)} 3e ${'61'.repeat(62)} 00 0001 0001`)).toMatch(
      /^beef8001/,
    );
  });

  it('sends no more than 512 octets in a datagram, and TC when that is not all', async () => {
    const reply = await server.reply(`beef 0000 0001 ${NO_RECORDS} 04 6d616e79 03 737663 05 6c6f63616c 00 0001 0001`);
    expect(reply.length / 2).toBeLessThanOrEqual(512);
    expect(reply).toMatch(/^beef8600/);
  });
});

describe('§3.3 standard records', () => {
  it.each([
    ['ns.test. A', 'ns.test. 3600 IN A 192.0.2.1'],
    ['www.test. CNAME', 'www.test. 3600 IN CNAME ns.test.'],
    ['host.test. HINFO', 'host.test. 3600 IN HINFO "a cpu" "os"'],
    ['mail.test. TXT', 'mail.test. 3600 IN TXT "one" "two"'],
    ['deep.below.test. PTR', 'deep.below.test. 3600 IN PTR ns.test.'],
    ['test. SOA', 'test. 3600 IN SOA ns.test. host\\.master.test. 7 3600 600 604800 30'],
  ])('%s', async (query, record) => {
    await server.expects(query, 'NOERROR aa', record);
    await server.expects(`${query} tcp`, 'NOERROR aa', record);
  });

  it('§3.3.9, §3.3.11: MX and NS bring the addresses of their hosts', async () => {
    const additional = ['additional', 'ns.test. 3600 IN A 192.0.2.1'];
    await server.expects('mail.test. MX', 'NOERROR aa', 'mail.test. 3600 IN MX 10 ns.test.', ...additional);
    await server.expects('test. NS', 'NOERROR aa', 'test. 3600 IN NS ns.test.', ...additional);
  });
});

describe('§3.2.3 question types', () => {
  it.each(['MAILB', 'MAILA'])('%s finds no data, as no zone here has what it asks for', async (type) => {
    const code = type === 'MAILB' ? 'TYPE253' : 'TYPE254';
    await server.expects(`ns.test. ${code}`, 'NOERROR aa', 'authority', 'test. 30 IN SOA ...');
  });
});

describe('§4.1.1 the header', () => {
  it('has the id of the query, QR, the opcode and RD as they came, and no RA', async () => {
    const query = (flags: string) => server.reply(`1234 ${flags} 0001 ${NO_RECORDS} ${NS_A}`);
    expect(await query('0000')).toMatch(/^12348400/);
    expect(await query('0100')).toMatch(/^12348500/);
  });

  it('passes over what only a response can say: AA, TC, RA and a response code', async () => {
    expect(await server.reply(`1234 068f 0001 ${NO_RECORDS} ${NS_A}`)).toMatch(/^12348400/);
  });

  it('has Z as zero, whatever the query had', async () => {
    expect(await server.reply(`1234 0040 0001 ${NO_RECORDS} ${NS_A}`)).toMatch(/^12348400/);
  });

  it('code 1: what cannot be read is a format error', async () => {
    expect(await server.reply(`1234 0000 0001 ${NO_RECORDS} 02 6e`)).toBe('123480010000000000000000');
    expect(await server.reply(`1234 0000 0001 ${NO_RECORDS} 02 6e`, 'tcp')).toBe('123480010000000000000000');
  });

  it('code 3: only a name of ours that does not exist is a name error', async () => {
    await server.expects('none.test. A', 'NXDOMAIN aa', 'authority', 'test. 30 IN SOA ...');
  });

  it.each([
    ['IQUERY (§6.4)', '0800', '8804'],
    ['STATUS', '1000', '9004'],
    ['a reserved one', '7800', 'f804'],
  ])('code 4: the opcode %s is not implemented', async (_name, flags, expected) => {
    expect(await server.reply(`1234 ${flags} 0001 ${NO_RECORDS} ${NS_A}`)).toBe(
      digits(`1234 ${expected} 0001 0000 0000 0000 ${NS_A}`),
    );
  });

  it('code 5: a name outside of all zones is refused', async () => {
    await server.expects('example.com. A', 'REFUSED');
  });
});

describe('§4.1.4 compression', () => {
  it('points from the owner to the question', async () => {
    expect(await server.reply(`1234 0000 0001 ${NO_RECORDS} ${NS_A}`)).toBe(
      digits(`1234 8400 0001 0001 0000 0000 ${NS_A} ${ANSWER_A}`),
    );
  });

  it('points within the data of the types of this document', async () => {
    // www.test. CNAME ns.test.: the data is "ns" and a pointer to "test" in the question.
    expect(await server.reply(`1234 0000 0001 ${NO_RECORDS} 03 777777 04 74657374 00 0005 0001`)).toMatch(
      /c00c0005000100000e100005026e73c010$/,
    );
  });

  it('is not understood in a question, which has nothing before it to point to', async () => {
    expect(await server.reply(`1234 0000 0001 ${NO_RECORDS} c00c 0001 0001`)).toBe('123480010000000000000000');
    expect(await server.reply(`1234 0000 0001 ${NO_RECORDS} 02 6e73 c00c 0001 0001`)).toBe('123480010000000000000000');
  });
});

describe('§4.2 transport', () => {
  it('§4.2.1: sets TC where a datagram is too small, and §4.2.2: sends all over TCP', async () => {
    const query = `1234 0000 0001 ${NO_RECORDS} 04 6d616e79 03 737663 05 6c6f63616c 00 0001 0001`;
    expect(await server.reply(query)).toMatch(/^12348600/);
    expect(await server.reply(query, 'tcp')).toMatch(/^123484000001003c/);
  });
});

describe('§5.1 zone files', () => {
  it('have escapes that stand for any octet of a label', async () => {
    await server.expects('dot\\.ted.test. TXT', 'NOERROR aa', 'dot\\.ted.test. 3600 IN TXT "a dot"');
    await server.expects('octet\\007.test. TXT', 'NOERROR aa', 'octet\\007.test. 3600 IN TXT "an octet"');
    await server.expects('dot.ted.test. TXT', 'NXDOMAIN aa', 'authority', 'test. 30 IN SOA ...');
  });
});

describe('§7.3 responses', () => {
  it('are never answered', async () => {
    await server.staysSilent(`1234 8000 0001 ${NO_RECORDS} ${NS_A}`);
    await server.staysSilent(`1234 a000 0001 ${NO_RECORDS} ${NS_A}`);
  });

  it('nor is less than a header', async () => {
    await server.staysSilent('');
    await server.staysSilent('1234 0000 0001 0000 0000 00');
  });
});
