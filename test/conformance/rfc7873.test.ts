// RFC 7873, cookies: who gets one, what is malformed, and how to ask for nothing else. No query is turned away for want of
// a cookie: docs/decisions/0010-cookies.md says why.

import { describe, expect, it } from 'vitest';
import { optionOf, subject } from './subject.ts';

const server = subject({ registered: { '/specServer/1': 'http://10.0.0.1:8080' } });

const A = 'specServer.svc.local. A edns';
const RECORD = 'specServer.svc.local. 5 IN A 10.0.0.1';
const CLIENT = '2464c4abcf10c957';
const COOKIE = 10;

/** The whole cookie in the reply to one. */
async function cookieFor(cookie: string, more = ''): Promise<string> {
  return optionOf(await server.ask(`${A} option=10:${cookie} ${more}`), COOKIE) ?? '';
}

describe('§5.2.1 a query without a cookie', () => {
  it('is answered without one', async () => {
    await server.expects(A, 'NOERROR aa opt', RECORD);
    await server.expects('specServer.svc.local. A', 'NOERROR aa', RECORD);
  });
});

describe('§5.2.2 a malformed cookie', () => {
  it.each([0, 1, 7, 9, 15, 41])('of %d octets is a format error, without a cookie', async (octets) => {
    const digits = '01'.repeat(octets);
    await server.expects(`${A} option=10${octets === 0 ? '' : `:${digits}`}`, 'FORMERR opt');
  });

  it.each([8, 16, 24, 40])('is none of %d octets', async (octets) => {
    const message = await server.ask(`${A} option=10:${'01'.repeat(octets)}`);
    expect(message.flags & 0xf).toBe(0);
    expect(optionOf(message, COOKIE)).toMatch(/^(01){8}.{32}$/);
  });
});

describe('§5.2.3 a client cookie alone', () => {
  it('gets the answer, and the client cookie with one of the server behind it', async () => {
    const message = await server.ask(`${A} option=10:${CLIENT}`);
    expect(message.answers).toHaveLength(1);
    expect(optionOf(message, COOKIE)).toMatch(new RegExp(`^${CLIENT}.{32}$`));
  });

  it('gets one over TCP, and with every response code', async () => {
    expect(await cookieFor(CLIENT, 'tcp')).toHaveLength(48);
    for (const query of ['example.com. A', 'none.svc.local. A', 'svc.local. AXFR', 'svc.local. SOA opcode=4']) {
      expect(optionOf(await server.ask(`${query} edns option=10:${CLIENT}`), COOKIE), query).toHaveLength(48);
    }
  });
});

describe('§5.2.4 a server cookie that is not good', () => {
  it('is answered like none, with one that is', async () => {
    const bad = `${CLIENT}${'00'.repeat(16)}`;
    const fresh = await cookieFor(bad);
    expect(fresh).toBe(await cookieFor(CLIENT));
    expect(fresh).not.toBe(bad);
  });
});

describe('§5.2.5 a good server cookie', () => {
  it('is answered with a good one', async () => {
    const first = await cookieFor(CLIENT);
    server.world.nowSeconds += 60;
    const second = await cookieFor(first);
    expect(second).not.toBe(first);
    expect(second).toBe(await cookieFor(CLIENT));
  });
});

describe('§5.2 several COOKIE options', () => {
  it('count as the first of them', async () => {
    expect(await cookieFor(CLIENT, 'option=10:0102030405060708 option=10:01')).toMatch(new RegExp(`^${CLIENT}`));
  });
});

describe('§5.4 a query without a question', () => {
  /** The reply to a message of a header and an OPT with a cookie. */
  const replyTo = (cookie: string) => {
    const octets = cookie.length / 2;
    const hex16 = (value: number) => value.toString(16).padStart(4, '0');
    return server.reply(
      `1234 0000 0000 0000 0000 0001 00 0029 04d0 00000000 ${hex16(octets + 4)} 000a ${hex16(octets)} ${cookie}`,
    );
  };
  /** NOERROR, BADCOOKIE: the upper bits are in OPT. */
  const GOOD = new RegExp(`^12348000000000000000000100002904d000000000001c000a0018${CLIENT}.{32}$`);
  const BAD = new RegExp(`^12348007000000000000000100002904d001000000001c000a0018${CLIENT}.{32}$`);

  it('gets a cookie for a client cookie', async () => {
    expect(await replyTo(CLIENT)).toMatch(GOOD);
  });

  it('gets one for a server cookie, and hears whether that was good', async () => {
    const cookie = await cookieFor(CLIENT);
    expect(await replyTo(cookie)).toMatch(GOOD);
    expect(await replyTo(cookie.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')))).toMatch(BAD);
    expect(await replyTo(`${CLIENT}${'00'.repeat(8)}`)).toMatch(BAD);
  });

  it('is a format error without a cookie', async () => {
    expect(await server.reply('1234 0000 0000 0000 0000 0001 00 0029 04d0 00000000 0000')).toMatch(/^12348001/);
  });
});

describe('§6 NAT and anycast', () => {
  it('is about the address that the server sees: another has another cookie', async () => {
    const { world } = server;
    const { cookies } = world.replyOptions;
    const cookie = Buffer.from(await cookieFor(CLIENT), 'hex');
    expect(cookies.isValid(cookie, 0, cookie.length, '127.0.0.1')).toBe(true);
    expect(cookies.isValid(cookie, 0, cookie.length, '127.0.0.2')).toBe(false);
  });
});
