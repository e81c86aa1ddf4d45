// One kind of value each: what it reads, and what it refuses.

import { describe, expect, it } from 'vitest';
import {
  CIDR,
  dnsServer,
  ETCD_ENDPOINT,
  HTTP_LISTEN,
  IP_ADDRESS,
  NAME_MAP,
  NSID,
  octets,
  oneOf,
  type ValueKind,
  wholeNumber,
  ZONE_NAME,
} from '../../src/config/value-kinds.ts';
import { nameOf } from '../../src/wire/name.ts';

function refuses(kind: ValueKind<unknown>, texts: readonly string[]): void {
  for (const text of texts) expect([text, kind.parse(text)]).toEqual([text, undefined]);
}

describe('a whole number', () => {
  const seconds = wholeNumber(1, 300, 'seconds');

  it('is taken at both ends of its range and refused beyond', () => {
    expect(seconds.expects).toBe('1 to 300 seconds');
    expect(seconds.parse('1')).toBe(1);
    expect(seconds.parse('300')).toBe(300);
    refuses(seconds, ['0', '301']);
  });

  it('has no sign, fraction, exponent, unit, space or leading zero', () => {
    refuses(seconds, ['', '+5', '-5', '5.0', '5e0', '0x5', '5s', ' 5', '05', '\u0665', '9'.repeat(400)]);
  });
});

describe('a number of octets', () => {
  const size = octets('4KiB', '1024MiB');

  it('is taken plain and in binary units', () => {
    expect(size.parse('8388608')).toBe(8_388_608);
    expect(size.parse('8MiB')).toBe(8_388_608);
    expect(size.parse('4KiB')).toBe(4096);
    expect(size.parse('1024MiB')).toBe(1_073_741_824);
  });

  it('is refused out of range and in units that could mean either power', () => {
    refuses(size, ['', '4095', '1025MiB', '8MB', '8M', '8mib', '8 MiB', 'MiB']);
  });
});

describe('a word of a few', () => {
  it('is taken as it is and in no other case', () => {
    const word = oneOf('auto', 'json', 'pretty');
    expect(word.expects).toBe('auto, json or pretty');
    expect(word.parse('json')).toBe('json');
    refuses(word, ['JSON', '', 'auto,json']);
  });
});

describe('an address', () => {
  it('comes out in canonical text with its family', () => {
    expect(IP_ADDRESS.parse('127.0.0.1')).toEqual({ address: '127.0.0.1', family: 4 });
    expect(IP_ADDRESS.parse('0:0::0001')).toEqual({ address: '::1', family: 6 });
  });

  it('is no name, no short form, and has neither port nor zone id', () => {
    refuses(IP_ADDRESS, ['', 'localhost', '127.1', '127.0.0.01', '127.0.0.1:53', '[::1]', 'fe80::1%eth0', '*']);
  });
});

describe('a network', () => {
  it('is an address and a number of bits, or one address', () => {
    expect(CIDR.parse('10.0.0.0/8')).toEqual({ address: '10.0.0.0', family: 4, prefixBits: 8 });
    expect(CIDR.parse('0.0.0.0/0')).toEqual({ address: '0.0.0.0', family: 4, prefixBits: 0 });
    expect(CIDR.parse('fd00::/8')).toEqual({ address: 'fd00::', family: 6, prefixBits: 8 });
    expect(CIDR.parse('10.1.2.3')).toEqual({ address: '10.1.2.3', family: 4, prefixBits: 32 });
    expect(CIDR.parse('::1')).toEqual({ address: '::1', family: 6, prefixBits: 128 });
  });

  it('has no more bits than its family', () => {
    refuses(CIDR, ['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/08', '10.0.0.0/8/8', '/8', '10/8', '']);
  });
});

describe('an identifier of the server', () => {
  it('is a text in UTF-8, or octets in hexadecimal digits', () => {
    expect(NSID.parse('ns1.example')).toEqual(Buffer.from('ns1.example'));
    expect(NSID.parse('Zürich')).toEqual(Buffer.from('5ac3bc72696368', 'hex'));
    expect(NSID.parse('0x00fF')).toEqual(Buffer.from([0x00, 0xff]));
  });

  it('is a text when the digits are none, or not in pairs', () => {
    for (const text of ['0x', '0x0', '0xns1', '0X00']) expect(NSID.parse(text)).toEqual(Buffer.from(text));
  });

  it('has 1 to 128 octets', () => {
    expect(NSID.expects).toBe('a text or 0x and pairs of hexadecimal digits, of 1 to 128 octets');
    expect(NSID.parse('a'.repeat(128))).toHaveLength(128);
    expect(NSID.parse(`0x${'ab'.repeat(128)}`)).toHaveLength(128);
    refuses(NSID, ['', 'a'.repeat(129), 'ü'.repeat(65), `0x${'ab'.repeat(129)}`]);
  });
});

describe('where to listen for HTTP', () => {
  it('is off, or an address with its port', () => {
    expect(HTTP_LISTEN.parse('off')).toBe('off');
    expect(HTTP_LISTEN.parse('127.0.0.1:8053')).toEqual({ address: '127.0.0.1', family: 4, port: 8053 });
    expect(HTTP_LISTEN.parse('[::1]:0')).toEqual({ address: '::1', family: 6, port: 0 });
  });

  it('is neither a name, nor a port alone, nor IPv6 without brackets', () => {
    refuses(HTTP_LISTEN, [
      '',
      ':8053',
      '8053',
      'localhost:8053',
      '::1:8053',
      '[127.0.0.1]:80',
      '127.0.0.1:65536',
      '127.0.0.1',
    ]);
  });
});

describe('a server to ask', () => {
  const server = dnsServer(1053);

  it('has the default port where none is given', () => {
    expect(server.parse('10.0.0.53')).toEqual({ address: '10.0.0.53', family: 4, port: 1053 });
    expect(server.parse('::1')).toEqual({ address: '::1', family: 6, port: 1053 });
    expect(server.parse('[::1]')).toEqual({ address: '::1', family: 6, port: 1053 });
    expect(server.parse('127.0.0.1:53')).toEqual({ address: '127.0.0.1', family: 4, port: 53 });
    expect(server.parse('[::1]:53')).toEqual({ address: '::1', family: 6, port: 53 });
  });

  it('has no port 0, to which nothing can be sent', () => {
    refuses(server, ['127.0.0.1:0', 'ns.example', '', '127.0.0.1:']);
  });
});

describe('an endpoint of etcd', () => {
  it('comes out as a URL with its port', () => {
    expect(ETCD_ENDPOINT.parse('http://127.0.0.1:2379')).toBe('http://127.0.0.1:2379');
    expect(ETCD_ENDPOINT.parse('https://etcd.example/')).toBe('https://etcd.example:2379');
    expect(ETCD_ENDPOINT.parse('http://[::1]:12379')).toBe('http://[::1]:12379');
  });

  it('has a scheme, and no user, path, query or port 0', () => {
    refuses(ETCD_ENDPOINT, [
      '',
      '127.0.0.1:2379',
      'ftp://127.0.0.1:2379',
      'http://',
      'http://user:word@127.0.0.1:2379',
      'http://127.0.0.1:2379/v3',
      'http://127.0.0.1:2379?x',
      'http://127.0.0.1:0',
      'http://127.0.0.1:65536',
      'http://[::g]:2379',
      'http://::1:2379',
    ]);
  });
});

describe('a zone', () => {
  it('is a name in lower case, with or without the final dot', () => {
    expect(ZONE_NAME.parse('Svc.Local')).toBe(nameOf('svc.local'));
    expect(ZONE_NAME.parse('svc.local.')).toBe(nameOf('svc.local'));
  });

  it('is neither the root nor what is no name', () => {
    refuses(ZONE_NAME, ['', '.', '@', 'a..b', '.svc.local', `${'x'.repeat(64)}.local`, `${'x.'.repeat(128)}local`]);
  });
});

describe('a map of keys to names', () => {
  it('has a prefix that ends with its only trailing slash', () => {
    const name = nameOf('svc.local');
    expect(NAME_MAP.parse('/=svc.local')).toEqual({ prefix: '/', name, subtree: false });
    expect(NAME_MAP.parse('//=svc.local')).toEqual({ prefix: '/', name, subtree: false });
    expect(NAME_MAP.parse('/skydns/local/svc=svc.local')).toEqual({
      prefix: '/skydns/local/svc/',
      name,
      subtree: false,
    });
    expect(NAME_MAP.parse('/a//=svc.local')).toEqual({ prefix: '/a/', name, subtree: false });
    expect(NAME_MAP.parse('grpc/users=svc.local')).toEqual({ prefix: 'grpc/users/', name, subtree: false });
  });

  it('keeps the case of keys and of names', () => {
    expect(NAME_MAP.parse('/specServer=specServer.svc.local')).toEqual({
      prefix: '/specServer/',
      name: nameOf('specServer.svc.local'),
      subtree: false,
    });
  });

  it('takes the whole subtree when asked to', () => {
    expect(NAME_MAP.parse('/a=svc.local,subtree')).toEqual({ prefix: '/a/', name: nameOf('svc.local'), subtree: true });
  });

  it('stands for the UTF-8 of its prefix, one character an octet', () => {
    expect(NAME_MAP.parse('/\u00e9=svc.local')).toMatchObject({ prefix: '/\u00c3\u00a9/' });
  });

  it('may have an equals sign in its prefix', () => {
    expect(NAME_MAP.parse('/a=b=svc.local')).toMatchObject({ prefix: '/a=b/' });
  });

  it('is split from the next one at commas, but not before its own option', () => {
    expect(NAME_MAP.split?.('/a=x.local,subtree,/b=y.local')).toEqual(['/a=x.local,subtree', '/b=y.local']);
  });

  it('is refused without prefix or name, with another option, or with a prefix longer than a key may be', () => {
    refuses(NAME_MAP, ['', '/a', '=svc.local', '/a=', '/a=svc.local,tree', '/a=a..b', `/${'a'.repeat(511)}=svc.local`]);
    expect(NAME_MAP.parse(`/${'a'.repeat(510)}=svc.local`)).toBeDefined();
  });
});
