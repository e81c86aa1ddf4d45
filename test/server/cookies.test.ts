// Server cookies with a clock and secrets of the test: the vectors of RFC 9018 appendix A, how long a cookie is good
// for, and what becomes of it when the secret changes.

import { describe, expect, it } from 'vitest';
import { ServerCookies } from '../../src/server/cookies.ts';
import { COOKIE_OCTETS } from '../../src/wire/edns.ts';
import { hex, toHex } from '../wire/hex.ts';

class Clock {
  nowSeconds: number;
  readonly #secrets: string[];

  constructor(nowSeconds: number, ...secrets: string[]) {
    this.nowSeconds = nowSeconds;
    this.#secrets = secrets;
  }

  cookies(): ServerCookies {
    return new ServerCookies({
      nowSeconds: () => this.nowSeconds,
      newSecret: () => hex(this.#secrets.shift() ?? ''),
    });
  }
}

const DAY = 24 * 3600;
const SECRET = 'e5e973e5a6b2a43f48e7dc849e37bfcf';
const CLIENT = '2464c4abcf10c957';
const ADDRESS = '198.51.100.100';

/** A cookie for a client whose half stands behind two octets of something else. */
function made(cookies: ServerCookies, client = CLIENT, address = ADDRESS): string {
  const out = new Uint8Array(COOKIE_OCTETS + 3).fill(0xee);
  cookies.write(hex(`ffff ${client}`), 2, address, out, 1);
  expect([out[0], out.at(-2), out.at(-1)]).toEqual([0xee, 0xee, 0xee]);
  return toHex(out.subarray(1, 1 + COOKIE_OCTETS));
}

function isValid(cookies: ServerCookies, cookie: string, address = ADDRESS): boolean {
  return cookies.isValid(hex(`ffff ${cookie}`), 2, cookie.length / 2, address);
}

describe('the vectors of RFC 9018', () => {
  it('A.1, a new cookie', () => {
    const cookies = new Clock(1_559_731_985, SECRET).cookies();
    expect(made(cookies)).toBe(`${CLIENT}010000005cf79f111f8130c3eee29480`);
  });

  it('A.2, a fresh one 40 minutes later', () => {
    const clock = new Clock(1_559_734_385, SECRET);
    const cookies = clock.cookies();
    expect(isValid(cookies, `${CLIENT}010000005cf79f111f8130c3eee29480`)).toBe(true);
    expect(made(cookies)).toBe(`${CLIENT}010000005cf7a871d4a564a1442aca77`);
  });

  it('A.3, one whose reserved octets are not zero, and the answer to it', () => {
    const clock = new Clock(1_559_727_985, SECRET);
    const cookies = clock.cookies();
    const old = 'fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5';
    expect(isValid(cookies, old, '203.0.113.203')).toBe(true);
    clock.nowSeconds = 1_559_734_700;
    expect(made(cookies, 'fc93fc62807ddb86', '203.0.113.203')).toBe('fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e');
  });

  it('A.4, an IPv6 client, and a secret that has changed', () => {
    const clock = new Clock(
      1_559_741_961 - DAY,
      'dd3bdf9344b678b185a6f5cb60fca715',
      '445536bcd2513298075a5d379663c962',
    );
    const cookies = clock.cookies();
    clock.nowSeconds += DAY;
    const address = '2001:db8:220:1:59de:d0f4:8769:82b8';
    expect(isValid(cookies, '22681ab97d52c298010000005cf7c57926556bd0934c72f8', address)).toBe(true);
    expect(made(cookies, '22681ab97d52c298', address)).toBe('22681ab97d52c298010000005cf7c609a6bb79d16625507a');
  });
});

describe('a cookie', () => {
  it('is good for an hour, and up to five minutes before its time', () => {
    const clock = new Clock(1_700_000_000, SECRET);
    const cookies = clock.cookies();
    const cookie = made(cookies);
    const isGoodAfter = (seconds: number) => {
      clock.nowSeconds = 1_700_000_000 + seconds;
      return isValid(cookies, cookie);
    };
    expect([0, 3600, 3601, -300, -301].map(isGoodAfter)).toEqual([true, true, false, true, false]);
  });

  it('is good over the end of the 32 bits of its time', () => {
    const clock = new Clock(2 ** 32 - 10, SECRET);
    const cookies = clock.cookies();
    const cookie = made(cookies);
    clock.nowSeconds += 20;
    expect(isValid(cookies, cookie)).toBe(true);
  });

  it('is good for one client at one address, and with every octet as it was', () => {
    const cookies = new Clock(1_700_000_000, SECRET).cookies();
    const cookie = made(cookies);
    expect(isValid(cookies, cookie)).toBe(true);
    expect(isValid(cookies, cookie, '198.51.100.101')).toBe(false);
    expect(isValid(cookies, cookie, '2001:db8::1')).toBe(false);
    for (let at = 0; at < COOKIE_OCTETS; at += 1) {
      const changed = hex(cookie);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(isValid(cookies, toHex(changed)), `octet ${at}`).toBe(false);
    }
  });

  it('has 24 octets: the client half alone, or one that another server made, is not good', () => {
    const cookies = new Clock(1_700_000_000, SECRET).cookies();
    expect(isValid(cookies, CLIENT)).toBe(false);
    expect(isValid(cookies, `${made(cookies)}00`)).toBe(false);
    expect(isValid(cookies, made(cookies).slice(0, -2))).toBe(false);
  });

  it('is the same for a link-local client whatever this host calls the interface', () => {
    const cookies = new Clock(1_700_000_000, SECRET).cookies();
    expect(made(cookies, CLIENT, 'fe80::1%eth0')).toBe(made(cookies, CLIENT, 'fe80::1'));
  });
});

describe('a secret', () => {
  it('makes cookies for a day', () => {
    const clock = new Clock(1_700_000_000, SECRET, '00'.repeat(16));
    const cookies = clock.cookies();
    clock.nowSeconds += DAY - 1;
    const cookie = made(cookies);
    expect(cookie).toBe(made(new Clock(clock.nowSeconds, SECRET).cookies()));
    clock.nowSeconds += 1;
    expect(made(cookies)).toBe(made(new Clock(clock.nowSeconds, '00'.repeat(16)).cookies()));
    expect(isValid(cookies, cookie)).toBe(true);
  });

  it('that is two changes old is forgotten', () => {
    const clock = new Clock(1_700_000_000, SECRET, '00'.repeat(16), '11'.repeat(16));
    const cookies = clock.cookies();
    clock.nowSeconds += DAY;
    made(cookies);
    clock.nowSeconds += DAY;
    expect(isValid(cookies, made(new Clock(clock.nowSeconds, SECRET).cookies()))).toBe(false);
    expect(isValid(cookies, made(new Clock(clock.nowSeconds, '00'.repeat(16)).cookies()))).toBe(true);
  });
});
