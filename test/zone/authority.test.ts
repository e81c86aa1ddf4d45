// Which zone a name is in, when what was worked out is to be worked out again, and the serials.

import { describe, expect, it } from 'vitest';
import { foldName, formatName, nameOf } from '../../src/wire/name.ts';
import { soaRRset } from '../../src/zone/authority.ts';
import { putOf, World, zoneFileOf } from '../scenarios/world.ts';

const folded = (text: string) => foldName(nameOf(text));

function soaFile(origin: string, serial = 1) {
  return zoneFileOf(`@ 60 SOA ns1 hostmaster ${serial} 1h 10m 1w 2\n`, nameOf(origin));
}

function serialOf(world: World, zone: string): number | undefined {
  return world.authority.zones.get(folded(zone))?.serial;
}

describe('the zone of a name', () => {
  const world = new World({ zones: ['svc.local'] });
  world.authority.setZoneFiles(['eu.svc.local', 'org'].map((origin) => soaFile(origin)));
  const zoneOf = (text: string) => {
    const zone = world.authority.find(folded(text));
    return zone === undefined ? undefined : formatName(zone.fixed.name);
  };

  it('is the one with the longest apex', () => {
    expect(zoneOf('web.svc.local')).toBe('svc.local.');
    expect(zoneOf('SVC.local')).toBe('svc.local.');
    expect(zoneOf('web.eu.svc.local')).toBe('eu.svc.local.');
    expect(zoneOf('eu.svc.local')).toBe('eu.svc.local.');
    expect(zoneOf('example.org')).toBe('org.');
  });

  it('is none outside of all, above an apex, and where only the octets of a label fit', () => {
    for (const text of ['local', '.', 'xsvc.local', 'svc.local.example', 'com']) expect(zoneOf(text)).toBeUndefined();
  });

  it('is the root for every name, where the root is a zone', () => {
    const root = new World();
    root.authority.setZoneFiles([soaFile('.')]);
    expect(root.authority.find(folded('example.com'))?.fixed.name).toBe(nameOf('.'));
    expect(root.authority.find(folded('.'))?.fixed.name).toBe(nameOf('.'));
    expect(root.authority.find(folded('web.svc.local'))?.fixed.name).toBe(nameOf('svc.local'));
  });
});

describe('the existence of a name', () => {
  it('comes from a zone file, from a registration, or from a name below', () => {
    const world = new World();
    world.readZoneFile('@ 60 SOA ns1 hostmaster 1 1h 10m 1w 2\na.static 60 A 10.0.0.1\n* 60 A 10.0.0.2\n');
    world.put('/web/1', '10.0.0.1:80');
    for (const text of ['svc.local', 'static.svc.local', 'a.static.svc.local', 'web.svc.local', '_tcp.svc.local']) {
      expect(world.authority.exists(folded(text))).toBe(true);
    }
    // A wildcard gives records to names that do not exist.
    for (const text of ['b.svc.local', 'local', 'web.example'])
      expect(world.authority.exists(folded(text))).toBe(false);
  });
});

describe('what was worked out', () => {
  it('is worked out again after new zone files, and when registered names begin or cease to count', () => {
    const { authority } = new World();
    const epochs = [authority.epoch];
    for (const knowledge of ['stale', 'live', 'expired', 'none', 'live'] as const) {
      authority.knowledge = knowledge;
      epochs.push(authority.epoch);
    }
    const [first = 0] = epochs;
    expect(epochs.map((epoch) => epoch - first)).toEqual([0, 0, 0, 1, 1, 2]);
    authority.setZoneFiles([]);
    expect(authority.epoch - first).toBe(3);
  });
});

describe('the serial', () => {
  it('is the revision of the last change in the zone, plus the serial of its file', () => {
    const world = new World({ zones: ['svc.local', 'svc.internal'], maps: ['/a=svc.local', '/b=svc.internal'] });
    world.revision = 99n;
    world.put('/a/1', '10.0.0.1:80');
    expect([serialOf(world, 'svc.local'), serialOf(world, 'svc.internal')]).toEqual([100, 0]);
    world.put('/b/1', '10.0.0.1:80');
    expect([serialOf(world, 'svc.local'), serialOf(world, 'svc.internal')]).toEqual([100, 101]);
    world.authority.setZoneFiles([soaFile('svc.local', 1000)]);
    expect([serialOf(world, 'svc.local'), serialOf(world, 'svc.internal')]).toEqual([1100, 101]);
    world.authority.setZoneFiles([]);
    expect(serialOf(world, 'svc.local')).toBe(100);
  });

  it('is the same on every server, also where one revision reaches the zone below two prefixes, one after the other', () => {
    const apart = new World();
    const together = new World();
    for (const world of [apart, together]) world.revision = 9n;
    for (const key of ['/a/1', '/b/1']) {
      const changes = [putOf(key, '10.0.0.1:80', 10n)];
      apart.authority.changed(apart.registry.apply({ revision: 10n, changes, source: 'watch' }).apexes, 10n);
    }
    together.apply([putOf('/a/1', '10.0.0.1:80', 10n), putOf('/b/1', '10.0.0.1:80', 10n)]);
    expect(serialOf(apart, 'svc.local')).toBe(10);
    expect(serialOf(together, 'svc.local')).toBe(10);
  });

  it('wraps with the 32 bits that it has, and goes on above them without a fall (RFC 1982)', () => {
    const world = new World();
    world.revision = 0xfffffffen;
    const serials = ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80'].map((value) => {
      world.put('/a/1', value);
      return serialOf(world, 'svc.local');
    });
    expect(serials).toEqual([0xffffffff, 0, 1]);
  });

  it('stays at that of the file in a zone without registered names', () => {
    const world = new World();
    world.authority.setZoneFiles([soaFile('example.org', 17)]);
    world.put('/a/1', '10.0.0.1:80');
    const zone = world.authority.zones.get(folded('example.org'));
    expect(zone && soaRRset(zone).data[0]).toMatchObject({ serial: 17 });
  });
});

describe('what was worked out', () => {
  it('holds when a change of the store changes no name', () => {
    const world = new World();
    world.put('/web/1', '10.0.0.1:80');
    const { generation } = world.authority;
    world.put('/web/1', '10.0.0.1:80');
    expect(world.authority.generation).toBe(generation);
    world.put('/web/1', '10.0.0.2:80');
    expect(world.authority.generation).toBe(generation + 1);
  });
});
