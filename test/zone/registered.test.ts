// Records of registered names where their order, their weights or the groups of SkyDNS matter.

import { describe, expect, it } from 'vitest';
import { foldName, nameOf } from '../../src/wire/name.ts';
import { formatData, TYPE } from '../../src/wire/record-types.ts';
import { registeredRRset } from '../../src/zone/registered.ts';
import { World } from '../scenarios/world.ts';

function rrset(world: World, name: string, type: number) {
  const at = world.registry.get(foldName(nameOf(name)));
  return at && registeredRRset(at, type, 5);
}

const data = (world: World, name: string, type: number) => rrset(world, name, type)?.data.map(formatData);

function registered(values: Readonly<Record<string, string | object>>, maps: readonly string[] = []): World {
  const world = new World({ maps });
  for (const [key, value] of Object.entries(values)) {
    world.put(key, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return world;
}

describe('the records of a registered name', () => {
  it('are in the order of the keys, whatever the order in which they came', () => {
    const world = registered({ '/web/c': '10.0.0.3:80', '/web/a': '10.0.0.1:80', '/web/b': '10.0.0.2:80' });
    expect(data(world, 'web.svc.local', TYPE.A)).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
    world.put('/web/a', '10.0.0.9:80');
    expect(data(world, 'web.svc.local', TYPE.A)).toEqual(['10.0.0.9', '10.0.0.2', '10.0.0.3']);
  });

  it('have no weights where all come first equally often, and else a share each', () => {
    const even = registered({ '/web/1': '10.0.0.1:80', '/web/2': '10.0.0.2:80' });
    expect(rrset(even, 'web.svc.local', TYPE.A)?.weights).toBeUndefined();
    const world = registered({
      '/web/1': { address: '10.0.0.1', weight: 5 },
      '/web/2': { address: '10.0.0.2', weight: 7, priority: 20 },
      '/web/3': { address: '10.0.0.3', weight: 0 },
      '/web/4': { address: '10.0.0.1', weight: 6, port: 81 },
    });
    expect(rrset(world, 'web.svc.local', TYPE.A)?.weights).toEqual([11, 0, 0]);
  });

  it('are undefined for a type that they do not have', () => {
    const world = registered({ '/web/1': '10.0.0.1' });
    for (const type of [TYPE.AAAA, TYPE.SRV, TYPE.TXT, TYPE.MX, TYPE.CNAME, TYPE.NS]) {
      expect(rrset(world, 'web.svc.local', type)).toBeUndefined();
    }
  });

  it('are of all groups where the names nearest to the apex disagree', () => {
    const world = registered({
      '/web/1': { host: '10.0.0.1', group: 'a' },
      '/web/2': { host: '10.0.0.2', group: 'b' },
    });
    expect(data(world, 'web.svc.local', TYPE.A)).toEqual(['10.0.0.1', '10.0.0.2']);
  });

  it('are of the group of the nearest name that has one, and of no group', () => {
    const world = registered(
      {
        '/web/1': { host: '10.0.0.1' },
        '/web/x/1': { host: '10.0.0.2', group: 'b' },
        '/web/x/y/1': { host: '10.0.0.3', group: 'a' },
        '/web/x/y/2': { host: '10.0.0.4', group: 'b' },
      },
      ['/=svc.local,subtree'],
    );
    expect(data(world, 'web.svc.local', TYPE.A)).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.4']);
  });

  it('have a target stripped to no less than the apex', () => {
    const strip = (count: number) =>
      data(registered({ '/web/1': { host: '10.0.0.1', port: 80, targetstrip: count } }), 'web.svc.local', TYPE.SRV);
    expect(strip(1)).toEqual(['10 100 80 web.svc.local.']);
    expect(strip(2)).toEqual(['10 100 80 svc.local.']);
    expect(strip(9)).toEqual(['10 100 80 svc.local.']);
  });

  it('are one each (RFC 2181 §5), also where two keys share a stripped target', () => {
    const world = registered({
      '/web/1': { host: '10.0.0.1', port: 80, targetstrip: 1 },
      '/web/2': { host: '10.0.0.2', port: 80, targetstrip: 1 },
      '/web/3': { host: '10.0.0.3', port: 81, targetstrip: 1 },
    });
    expect(data(world, 'web.svc.local', TYPE.SRV)).toEqual(['10 100 80 web.svc.local.', '10 100 81 web.svc.local.']);
  });
});
