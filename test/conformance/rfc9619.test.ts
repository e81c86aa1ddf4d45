// RFC 9619: a query has one question, not more; and none only where something else is asked for.

import { describe, expect, it } from 'vitest';
import { subject } from './subject.ts';

const server = subject({ registered: { '/a/1': '10.0.0.1:80' } });

/** a.svc.local. IN A */
const QUESTION = '0161 03737663 056c6f63616c 00 0001 0001';

describe('§4 QDCOUNT', () => {
  it.each([
    ['2', '0002', `${QUESTION} ${QUESTION}`],
    ['2, the second by pointer', '0002', `${QUESTION} c00c 001c 0001`],
    ['2 and only one there', '0002', QUESTION],
    ['3', '0003', `${QUESTION} ${QUESTION} ${QUESTION}`],
    ['65535', 'ffff', QUESTION],
  ])('of %s is a format error, which echoes none of them', async (_count, count, questions) => {
    const message = `1234 0100 ${count} 0000 0000 0000 ${questions}`;
    expect(await server.reply(message)).toBe('123481010000000000000000');
    expect(await server.reply(message, 'tcp')).toBe('123481010000000000000000');
  });

  it('of 0 is a format error', async () => {
    expect(await server.reply('1234 0100 0000 0000 0000 0000')).toBe('123481010000000000000000');
  });

  it('of 0 may ask for a cookie (RFC 7873 §5.4)', async () => {
    const opt = `00 0029 04d0 00000000 000c 000a 0008 ${'01'.repeat(8)}`;
    expect(await server.reply(`1234 0000 0000 0000 0000 0001 ${opt}`)).toMatch(/^123480000000/);
  });

  it('of 1 is answered', async () => {
    expect(await server.reply(`1234 0100 0001 0000 0000 0000 ${QUESTION}`)).toMatch(/^12348500/);
  });

  it('is not looked at with an opcode that is not implemented', async () => {
    expect(await server.reply(`1234 2000 0002 0000 0000 0000 ${QUESTION} ${QUESTION}`)).toMatch(/^1234a004/);
    expect(await server.reply('1234 2000 0000 0000 0000 0000')).toBe('1234a0040000000000000000');
  });
});
