// Outcomes that a scenario shows badly: how long alias chains may be, and which name a wildcard answers for.

import { describe, expect, it } from 'vitest';
import { foldName, formatName, nameOf } from '../../src/wire/name.ts';
import { formatData, TYPE } from '../../src/wire/record-types.ts';
import { aliasConflicts, lookup } from '../../src/zone/lookup.ts';
import { World } from '../scenarios/world.ts';

const SOA = '@ 60 SOA ns1 hostmaster 5 1h 10m 1w 2\n';

function ask(world: World, name: string, type: number) {
  return lookup(world.authority, foldName(nameOf(name)), type);
}

describe('a chain of aliases', () => {
  /** `c0` is an alias of `c1`, and so on; `c<length>` has an address. */
  function chain(length: number): World {
    const world = new World();
    const aliases = Array.from({ length }, (_, at) => `c${at} 60 CNAME c${at + 1}\n`);
    world.readZoneFile(`${SOA}${aliases.join('')}c${length} 60 A 10.0.0.1\n`);
    return world;
  }

  it.each([
    [1, 2],
    [15, 16],
    [16, 16],
    [17, 16],
  ])('of %i is answered with %i records', (length, records) => {
    const found = ask(chain(length), 'c0.svc.local', TYPE.A);
    expect(found.kind).toBe('hit');
    expect('answers' in found && found.answers).toHaveLength(records);
  });

  it('is not followed for CNAME itself, and not for ANY', () => {
    const world = chain(3);
    for (const type of [TYPE.CNAME, TYPE.ANY]) {
      const found = ask(world, 'c0.svc.local', type);
      expect('answers' in found && found.answers).toHaveLength(1);
    }
  });
});

describe('a wildcard', () => {
  const world = new World();
  world.readZoneFile(
    `${SOA}* 60 TXT "top"\n*.a 60 TXT "below a"\nb.a 60 A 10.0.0.1\nc.d 60 A 10.0.0.2\n*.e 60 CNAME b.a\nf.*.g 60 A 10.0.0.3\n`,
  );
  world.put('/web/1', '10.0.0.4:80');
  const text = (name: string) => {
    const found = ask(world, name, TYPE.TXT);
    return 'answers' in found && found.answers.length > 0
      ? found.answers.flatMap(({ data }) => data.map(formatData))
      : found.kind;
  };

  it('answers for names below its closest encloser only (RFC 4592 §3.3.1)', () => {
    expect(text('x.svc.local')).toEqual(['"top"']);
    expect(text('x.y.svc.local')).toEqual(['"top"']);
    expect(text('x.a.svc.local')).toEqual(['"below a"']);
    expect(text('x.y.a.svc.local')).toEqual(['"below a"']);
    // b.a and d exist, so names below them are answered from *.b.a and *.d, which do not.
    expect(text('x.b.a.svc.local')).toBe('nxdomain');
    expect(text('x.d.svc.local')).toBe('nxdomain');
  });

  it('answers for no name that exists, registered and empty ones included', () => {
    expect(text('a.svc.local')).toBe('nodata');
    expect(text('b.a.svc.local')).toBe('nodata');
    expect(text('d.svc.local')).toBe('nodata');
    expect(text('web.svc.local')).toBe('nodata');
    expect(text('_tcp.svc.local')).toBe('nodata');
    expect(text('x.web.svc.local')).toBe('nxdomain');
  });

  it('is a name like any other when it is asked for, also as an empty one', () => {
    expect(text('*.svc.local')).toEqual(['"top"']);
    expect(text('*.g.svc.local')).toBe('nodata');
    expect(text('x.g.svc.local')).toBe('nodata');
  });

  it('gives its alias to the name that was asked for', () => {
    const found = ask(world, 'x.e.svc.local', TYPE.A);
    expect('answers' in found && found.answers.map(({ name }) => name)).toEqual(
      ['x.e.svc.local', 'b.a.svc.local'].map(nameOf),
    );
  });
});

describe('a CNAME beside other data', () => {
  const conflictsOf = (world: World) => {
    const names = ['db.svc.local', 'web.svc.local', 'nobody.svc.local'].map((name) => foldName(nameOf(name)));
    return aliasConflicts(world.authority, names).map(formatName);
  };

  it('is told when the zone file has the CNAME', () => {
    const world = new World();
    world.readZoneFile(`${SOA}db 60 CNAME elsewhere.example.\n`);
    expect(conflictsOf(world)).toEqual([]);
    world.put('/db', '10.0.0.1:5432');
    world.put('/web', '10.0.0.1:80');
    expect(conflictsOf(world)).toEqual(['db.svc.local.']);
  });

  it('is told when a registered host name would be the CNAME', () => {
    const world = new World();
    world.readZoneFile(`${SOA}db 60 A 10.0.0.1\n`);
    world.put('/db', 'elsewhere.example:5432');
    world.put('/web', 'elsewhere.example:80');
    expect(conflictsOf(world)).toEqual(['db.svc.local.']);
  });
});
