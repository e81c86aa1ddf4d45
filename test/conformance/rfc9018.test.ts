// RFC 9018, server cookies that servers agree on: their fields, how long they are good, and changes of the secret. The
// vectors of appendix A are in ../server/cookies.test.ts.

import { describe, expect, it } from 'vitest';
import { optionOf, subject } from './subject.ts';

const server = subject({ registered: { '/specServer/1': 'http://10.0.0.1:8080' } });

const CLIENT = '2464c4abcf10c957';
const HOUR = 3600;
const DAY = 24 * HOUR;

async function cookie(): Promise<string> {
  return optionOf(await server.ask(`specServer.svc.local. A edns option=10:${CLIENT}`), 10) ?? '';
}

/** Whether the server knows a cookie as its own (RFC 7873 §5.4). */
async function isGood(whole: string): Promise<boolean> {
  const reply = await server.reply(`1234 0000 0000 0000 0000 0001 00 0029 04d0 00000000 001c 000a 0018 ${whole}`);
  return reply.startsWith('12348000');
}

describe('§4 the fields of a server cookie', () => {
  it('are version 1, three octets of zero, the time, and a hash of 8 octets', async () => {
    const seconds = server.world.nowSeconds.toString(16);
    expect(await cookie()).toMatch(new RegExp(`^${CLIENT}01000000${seconds}.{16}$`));
  });

  it('§4.1: of another version are not good', async () => {
    expect(await isGood((await cookie()).replace(`${CLIENT}01`, `${CLIENT}02`))).toBe(false);
  });

  it('§4.3: are good for an hour', async () => {
    const whole = await cookie();
    server.world.nowSeconds += HOUR;
    expect(await isGood(whole)).toBe(true);
    server.world.nowSeconds += 1;
    expect(await isGood(whole)).toBe(false);
  });

  it('§4.3: are good up to five minutes before their time', async () => {
    const whole = await cookie();
    server.world.nowSeconds -= 300;
    expect(await isGood(whole)).toBe(true);
    server.world.nowSeconds -= 1;
    expect(await isGood(whole)).toBe(false);
  });

  it('§4.3: are new in each answer, so that none is older than half an hour', async () => {
    const first = await cookie();
    server.world.nowSeconds += 1;
    expect(await cookie()).not.toBe(first);
  });
});

describe('§5 a new secret', () => {
  it('comes each day, and cookies of the one before are good for their hour', async () => {
    server.world.nowSeconds += DAY - 2;
    const before = await cookie();
    server.world.nowSeconds += DAY - 1;
    const old = await cookie();
    server.world.nowSeconds += 60;
    const fresh = await cookie();
    expect([await isGood(before), await isGood(old), await isGood(fresh)]).toEqual([false, true, true]);
  });
});
