// Keys and the names they have.

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Port } from '../../src/registry/instance.ts';
import { type NameMap, namesOfKey, serviceNames } from '../../src/registry/names.ts';
import { formatName, labelsOf, nameOf } from '../../src/wire/name.ts';

const map = (prefix: string, name: string, subtree = false): NameMap => {
  return { prefix, name: nameOf(name), apex: nameOf('svc.local'), subtree };
};
const ALL = map('/', 'svc.local');

/** Own name, target and aggregates, in text. */
function names(of: NameMap, key: string): string[] {
  const found = namesOfKey(of, key);
  return found === undefined ? [] : [found.own, found.target, ...found.aggregates].map(formatName);
}

/** RFC 4648 §6 in the words of the standard: five bits a character. */
function hashLabel(key: string): string {
  const bits = [...createHash('sha256').update(key, 'latin1').digest().subarray(0, 5)]
    .map((octet) => octet.toString(2).padStart(8, '0'))
    .join('');
  return (bits.match(/.{5}/g) ?? [])
    .map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(five, 2)])
    .join('');
}

describe('the names of a key', () => {
  it.each([
    [ALL, '/specServer/1', ['1.specServer.svc.local.', '1.specServer.svc.local.', 'specServer.svc.local.']],
    [ALL, '/web', ['web.svc.local.', 'web.svc.local.']],
    [ALL, '/web/eu/1', ['1.eu.web.svc.local.', '1.eu.web.svc.local.', 'eu.web.svc.local.']],
    [
      map('/', 'svc.local', true),
      '/web/eu/1',
      ['1.eu.web.svc.local.', '1.eu.web.svc.local.', 'eu.web.svc.local.', 'web.svc.local.'],
    ],
    [
      map('/specServer/', 'specServer.svc.local'),
      '/specServer/1',
      ['1.specServer.svc.local.', '1.specServer.svc.local.', 'specServer.svc.local.'],
    ],
    [map('/skydns/local/svc/', 'svc.local'), '/skydns/local/svc/web', ['web.svc.local.', 'web.svc.local.']],
    [map('', 'svc.local'), 'web/1', ['1.web.svc.local.', '1.web.svc.local.', 'web.svc.local.']],
  ])('are its segments in reverse in front of the name of the prefix: %# %s', (of, key, expected) => {
    expect(names(of, key)).toEqual(expected);
  });

  it.each([
    ['a dot', '10.0.0.1'],
    ['a colon', 'host:8080'],
    ['64 octets', 'a'.repeat(64)],
    ['nothing', ''],
    ['a control character', 'a\u0007'],
    ['a space', 'a b'],
    ['octets above 127', 'caf\u00c3\u00a9'],
    ['an asterisk', '*'],
  ])('has a hash of the key in place of an id with %s', (_, id) => {
    const own = `${hashLabel(`/web/${id}`)}.web.svc.local.`;
    expect(names(ALL, `/web/${id}`)).toEqual([own, own, 'web.svc.local.']);
  });

  it('has a hash of the path so far in place of any other such segment, so that all below it stay together', () => {
    const service = `${hashLabel('/web.example')}.svc.local.`;
    expect(names(ALL, '/web.example/1')).toEqual([`1.${service}`, `1.${service}`, service]);
    expect(names(ALL, '/web.example/2')).toEqual([`2.${service}`, `2.${service}`, service]);
  });

  it.each([
    ['15 octets', 'abcdefghijklmno', true],
    ['16 octets', 'abcdefghijklmnop', false],
    ['one octet', 'a', true],
    ['hyphens inside', 'a-b--c', true],
    ['a hyphen at its end', 'a-', false],
    ['a hyphen at its beginning', '-a', false],
    ['an underscore', 'a_b', false],
  ])('keeps an id with %s as SRV target or not', (_, id, isKept) => {
    const target = isKept ? id : hashLabel(`/web/${id}`);
    expect(names(ALL, `/web/${id}`)).toEqual([`${id}.web.svc.local.`, `${target}.web.svc.local.`, 'web.svc.local.']);
  });

  it('end at 255 octets', () => {
    const deep = (count: number) => `/${Array.from({ length: count }, () => 'a'.repeat(47)).join('/')}`;
    // Labels of 48 octets in front of 11 for svc.local.
    expect(names(ALL, deep(5))).not.toEqual([]);
    expect(names(ALL, deep(6))).toEqual([]);
    const longest = `/${'a'.repeat(50)}/${'a'.repeat(63)}/${'a'.repeat(63)}/${'a'.repeat(63)}`;
    expect(namesOfKey(ALL, longest)?.own).toHaveLength(254);
    expect(namesOfKey(ALL, `/b${longest.slice(1)}`)?.own).toHaveLength(255);
    expect(namesOfKey(ALL, `/bb${longest.slice(1)}`)).toBeUndefined();
  });

  it('never have an illegal label, whatever the key', () => {
    for (let octet = 0; octet < 256; octet += 1) {
      const found = namesOfKey(ALL, `/web/x${String.fromCharCode(octet)}/y`);
      for (const label of found === undefined ? [] : labelsOf(found.own))
        expect(label).toMatch(/^[A-Za-z0-9_-]{1,63}$/);
    }
  });
});

describe('the RFC 2782 names of a service', () => {
  const port = (name: string | undefined, number: number, protocol = 'tcp'): Port => ({ name, number, protocol });
  const pairs = (service: string, ports: readonly Port[]) =>
    serviceNames(nameOf(service), nameOf('svc.local'), ports).map((pair) => [formatName(pair.name), pair.port.number]);

  it('are one for the main port and one for each port with a name', () => {
    expect(pairs('web.svc.local', [port('http', 80), port(undefined, 81), port('dns', 53, 'udp')])).toEqual([
      ['_web._tcp.svc.local.', 80],
      ['_http._tcp.web.svc.local.', 80],
      ['_dns._udp.web.svc.local.', 53],
    ]);
  });

  it('are none without ports, and only those of named ports for a service that begins with an underscore', () => {
    expect(pairs('web.svc.local', [])).toEqual([]);
    expect(pairs('_web.svc.local', [port('http', 80)])).toEqual([['_http._tcp._web.svc.local.', 80]]);
  });

  it('stay inside the zone', () => {
    expect(pairs('svc.local', [port(undefined, 80)])).toEqual([]);
  });

  it('are left out where they would be too long', () => {
    const label = 'a'.repeat(63);
    expect(pairs(`${label}.svc.local`, [port(undefined, 80)])).toEqual([]);
    expect(pairs(`${label.slice(1)}.svc.local`, [port(undefined, 80)])).toHaveLength(1);
  });
});
