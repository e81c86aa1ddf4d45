// Every decision and what is answered for it, as the table of the design has it.

import { describe, expect, it } from 'vitest';
import { formatRcode } from '../../src/wire/codes.ts';
import { foldName, formatName, nameOf } from '../../src/wire/name.ts';
import { formatData, formatType, TYPE } from '../../src/wire/record-types.ts';
import { answer, type Refusal } from '../../src/zone/answer.ts';
import type { Zone } from '../../src/zone/authority.ts';
import { lookup, type Outcome } from '../../src/zone/lookup.ts';
import type { RRset } from '../../src/zone/rrset.ts';
import { World } from '../scenarios/world.ts';

const alias: RRset = { name: nameOf('a.svc.local'), type: TYPE.CNAME, ttlSeconds: 5, data: [] };
const delegation: RRset = { name: nameOf('sub.svc.local'), type: TYPE.NS, ttlSeconds: 60, data: [] };

function zone(isRegistered: boolean): Zone {
  const [made] = new World().authority.zones.values();
  if (made === undefined) throw new Error('no zone');
  return { ...made, isRegistered, serial: 7 };
}

/** Response code, AA, authority section, extended error, and the one that staleness brings. */
function row(decision: Outcome | Refusal): readonly unknown[] {
  const { rcode, isAuthoritative, authority, extendedError, staleError } = answer(decision);
  return [
    formatRcode(rcode),
    isAuthoritative,
    authority.map(({ type }) => formatType(type)),
    extendedError,
    staleError,
  ];
}

describe('what is answered', () => {
  const registered = zone(true);
  it.each<[string, Outcome, readonly unknown[]]>([
    [
      'a hit',
      { kind: 'hit', zone: registered, answers: [], basis: { kind: 'zones' } },
      ['NOERROR', true, [], undefined, 3],
    ],
    ['no data', { kind: 'nodata', zone: registered, answers: [] }, ['NOERROR', true, ['SOA'], undefined, 3]],
    ['no such name', { kind: 'nxdomain', zone: registered, answers: [] }, ['NXDOMAIN', true, ['SOA'], undefined, 19]],
    [
      'a referral',
      { kind: 'referral', zone: registered, answers: [], delegation },
      ['NOERROR', false, ['NS'], undefined, undefined],
    ],
    [
      'a referral behind an alias',
      { kind: 'referral', zone: registered, answers: [alias], delegation },
      ['NOERROR', true, ['NS'], undefined, undefined],
    ],
    ['a name outside of all zones', { kind: 'not-our-zone' }, ['REFUSED', false, [], 20, undefined]],
    ['a time before the first list', { kind: 'not-ready' }, ['SERVFAIL', false, [], 14, undefined]],
  ])('for %s follows from the outcome', (_, outcome, expected) => {
    expect(row(outcome)).toEqual(expected);
  });

  it.each<[Refusal['kind'], string, number | undefined]>([
    ['formerr', 'FORMERR', undefined],
    ['notimp', 'NOTIMP', undefined],
    ['badvers', 'BADVERS', undefined],
    ['servfail', 'SERVFAIL', undefined],
    ['class-refused', 'REFUSED', undefined],
    ['transfer-refused', 'REFUSED', undefined],
    ['client-refused', 'REFUSED', 18],
  ])('for the refusal %s is its code and nothing else', (kind, rcode, error) => {
    expect(row({ kind })).toEqual([rcode, false, [], error, undefined]);
  });

  it('says nothing about the age of a zone without registered names', () => {
    expect(row({ kind: 'nodata', zone: zone(false), answers: [] })[4]).toBeUndefined();
  });

  it('has in a negative answer the SOA of the zone with its serial and the lower of its TTL and its minimum', () => {
    const { authority } = answer({ kind: 'nxdomain', zone: registered, answers: [] });
    expect(authority.map(({ name, ttlSeconds }) => [formatName(name), ttlSeconds])).toEqual([['svc.local.', 2]]);
    expect(authority[0]?.data.map(formatData)).toEqual(['ns1.svc.local. hostmaster.svc.local. 7 3600 600 604800 2']);
  });
});

describe('what an answer holds for', () => {
  const kindOf = (world: World, name: string, type: number) =>
    answer(lookup(world.authority, foldName(nameOf(name)), type)).basis.kind;

  it('is its name for registered records alone, and all zones for anything that more names have part in', () => {
    const world = new World();
    world.put('/web/1', '10.0.0.1:80');
    world.put('/alias/1', 'web.svc.local:80');
    expect(kindOf(world, 'web.svc.local', TYPE.A)).toBe('name');
    expect(kindOf(world, 'web.svc.local', TYPE.SRV)).toBe('name');
    expect(kindOf(world, 'web.svc.local', TYPE.AAAA)).toBe('zones');
    expect(kindOf(world, 'alias.svc.local', TYPE.A)).toBe('zones');
    world.readZoneFile('@ 60 SOA ns1 hostmaster 1 1h 10m 1w 2\nweb 60 A 10.0.0.9\n');
    expect(kindOf(world, 'web.svc.local', TYPE.A)).toBe('zones');
  });
});
