// What must hold for any octets at all, for nearly right values, and for values built from known parts.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { REJECTION_REASONS, TTL_MAX_SECONDS, TTL_MIN_SECONDS } from '../../src/registry/instance.ts';
import { ADJUSTMENTS, parseValue } from '../../src/registry/value.ts';

function parse(value: Uint8Array | string) {
  const octets = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  return parseValue({ kind: 'put', key: '/specServer/1', value: octets, modRevision: 1n, leaseId: '0' });
}

/** Pieces of real values, joined at random: most results break one rule only. */
const pieces = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'http',
        '://',
        ':',
        '[',
        ']',
        '.',
        '@',
        '%',
        '{',
        '}',
        '"',
        ',',
        ' ',
        '\n',
        '\0',
        '\x1b',
        '\u202e',
      ),
      fc.constantFrom('10.0.0.1', 'fd00::1', '8080', 'host', 'example', '0', 'é', '😀', '\ud800'),
      fc.constantFrom('"address":', '"host":', '"Addr":', '"endpoints":', '"ports":', '"__proto__":', '"metadata":'),
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(''));

/** JSON objects that have the fields of the formats, with anything in them. */
const nearlyJson = fc
  .record(
    Object.fromEntries(
      [
        ...['address', 'port', 'ports', 'priority', 'weight', 'ttl', 'metadata', 'state', 'host', 'text', 'group'],
        ...['targetstrip', 'mail', 'Op', 'Addr', 'Metadata', 'endpoints'],
      ].map((field) => [
        field,
        fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('10.0.0.1', 'a.example:1', 80)),
      ]),
    ),
    { requiredKeys: [] },
  )
  .map((value) => JSON.stringify(value));

const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

it('gives an instance within its limits or a rejection with a printable detail for any octets, and never throws', () => {
  const anything = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: 'binary' }), pieces, nearlyJson);
  fc.assert(
    fc.property(anything, (value) => {
      const parsed = parse(value);
      if (parsed.kind === 'rejection') {
        expect(REJECTION_REASONS).toContain(parsed.rejection.reason);
        expect(parsed.rejection.detail).toMatch(/^[ -~]{1,200}$/);
        return;
      }
      const { instance, adjusted } = parsed;
      for (const adjustment of adjusted) expect(ADJUSTMENTS).toContain(adjustment);
      for (const port of instance.ports) {
        expect(Number.isInteger(port.number) && port.number >= 1 && port.number <= 65_535).toBe(true);
        expect(port.name === undefined || (LABEL.test(port.name) && port.name.length <= 62)).toBe(true);
        expect(LABEL.test(port.protocol) && port.protocol.length <= 62).toBe(true);
      }
      for (const number of [instance.priority, instance.weight]) {
        expect(Number.isInteger(number) && number >= 0 && number <= 65_535).toBe(true);
      }
      const { ttlSeconds = TTL_MIN_SECONDS } = instance;
      expect(Number.isInteger(ttlSeconds) && ttlSeconds >= TTL_MIN_SECONDS && ttlSeconds <= TTL_MAX_SECONDS).toBe(true);
      for (const text of instance.texts) {
        expect(text.length).toBeLessThanOrEqual(255);
        expect(text.split('').every((octet) => octet.charCodeAt(0) <= 0xff)).toBe(true);
      }
    }),
    { numRuns: 3000 },
  );
});

it('reads any IPv4 address and port as host:port, as a URL and as JSON alike', () => {
  const address = fc
    .tuple(fc.integer({ min: 1, max: 168 }), fc.nat(255), fc.nat(255), fc.nat(255))
    .map((octets) => octets.join('.'));
  fc.assert(
    fc.property(address, fc.integer({ min: 1, max: 65_535 }), (host, port) => {
      const values = [`${host}:${port}`, `x://${host}:${port}/`, JSON.stringify({ host, port })];
      for (const value of values) {
        expect(parse(value)).toMatchObject({
          kind: 'instance',
          instance: { host: { kind: 'ipv4', address: host }, ports: [{ number: port }] },
        });
      }
    }),
  );
});

it('gives the same result for the same octets', () => {
  fc.assert(
    fc.property(nearlyJson, (value) => {
      expect(parse(value)).toEqual(parse(value));
    }),
  );
});

it('reads no octet of a value that is too long', () => {
  let reads = 0;
  const value = new Proxy(new Uint8Array(64 * 1024), {
    get(octets, property) {
      if (property === 'length') return octets.length;
      reads += 1;
      return Reflect.get(octets, property, octets);
    },
  });
  const put = { kind: 'put', key: '/specServer/1', value, modRevision: 1n, leaseId: '0' } as const;
  expect(parseValue(put)).toMatchObject({ rejection: { reason: 'value-too-long' } });
  expect(reads).toBe(0);
});
