// RFC 6891, EDNS: where OPT has to be, what it has to say, and how large a reply may be.

import { describe, expect, it } from 'vitest';
import { instancesOf } from '../support/dns-server.ts';
import { subject } from './subject.ts';

const server = subject({
  registered: { ...instancesOf('many', 200), '/web/1': '10.0.0.1:80' },
  nsid: Buffer.alloc(128, 'n'),
});

const WEB = 'web.svc.local. 5 IN A 10.0.0.1';
/** web.svc.local. IN A */
const QUESTION = '03776562 03737663 056c6f63616c 00 0001 0001';
const OPT = '00 0029 1000 00 00 0000 0000';
const REPLY_OPT = '00002904d0000000000000';

describe('§6.1.1 OPT', () => {
  it('is in the reply if and only if it is in the query', async () => {
    await server.expects('web.svc.local. A', 'NOERROR aa', WEB);
    await server.expects('web.svc.local. A edns', 'NOERROR aa opt', WEB);
    await server.expects('web.svc.local. A edns tcp', 'NOERROR aa opt', WEB);
  });

  it.each([
    ['REFUSED', 'example.com. A edns', 'REFUSED opt ede=20'],
    ['NOTIMP', 'web.svc.local. A edns opcode=4', 'NOTIMP opt'],
    ['BADVERS', 'web.svc.local. A edns version=1', 'BADVERS opt'],
  ])('is in a reply with %s too', async (_rcode, query, status) => {
    await server.expects(query, status);
  });

  it('is in a truncated reply too', async () => {
    expect(
      await server.reply(`1234 0000 0001 0000 0000 0001 046d616e79 03737663 056c6f63616c 00 0001 0001 ${OPT}`),
    ).toMatch(new RegExp(`^12348600.*${REPLY_OPT}$`));
  });

  it.each([
    ['two of them', '0001 0000 0000 0002', `${QUESTION} ${OPT} ${OPT}`],
    ['one whose options do not fill it', '0001 0000 0000 0001', `${QUESTION} 00 0029 1000 00 00 0000 0003 000300`],
    ['no question', '0000 0000 0000 0001', OPT],
    ['two questions', '0002 0000 0000 0001', `${QUESTION} c00c 00010001 ${OPT}`],
    ['an octet behind it', '0001 0000 0000 0001', `${QUESTION} ${OPT} 00`],
  ])('is in the FORMERR for a message with %s', async (_what, counts, sections) => {
    expect(await server.reply(`1234 0000 ${counts} ${sections}`)).toMatch(new RegExp(`^12348001.*${REPLY_OPT}$`));
  });

  it('has the root for its owner: any other is a format error, without OPT', async () => {
    expect(await server.reply(`1234 0000 0001 0000 0000 0001 ${QUESTION} 0161 ${OPT}`)).toMatch(
      /^1234800100010000000000000377.*00010001$/,
    );
  });

  it('may stand anywhere in the additional section', async () => {
    const other = '00 0010 0001 00000000 0002 0161';
    for (const additional of [`${OPT} ${other}`, `${other} ${OPT}`]) {
      const reply = await server.reply(`1234 0000 0001 0000 0000 0002 ${QUESTION} ${additional}`);
      expect(reply).toMatch(new RegExp(`^12348400000100010000 0001.*${REPLY_OPT}$`.replace(' ', '')));
    }
  });
});

describe('§6.1.2 options', () => {
  it('that are not known are passed over, and not sent back', async () => {
    await server.expects('web.svc.local. A edns option=65001:abcd option=100', 'NOERROR aa opt', WEB);
  });

  it('come in any order', async () => {
    await server.expects('web.svc.local. A edns tcp option=100 option=11', 'NOERROR aa opt option=11:0064', WEB);
    await server.expects('web.svc.local. A edns tcp option=11 option=100', 'NOERROR aa opt option=11:0064', WEB);
  });

  // More than IANA has assigned: svcdns takes it for an attempt to keep it busy.
  it('are 32 at most', async () => {
    const options = (count: number) => Array.from({ length: count }, () => 'option=100').join(' ');
    await server.expects(`web.svc.local. A edns ${options(32)}`, 'NOERROR aa opt', WEB);
    await server.expects(`web.svc.local. A edns ${options(33)}`, 'FORMERR opt');
  });
});

describe('§6.1.3 version and extended response code', () => {
  it.each([1, 255])('answers version %d with BADVERS, its own version being 0, and no answer', async (version) => {
    await server.expects(`web.svc.local. A edns version=${version}`, 'BADVERS opt');
    const octet = version.toString(16).padStart(2, '0');
    // The upper bits of BADVERS, and version 0.
    expect(await server.reply(`1234 0000 0001 0000 0000 0001 ${QUESTION} 00 0029 1000 00 ${octet} 0000 0000`)).toMatch(
      /^12348000.*00002904d0010000000000$/,
    );
  });

  it('does not look into the options of such a version', async () => {
    await server.expects('web.svc.local. A edns version=1 option=10:ff', 'BADVERS opt');
  });

  it('ignores an extended response code in a query', async () => {
    expect(await server.reply(`1234 0000 0001 0000 0000 0001 ${QUESTION} 00 0029 1000 ff 00 0000 0000`)).toMatch(
      new RegExp(`^12348400.*${REPLY_OPT}$`),
    );
  });
});

describe('§6.1.4 flags', () => {
  it('copies DO (RFC 3225 §3), and no other', async () => {
    await server.expects('web.svc.local. A edns do', 'NOERROR aa opt do', WEB);
    expect(await server.reply(`1234 0000 0001 0000 0000 0001 ${QUESTION} 00 0029 1000 00 00 7fff 0000`)).toMatch(
      new RegExp(`${REPLY_OPT}$`),
    );
  });
});

describe('§6.2 sizes', () => {
  const octetsOf = async (size: string) => {
    const reply = await server.reply(
      `1234 0000 0001 0000 0000 0001 046d616e79 03737663 056c6f63616c 00 0001 0001 00 0029 ${size} 00 00 0000 0000`,
    );
    expect(reply).toMatch(/^12348600/);
    return reply.length / 2;
  };

  it('§6.2.3: takes less than 512 for 512', async () => {
    const [zero, hundred, usual] = [await octetsOf('0000'), await octetsOf('0064'), await octetsOf('0200')];
    expect(usual).toBeLessThanOrEqual(512);
    // No other address of 16 octets has room.
    expect(usual).toBeGreaterThan(496);
    expect([zero, hundred]).toEqual([usual, usual]);
  });

  it('§6.2.3: never sends more than the client takes', async () => {
    const octets = await octetsOf('0300');
    expect(octets).toBeLessThanOrEqual(768);
    expect(octets).toBeGreaterThan(752);
  });

  it('§6.2.3: counts its own options, the largest too', async () => {
    const options = `00030000000a0008${'01'.repeat(8)}`;
    const reply = await server.reply(
      `1234 0000 0001 0000 0000 0001 046d616e79 03737663 056c6f63616c 00 0001 0001 00 0029 0200 00 00 0000 0010 ${options}`,
    );
    expect(reply).toMatch(/^12348600/);
    expect(reply.length / 2).toBeLessThanOrEqual(512);
    expect(reply.length / 2).toBeGreaterThan(496);
    expect(reply).toContain('6e'.repeat(128));
  });

  it('§6.2.4: nor more than 1232, its own limit, which it also announces', async () => {
    const octets = await octetsOf('ffff');
    expect(octets).toBeLessThanOrEqual(1232);
    expect(octets).toBeGreaterThan(1216);
  });

  it('have no such limit over TCP', async () => {
    const reply = await server.reply(
      `1234 0000 0001 0000 0000 0001 046d616e79 03737663 056c6f63616c 00 0001 0001 ${OPT}`,
      'tcp',
    );
    expect(reply).toMatch(/^12348400000100c8/);
  });
});
