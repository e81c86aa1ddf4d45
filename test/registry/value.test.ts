// Every format a value may have, and every reason for which one is rejected.

import { describe, expect, it } from 'vitest';
import { DETAIL_MAX_CHARACTERS } from '../../src/registry/formats/description.ts';
import { JSON_MAX_DEPTH, JSON_MAX_MEMBERS } from '../../src/registry/formats/json.ts';
import {
  DEFAULT_PRIORITY,
  DEFAULT_WEIGHT,
  type Host,
  type Instance,
  type RejectionReason,
  VALUE_MAX_OCTETS,
} from '../../src/registry/instance.ts';
import { type Adjustment, parseValue } from '../../src/registry/value.ts';
import { nameOf } from '../../src/wire/name.ts';

const KEY = '/specServer/1';

function parse(value: string | Uint8Array | object) {
  const text = value instanceof Uint8Array || typeof value === 'string' ? value : JSON.stringify(value);
  return parseValue({
    kind: 'put',
    key: KEY,
    value: typeof text === 'string' ? new TextEncoder().encode(text) : text,
    modRevision: 7n,
    leaseId: '42',
  });
}

/** The instance that a value gives, which must need no adjustment. */
function instanceOf(value: string | object): Instance {
  const { instance, adjusted } = adjustedInstanceOf(value);
  expect(adjusted).toEqual([]);
  return instance;
}

function adjustedInstanceOf(value: string | object): { instance: Instance; adjusted: readonly Adjustment[] } {
  const parsed = parse(value);
  if (parsed.kind === 'rejection') throw new Error(`${parsed.rejection.reason}: ${parsed.rejection.detail}`);
  return parsed;
}

function rejectionOf(value: string | Uint8Array | object) {
  const parsed = parse(value);
  if (parsed.kind === 'instance') throw new Error(`not rejected: ${JSON.stringify(parsed.instance.host)}`);
  return parsed.rejection;
}

const ipv4 = (address: string): Host => ({ kind: 'ipv4', address });
const ipv6 = (address: string): Host => ({ kind: 'ipv6', address });
const named = (text: string): Host => ({ kind: 'name', name: nameOf(text) });
const tcp = (number: number, name?: string) => ({ name, number, protocol: 'tcp' });
const udp = (number: number, name?: string) => ({ name, number, protocol: 'udp' });

it('gives an instance the defaults that its value does not set, and the lease and revision of its key', () => {
  expect(instanceOf('10.0.0.1:8080')).toEqual({
    key: KEY,
    host: ipv4('10.0.0.1'),
    ports: [tcp(8080)],
    priority: DEFAULT_PRIORITY,
    weight: DEFAULT_WEIGHT,
    ttlSeconds: undefined,
    texts: [],
    up: true,
    group: undefined,
    targetStrip: 0,
    mail: false,
    leaseId: '42',
    modRevision: 7n,
  });
});

describe('host:port', () => {
  it.each([
    ['10.0.0.1:8080', ipv4('10.0.0.1'), 8080],
    ['10.0.0.1:1', ipv4('10.0.0.1'), 1],
    ['10.0.0.1:65535', ipv4('10.0.0.1'), 65535],
    ['[fd00::1]:8080', ipv6('fd00::1'), 8080],
    ['[FD00:0::1]:80', ipv6('fd00::1'), 80],
    ['[::ffff:10.0.0.1]:80', ipv4('10.0.0.1'), 80],
    ['127.0.0.1:80', ipv4('127.0.0.1'), 80],
    ['host.example:8080', named('host.example.'), 8080],
    ['Host.Example.:8080', named('Host.Example.'), 8080],
    ['svc-1:8080', named('svc-1.'), 8080],
    ['_a_b.example:80', named('_a_b.example.'), 80],
    ['1host.2example:80', named('1host.2example.'), 80],
    [`${'a'.repeat(63)}.example:80`, named(`${'a'.repeat(63)}.example.`), 80],
    ['10.0.0.1:8080\n', ipv4('10.0.0.1'), 8080],
    [' \t10.0.0.1:8080\r\n', ipv4('10.0.0.1'), 8080],
    ['\ufeff10.0.0.1:8080', ipv4('10.0.0.1'), 8080],
  ])('%j', (text, host, port) => {
    expect(instanceOf(text)).toMatchObject({ host, ports: [tcp(port)] });
  });

  it.each([
    ['10.0.0.1', ipv4('10.0.0.1')],
    ['fd00::1', ipv6('fd00::1')],
    ['[fd00::1]', ipv6('fd00::1')],
    ['host.example', named('host.example.')],
    ['host.', named('host.')],
  ])('%s without a port is an instance without ports', (text, host) => {
    expect(instanceOf(text)).toMatchObject({ host, ports: [] });
  });
});

describe('URL', () => {
  it.each([
    ['http://10.0.0.1:3456', ipv4('10.0.0.1'), tcp(3456, 'http')],
    ['http://10.0.0.1', ipv4('10.0.0.1'), tcp(80, 'http')],
    ['http://10.0.0.1:80/', ipv4('10.0.0.1'), tcp(80, 'http')],
    ['https://host.example', named('host.example.'), tcp(443, 'https')],
    ['ws://10.0.0.1', ipv4('10.0.0.1'), tcp(80, 'ws')],
    ['wss://10.0.0.1', ipv4('10.0.0.1'), tcp(443, 'wss')],
    ['ftp://10.0.0.1', ipv4('10.0.0.1'), tcp(21, 'ftp')],
    ['HTTP://10.0.0.1:1', ipv4('10.0.0.1'), tcp(1, 'http')],
    ['grpc://[fd00::1]:9000', ipv6('fd00::1'), tcp(9000, 'grpc')],
    ['https://[fd00::1]', ipv6('fd00::1'), tcp(443, 'https')],
    ['x-my-proto://svc-1:5000', named('svc-1.'), tcp(5000, 'x-my-proto')],
    ['http://localhost', named('localhost.'), tcp(80, 'http')],
    ['udp://10.0.0.1:53', ipv4('10.0.0.1'), udp(53)],
    ['tcp://10.0.0.1:53', ipv4('10.0.0.1'), tcp(53)],
    ['http://10.0.0.1:8080/path/a:b?x=y:z@w#f', ipv4('10.0.0.1'), tcp(8080, 'http')],
    ['http://10.0.0.1?to=http://other:1', ipv4('10.0.0.1'), tcp(80, 'http')],
    ['http://10.0.0.1#@other:1', ipv4('10.0.0.1'), tcp(80, 'http')],
    ['http://10.0.0.1:8080\n', ipv4('10.0.0.1'), tcp(8080, 'http')],
  ])('%j', (text, host, port) => {
    expect(instanceOf(text)).toMatchObject({ host, ports: [port] });
  });

  it.each(['grpc+tls', 'a.b', 'a-', `a${'b'.repeat(62)}`])(
    'keeps the port of the scheme %s without a name',
    (scheme) => {
      const { instance, adjusted } = adjustedInstanceOf(`${scheme}://10.0.0.1:9000`);
      expect(instance.ports).toEqual([tcp(9000)]);
      expect(adjusted).toEqual(['port-name']);
    },
  );

  it('names a port by a scheme of 62 letters, the longest that is a label behind an underscore', () => {
    const scheme = 'a'.repeat(62);
    expect(instanceOf(`${scheme}://10.0.0.1:9000`).ports).toEqual([tcp(9000, scheme)]);
  });
});

describe('the JSON format of svcdns', () => {
  it('reads every field', () => {
    expect(
      instanceOf({
        address: 'fd00::1',
        port: 8080,
        ports: { grpc: { port: 9090, proto: 'tcp' }, HTTP: 8080, dns: { port: '53', proto: 'UDP' } },
        priority: 0,
        weight: 65535,
        ttl: 30,
        metadata: { version: '3', canary: true, shard: 7 },
        state: 'down',
      }),
    ).toEqual({
      key: KEY,
      host: ipv6('fd00::1'),
      ports: [tcp(8080, 'http'), tcp(9090, 'grpc'), udp(53, 'dns')],
      priority: 0,
      weight: 65535,
      ttlSeconds: 30,
      texts: ['version=3', 'canary=true', 'shard=7'],
      up: false,
      group: undefined,
      targetStrip: 0,
      mail: false,
      leaseId: '42',
      modRevision: 7n,
    });
  });

  it.each([
    ['no ports when it has none', {}, []],
    ['a port as decimal text', { port: '8080' }, [tcp(8080)]],
    ['the first named port as the main one', { ports: { http: 80, grpc: 90 } }, [tcp(80, 'http'), tcp(90, 'grpc')]],
    ['an unnamed main port before the named ones', { port: 1, ports: { http: 80 } }, [tcp(1), tcp(80, 'http')]],
    ['a main port with its name', { port: 2, ports: { a: 1, b: 2, c: 2 } }, [tcp(2, 'b'), tcp(1, 'a'), tcp(2, 'c')]],
    ['null as absent', { port: null, ports: null, ttl: null, metadata: null, state: null, weight: null }, []],
  ])('reads %s', (_, fields, ports) => {
    expect(instanceOf({ address: '10.0.0.1', ...fields }).ports).toEqual(ports);
  });

  it('ignores white space around it and fields that it does not know', () => {
    expect(instanceOf(' {"address":"10.0.0.1","owner":"x","nested":{"a":[1]}}\n').host).toEqual(ipv4('10.0.0.1'));
  });

  it('takes a host name for an address', () => {
    expect(instanceOf({ address: 'db.example', port: 5432 }).host).toEqual(named('db.example.'));
  });

  it('keeps a port without a name, and counts it, when its name cannot be a label', () => {
    const { instance, adjusted } = adjustedInstanceOf({
      address: '10.0.0.1',
      ports: { 'no name': 80, _x: 81, '': 82 },
    });
    expect(instance.ports).toEqual([tcp(80), tcp(81), tcp(82)]);
    expect(adjusted).toEqual(['port-name']);
  });

  it('falls back to tcp for a protocol that is no label', () => {
    const { instance, adjusted } = adjustedInstanceOf({
      address: '10.0.0.1',
      ports: { a: { port: 1, proto: '_udp' }, b: { port: 2, proto: 17 }, c: { port: 3 } },
    });
    expect(instance.ports).toEqual([tcp(1, 'a'), tcp(2, 'b'), tcp(3, 'c')]);
    expect(adjusted).toEqual(['protocol']);
  });

  it('takes an unknown state for up', () => {
    expect(adjustedInstanceOf({ address: '10.0.0.1', state: 'draining' })).toMatchObject({
      instance: { up: true },
      adjusted: ['state'],
    });
  });
});

describe('priority and weight', () => {
  it.each(['-1', '65536', '1.5', '1e400', '-1e400', '"10"', 'true', '[]', '{}'])(
    'fall back to the default for %s',
    (json) => {
      const { instance, adjusted } = adjustedInstanceOf(`{"address":"10.0.0.1","priority":${json},"weight":${json}}`);
      expect(instance).toMatchObject({ priority: DEFAULT_PRIORITY, weight: DEFAULT_WEIGHT });
      expect(adjusted).toEqual(['priority', 'weight']);
    },
  );
});

describe('ttl', () => {
  it.each([
    [1, 1],
    [5, 5],
    [300, 300],
  ])('is kept at %d', (ttl, seconds) => {
    expect(instanceOf({ address: '10.0.0.1', ttl }).ttlSeconds).toBe(seconds);
  });

  it.each([
    ['0', 1],
    ['-5', 1],
    ['301', 300],
    ['1e300', 300],
    ['5.9', 5],
    ['0.5', 1],
    ['1e400', undefined],
    ['"60"', undefined],
  ])('of %s is clamped to %s and counted', (json, seconds) => {
    const { instance, adjusted } = adjustedInstanceOf(`{"address":"10.0.0.1","ttl":${json}}`);
    expect(instance.ttlSeconds).toBe(seconds);
    expect(adjusted).toEqual(['ttl']);
  });
});

describe('metadata', () => {
  it('is TXT strings in UTF-8 octets', () => {
    expect(instanceOf({ address: '10.0.0.1', metadata: { ort: 'Köln', n: '' } }).texts).toEqual([
      'ort=K\xc3\xb6ln',
      'n=',
    ]);
  });

  it('keeps a pair of 255 octets and leaves out one of 256', () => {
    const pair = (octets: number) => ({ k: 'v'.repeat(octets - 'k='.length) });
    expect(instanceOf({ address: '10.0.0.1', metadata: pair(255) }).texts[0]).toHaveLength(255);
    expect(adjustedInstanceOf({ address: '10.0.0.1', metadata: pair(256) })).toMatchObject({
      instance: { texts: [] },
      adjusted: ['metadata'],
    });
    // 254 characters, 256 octets.
    expect(adjustedInstanceOf({ address: '10.0.0.1', metadata: { k: `${'v'.repeat(250)}éé` } }).instance.texts).toEqual(
      [],
    );
  });

  it.each([
    ['an empty key', { '': 'v' }],
    ['a key with an equals sign', { 'a=b': 'v' }],
    ['an object', { a: { b: 1 } }],
    ['an array', { a: [1] }],
  ])('leaves out %s and keeps its neighbours', (_, pair) => {
    const { instance, adjusted } = adjustedInstanceOf({ address: '10.0.0.1', metadata: { x: 1, ...pair, y: 2 } });
    expect(instance.texts).toEqual(['x=1', 'y=2']);
    expect(adjusted).toEqual(['metadata']);
  });

  it.each([['text'], [7], [['a', 'b']]])('that is %j gives no texts', (metadata) => {
    expect(adjustedInstanceOf({ address: '10.0.0.1', metadata })).toMatchObject({
      instance: { texts: [] },
      adjusted: ['metadata'],
    });
  });

  it('cannot reach a prototype', () => {
    const value = `{"address":"10.0.0.1","__proto__":{"priority":1,"port":80},
      "metadata":{"__proto__":{"polluted":"1"},"constructor":"c"},"ports":{"__proto__":{"port":1}}}`;
    const { instance } = adjustedInstanceOf(value);
    expect(instance).toMatchObject({ priority: DEFAULT_PRIORITY, ports: [], texts: ['constructor=c'] });
    expect('polluted' in {}).toBe(false);
  });
});

describe('the JSON format of SkyDNS and CoreDNS', () => {
  it('reads every field', () => {
    expect(
      instanceOf({
        host: '10.0.0.1',
        port: 8080,
        priority: 20,
        weight: 50,
        ttl: 60,
        text: 'hello',
        group: 'g1',
        targetstrip: 2,
        mail: true,
      }),
    ).toMatchObject({
      host: ipv4('10.0.0.1'),
      ports: [tcp(8080)],
      priority: 20,
      weight: 50,
      ttlSeconds: 60,
      texts: ['hello'],
      up: true,
      group: 'g1',
      targetStrip: 2,
      mail: true,
    });
  });

  it('takes zero and the empty text for absent, as its writers do', () => {
    expect(
      instanceOf({ host: 'a.example', port: 0, priority: 0, weight: 0, ttl: 0, text: '', group: '' }),
    ).toMatchObject({
      host: named('a.example.'),
      ports: [],
      priority: DEFAULT_PRIORITY,
      weight: DEFAULT_WEIGHT,
      ttlSeconds: undefined,
      texts: [],
      group: undefined,
    });
  });

  it('reads port -1 as no SRV record', () => {
    expect(instanceOf({ host: '10.0.0.1', port: -1 }).ports).toEqual([]);
  });

  it('cuts a text into TXT strings of 255 octets and loses none', () => {
    const text = 'é'.repeat(300);
    const { texts } = instanceOf({ host: '10.0.0.1', text });
    expect(texts.map((part) => part.length)).toEqual([255, 255, 90]);
    expect(Buffer.from(texts.join(''), 'latin1').toString('utf8')).toBe(text);
  });

  it('does without each field that is of the wrong type', () => {
    const { instance, adjusted } = adjustedInstanceOf({
      host: '10.0.0.1',
      text: 1,
      group: [],
      targetstrip: -1,
      mail: 'yes',
    });
    expect(instance).toMatchObject({ texts: [], group: undefined, targetStrip: 0, mail: false });
    expect(adjusted).toEqual(['text', 'group', 'targetstrip', 'mail']);
  });

  it('reads what registrator writes', () => {
    expect(instanceOf('{"host":"192.168.1.102","port":49153}')).toMatchObject({
      host: ipv4('192.168.1.102'),
      ports: [tcp(49153)],
    });
  });

  it('reads what external-dns writes, text beside an address and beside a name', () => {
    const text = '"heritage=external-dns,external-dns/owner=default"';
    expect(instanceOf({ host: '203.0.113.7', text, targetstrip: 1 })).toMatchObject({
      host: ipv4('203.0.113.7'),
      ports: [],
      texts: [text],
      targetStrip: 1,
    });
    expect(instanceOf({ host: 'lb.example.com', text, ttl: 60, targetstrip: 1 })).toMatchObject({
      host: named('lb.example.com.'),
      texts: [text],
      ttlSeconds: 60,
    });
  });
});

describe('the JSON format of etcd gRPC naming', () => {
  it.each([
    ['{"Op":0,"Addr":"10.0.0.1:9000","Metadata":null}', { ports: [tcp(9000)], texts: [], up: true }],
    ['{"Op":1,"Addr":"10.0.0.1:9000","Metadata":null}', { ports: [tcp(9000)], up: false }],
    ['{"Addr":"10.0.0.1:9000"}', { ports: [tcp(9000)], up: true }],
    ['{"Op":0,"Addr":"http://10.0.0.1:9000"}', { ports: [tcp(9000, 'http')] }],
    ['{"Op":0,"Addr":"10.0.0.1:9000","Metadata":{"zone":"a","weight":3}}', { texts: ['zone=a', 'weight=3'] }],
  ])('%s', (text, expected) => {
    expect(instanceOf(text)).toMatchObject({ host: ipv4('10.0.0.1'), ...expected });
  });

  it('takes an unknown Op for an address that was added', () => {
    expect(adjustedInstanceOf({ Op: 2, Addr: '10.0.0.1:9000' })).toMatchObject({
      instance: { up: true },
      adjusted: ['op'],
    });
  });

  it('does without metadata that is not an object', () => {
    expect(adjustedInstanceOf({ Addr: '10.0.0.1:9000', Metadata: 'v1' }).adjusted).toEqual(['metadata']);
  });
});

describe('the JSON format of kratos', () => {
  it('makes a named port of every endpoint on the first address', () => {
    const value = {
      id: 'host-1',
      name: 'helloworld',
      version: 'v1.0.0',
      metadata: { region: 'eu' },
      endpoints: ['http://10.0.0.1:8000?isSecure=false', 'grpc://10.0.0.1:9000?isSecure=false'],
    };
    expect(instanceOf(value)).toMatchObject({
      host: ipv4('10.0.0.1'),
      ports: [tcp(8000, 'http'), tcp(9000, 'grpc')],
      texts: ['region=eu'],
    });
  });

  it('reads a host name in any case as one address', () => {
    const endpoints = ['http://Host.example:1', 'grpc://host.EXAMPLE:2'];
    expect(instanceOf({ endpoints }).ports).toEqual([tcp(1, 'http'), tcp(2, 'grpc')]);
  });

  it.each([
    ['of no use', 'grpc://10.0.0.1'],
    ['on a forbidden address', 'http://169.254.169.254:80'],
    ['on another address', 'grpc://10.0.0.2:9000'],
    ['on a host name', 'grpc://host.example:9000'],
    ['that is not text', 7],
  ])('leaves out an endpoint %s', (_, endpoint) => {
    const { instance, adjusted } = adjustedInstanceOf({ endpoints: ['http://10.0.0.1:8000', endpoint] });
    expect(instance).toMatchObject({ host: ipv4('10.0.0.1'), ports: [tcp(8000, 'http')] });
    expect(adjusted).toEqual(['endpoints']);
  });

  it('takes the address of the second endpoint when the first cannot be used', () => {
    expect(adjustedInstanceOf({ endpoints: ['http://[fe80::1]:1', 'http://10.0.0.1:2'] }).instance).toMatchObject({
      host: ipv4('10.0.0.1'),
      ports: [tcp(2, 'http')],
    });
  });
});

describe('a rejected value', () => {
  const long = (octets: number) => `10.0.0.1:80${' '.repeat(octets - '10.0.0.1:80'.length)}`;

  it.each<[RejectionReason, string | Uint8Array | object]>([
    ['value-too-long', long(VALUE_MAX_OCTETS + 1)],
    ['empty', ''],
    ['empty', ' \n'],
    ['not-text', Uint8Array.of(0xff, 0xfe, 0x31)],
    ['not-text', Uint8Array.of(0xc0, 0x80)],
    ['not-text', '10.0.0.1\0:80'],
    ['not-text', '\x1b[31m10.0.0.1:80'],
    ['not-text', 'host\x85.example:80'],
    ['not-text', '{"address":"10.0.0.1"}\x07'],
    ['bad-syntax', '10.0.0.1:80 10.0.0.2:80'],
    ['bad-syntax', '10.0.0.1:80\n10.0.0.2:80'],
    ['bad-syntax', 'http:// 10.0.0.1'],
    ['bad-syntax', '://10.0.0.1'],
    ['bad-syntax', '1http://10.0.0.1'],
    ['bad-syntax', '[fd00::1'],
    ['bad-syntax', '[fd00::1]80'],
    ['bad-syntax', 'http://user:secret@10.0.0.1'],
    ['bad-syntax', 'user:secret@10.0.0.1:80'],
    ['bad-json', '{'],
    ['bad-json', '{"address":"10.0.0.1"'],
    ['bad-json', "{'address':'10.0.0.1'}"],
    ['bad-json', '{"address":"10.0.0.1"} x'],
    ['bad-json', '{"address":"10.0.0.1\n"}'],
    ['unknown-format', '{}'],
    ['unknown-format', '{"__proto__":{"address":"10.0.0.1"}}'],
    ['unknown-format', { name: 'x', nodes: [] }],
    ['unknown-format', 'enabled'],
    ['bad-host', ':8080'],
    ['bad-host', 'http://'],
    ['bad-host', 'http://:80'],
    ['bad-host', 'dns:///host.example:80'],
    ['bad-host', 'unix:///run/a.sock'],
    ['bad-host', '10.0.0.1:80:90'],
    ['bad-host', 'http://fd00::1:80'],
    ['bad-host', '[10.0.0.1]:80'],
    ['bad-host', '[host]:80'],
    ['bad-host', '["10.0.0.1:80"]'],
    ['bad-host', '[]:80'],
    ['bad-host', '[fd00::g]:80'],
    ['bad-host', '010.0.0.1:8080'],
    ['bad-host', 'http://010.0.0.1:8080'],
    ['bad-host', '10.1:80'],
    ['bad-host', '999.1.1.1:80'],
    ['bad-host', '1.2.3.4.5:80'],
    ['bad-host', '2130706433:80'],
    ['bad-host', '0x7f000001:80'],
    ['bad-host', '0x7f.0.0.0x1:80'],
    ['bad-host', 'host.123.:80'],
    ['bad-host', '12345'],
    ['bad-host', '"10.0.0.1:80"'],
    ['bad-host', '10.0.0.1,10.0.0.2'],
    ['bad-host', 'a..example:80'],
    ['bad-host', '.example:80'],
    ['bad-host', '.:80'],
    ['bad-host', '*.example:80'],
    ['bad-host', '-a.example:80'],
    ['bad-host', 'a-.example:80'],
    ['bad-host', 'a\\065b.example:80'],
    ['bad-host', 'bücher.example:80'],
    ['bad-host', `${'a'.repeat(64)}.example:80`],
    ['bad-host', `${'a.'.repeat(127)}a:80`],
    ['bad-host', { address: '10.0.0.1:8080' }],
    ['bad-host', { address: '' }],
    ['bad-host', { address: 7 }],
    ['bad-host', { host: null }],
    ['bad-host', { text: 'a text alone', targetstrip: 1 }],
    ['bad-host', { Op: 0, Addr: '' }],
    ['bad-host', { Op: 0, Addr: null }],
    ['bad-host', { endpoints: [] }],
    ['bad-host', { endpoints: 'http://10.0.0.1' }],
    ['bad-host', { endpoints: [null] }],
    ['forbidden-address', '0.0.0.0:80'],
    ['forbidden-address', '[::]:80'],
    ['forbidden-address', '169.254.169.254:80'],
    ['forbidden-address', 'http://224.0.0.1'],
    ['forbidden-address', '255.255.255.255:80'],
    ['forbidden-address', '[ff02::1]:80'],
    ['forbidden-address', '[fe80::1%eth0]:80'],
    ['forbidden-address', '[::ffff:169.254.169.254]:80'],
    ['forbidden-address', { host: '0.0.0.0' }],
    ['bad-port', '10.0.0.1:'],
    ['bad-port', '10.0.0.1:0'],
    ['bad-port', '10.0.0.1:65536'],
    ['bad-port', '10.0.0.1:080'],
    ['bad-port', '10.0.0.1:80x'],
    ['bad-port', '10.0.0.1:+80'],
    ['bad-port', '10.0.0.1:-1'],
    ['bad-port', '10.0.0.1:1e3'],
    ['bad-port', '10.0.0.1:0x50'],
    ['bad-port', '10.0.0.1:99999999999999999999'],
    ['bad-port', 'http://10.0.0.1:'],
    ['bad-port', 'http://10.0.0.1:0'],
    ['bad-port', '[fd00::1]:'],
    ['bad-port', { address: '10.0.0.1', port: 0 }],
    ['bad-port', { address: '10.0.0.1', port: 80.5 }],
    ['bad-port', { address: '10.0.0.1', port: true }],
    ['bad-port', { address: '10.0.0.1', port: [80] }],
    ['bad-port', { address: '10.0.0.1', port: ' 80' }],
    ['bad-port', { address: '10.0.0.1', ports: [80] }],
    ['bad-port', { address: '10.0.0.1', ports: { http: [80] } }],
    ['bad-port', { address: '10.0.0.1', ports: { http: {} } }],
    ['bad-port', { host: '10.0.0.1', port: -2 }],
    ['bad-port', { host: '10.0.0.1', port: 65536 }],
    ['bad-port', { Addr: '10.0.0.1:0' }],
    ['missing-port', 'grpc://10.0.0.1'],
    ['missing-port', 'constructor://10.0.0.1'],
    ['missing-port', 'udp://10.0.0.1/'],
    ['missing-port', { endpoints: ['grpc://10.0.0.1'] }],
  ])('is %s: %j', (reason, value) => {
    const rejection = rejectionOf(value);
    expect(rejection).toMatchObject({ key: KEY, reason });
    expect(rejection.detail).toMatch(/^[ -~]{10,200}$/);
  });

  it('is one octet longer than a value may be', () => {
    expect(instanceOf(long(VALUE_MAX_OCTETS)).host).toEqual(ipv4('10.0.0.1'));
    expect(rejectionOf(long(VALUE_MAX_OCTETS + 1)).detail).toBe('value of 4097 octets: expected at most 4096');
  });

  it('is JSON one level deeper than the limit', () => {
    // The value itself is the first level.
    const nested = (levels: number) => JSON.parse(`${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}`);
    expect(instanceOf({ address: '10.0.0.1', x: nested(JSON_MAX_DEPTH) }).ports).toEqual([]);
    expect(rejectionOf({ address: '10.0.0.1', x: nested(JSON_MAX_DEPTH + 1) }).reason).toBe('bad-json');
    expect(rejectionOf(`{"address":"10.0.0.1","x":${'['.repeat(2000)}${']'.repeat(2000)}}`).reason).toBe('bad-json');
  });

  it('is JSON with one member more than the limit', () => {
    const members = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 1]));
    expect(instanceOf({ address: '10.0.0.1', metadata: members(JSON_MAX_MEMBERS) }).texts).toHaveLength(
      JSON_MAX_MEMBERS,
    );
    expect(rejectionOf({ address: '10.0.0.1', metadata: members(JSON_MAX_MEMBERS + 1) }).reason).toBe('bad-json');
    expect(rejectionOf({ address: '10.0.0.1', ...members(JSON_MAX_MEMBERS) }).reason).toBe('bad-json');
    const endpoints = Array.from({ length: JSON_MAX_MEMBERS + 1 }, (_, index) => `http://10.0.0.1:${index + 1}`);
    expect(rejectionOf({ endpoints }).reason).toBe('bad-json');
  });

  it.each([
    'http://user:hunter2@10.0.0.1',
    'http://user:hunter2/@10.0.0.1',
    'postgres://u:hunter2@db:5432/x',
    'user:hunter2@10.0.0.1:80',
    '[hunter2@fd00::1]:80',
    'http://user:hunter2@10.0.0.1 second',
    '://user:hunter2@10.0.0.1',
    '{"address":"user:hunter2@10.0.0.1"}',
    '{"Addr":"user:hunter2@10.0.0.1"}',
    '{"endpoints":"http://user:hunter2@10.0.0.1"}',
    '{"endpoints":["http://user:hunter2@10.0.0.1"]}',
    '{"address":"user:hunter2@10.0.0.1" x}',
  ])('does not show the password in %s', (value) => {
    expect(rejectionOf(value).detail).not.toContain('hunter2');
  });

  it('says what was found and what was expected, in one short line', () => {
    expect(rejectionOf('10.0.0.1:080').detail).toBe('port "080": expected 1 to 65535 in decimal');
    expect(rejectionOf('fe80::1').detail).toBe('host "fe80::1": a link-local address');
    expect(rejectionOf(`${'é'.repeat(2000)}:80`).detail.length).toBeLessThanOrEqual(DETAIL_MAX_CHARACTERS);
  });
});
