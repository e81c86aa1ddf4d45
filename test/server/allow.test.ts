// Which client addresses may ask.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { allowNetworks } from '../../src/server/allow.ts';

describe('the networks that may ask', () => {
  const isAllowed = allowNetworks([
    { address: '10.0.0.0', prefixBits: 8 },
    { address: '192.0.2.53', prefixBits: 32 },
    { address: 'fd00::', prefixBits: 8 },
    { address: 'fe80::', prefixBits: 10 },
    { address: '2001:db8:8000::', prefixBits: 33 },
  ]);

  it.each([
    ['10.0.0.0', true],
    ['10.255.255.255', true],
    ['9.255.255.255', false],
    ['11.0.0.0', false],
    ['192.0.2.53', true],
    ['192.0.2.52', false],
    ['fd12:3456::1', true],
    ['fe00::1', false],
    ['2001:db8:8000::1', true],
    ['2001:db8:7fff:ffff::1', false],
    ['fe80::1', true],
    ['fe80::1%eth0', true],
    ['fec0::1%eth0', false],
  ])('%s: %s', (address, verdict) => {
    expect(isAllowed(address)).toBe(verdict);
    // From what was kept of the first time.
    expect(isAllowed(address)).toBe(verdict);
  });

  it('are nobody when there are none', () => {
    const none = allowNetworks([]);
    expect(none('127.0.0.1')).toBe(false);
    expect(none('::1')).toBe(false);
  });

  it.each([
    ['0.0.0.0', '203.0.113.9', '2001:db8::1'],
    ['::', '2001:db8::1', '203.0.113.9'],
  ])('are all of one family for %s/0', (address, inside, outside) => {
    const all = allowNetworks([{ address, prefixBits: 0 }]);
    expect(all(inside)).toBe(true);
    expect(all(outside)).toBe(false);
  });

  it('cost a bounded amount of memory, however many addresses ask', () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const all = allowNetworks([{ address: '::', prefixBits: 0 }]);
    const ask = (from: number, to: number) => {
      for (let at = from; at < to; at += 1) all(`2001:db8::${(at >>> 16).toString(16)}:${(at & 0xffff).toString(16)}`);
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const full = ask(0, 20_000);
    // 200 000 kept addresses would be more than 20 MB.
    expect(ask(20_000, 220_000) - full).toBeLessThan(5_000_000);
  });
});
