// Which addresses a value may register.

import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/registry/address.ts';

describe('an address that may be registered', () => {
  it.each([
    ['10.0.0.1', 'ipv4', '10.0.0.1'],
    ['127.0.0.1', 'ipv4', '127.0.0.1'],
    ['169.253.255.255', 'ipv4', '169.253.255.255'],
    ['169.255.0.0', 'ipv4', '169.255.0.0'],
    ['223.255.255.255', 'ipv4', '223.255.255.255'],
    ['240.0.0.1', 'ipv4', '240.0.0.1'],
    ['255.255.255.254', 'ipv4', '255.255.255.254'],
    ['::1', 'ipv6', '::1'],
    ['FD00:0:0::0001', 'ipv6', 'fd00::1'],
    ['2001:db8:0:0:1:0:0:1', 'ipv6', '2001:db8::1:0:0:1'],
    ['fe7f::1', 'ipv6', 'fe7f::1'],
    ['fec0::1', 'ipv6', 'fec0::1'],
  ])('%s is %s %s', (text, kind, address) => {
    expect(parseAddress(text)).toEqual({ kind, address });
  });

  it.each(['::ffff:10.0.0.1', '::FFFF:a00:1', '0:0:0:0:0:ffff:10.0.0.1'])('%s is the IPv4 address in it', (text) => {
    expect(parseAddress(text)).toEqual({ kind: 'ipv4', address: '10.0.0.1' });
  });
});

describe('an address that may not be registered', () => {
  it.each([
    ['0.0.0.0', 'the unspecified address'],
    ['0.1.2.3', 'the unspecified address'],
    ['::', 'the unspecified address'],
    ['169.254.0.0', 'a link-local address'],
    ['169.254.169.254', 'a link-local address'],
    ['169.254.255.255', 'a link-local address'],
    ['fe80::1', 'a link-local address'],
    ['febf:ffff::1', 'a link-local address'],
    ['224.0.0.0', 'a multicast address'],
    ['239.255.255.255', 'a multicast address'],
    ['ff02::1', 'a multicast address'],
    ['255.255.255.255', 'the broadcast address'],
    ['::ffff:169.254.169.254', 'a link-local address'],
    ['::ffff:0.0.0.0', 'the unspecified address'],
    ['::ffff:255.255.255.255', 'the broadcast address'],
    ['fe80::1%eth0', 'an address with a zone id, which only its own machine understands'],
    ['fd00::1%1', 'an address with a zone id, which only its own machine understands'],
  ])('%s is %s', (text, what) => {
    expect(parseAddress(text)).toEqual({ kind: 'forbidden', what });
  });
});

it.each(['', 'host.example', '010.0.0.1', '10.1', '0x7f000001', '2130706433', 'fe80::1::%eth0', '10.0.0.1%eth0'])(
  '%j is no address',
  (text) => {
    expect(parseAddress(text)).toBeUndefined();
  },
);
