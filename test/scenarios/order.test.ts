// In which order records are sent, query after query: every instance comes first in its turn, or as often as its weight
// says, and never before those of a better priority.

import { describe, expect, it } from 'vitest';
import { formatData } from '../../src/wire/record-types.ts';
import { World } from './world.ts';

/** The first record of each of `count` answers. */
function firsts(world: World, name: string, type: string, count: number): string[] {
  return Array.from({ length: count }, () => {
    const [first] = world.ask({ name, type }).message.answers;
    return first === undefined ? 'nothing' : formatData(first.data);
  });
}

function counts(texts: readonly string[]): Map<string, number> {
  const count = new Map<string, number>();
  for (const text of texts) count.set(text, (count.get(text) ?? 0) + 1);
  return count;
}

/** Pearson's statistic of how far counts are from what shares of them are expected to be. */
function chiSquare(observed: ReadonlyMap<string, number>, shares: Readonly<Record<string, number>>): number {
  const total = [...observed.values()].reduce((sum, count) => sum + count, 0);
  return Object.entries(shares).reduce((sum, [text, share]) => {
    const expected = total * share;
    return sum + ((observed.get(text) ?? 0) - expected) ** 2 / expected;
  }, 0);
}

describe('the order of records', () => {
  it.each([
    ['A', 'specServer.svc.local'],
    ['SRV', 'specServer.svc.local'],
    ['SRV', '_http._tcp.specServer.svc.local'],
  ])('rotates: of %s at %s each instance comes first once in as many answers as there are instances', (type, name) => {
    const world = new World();
    for (const id of [1, 2, 3, 4, 5]) world.put(`/specServer/${id}`, `http://10.0.0.${id}:8080`);
    expect(new Set(firsts(world, name, type, 5)).size).toBe(5);
    const [first] = counts(firsts(world, name, type, 100)).values();
    expect(first).toBe(20);
  });

  it('rotates AAAA as well, and behind an alias', () => {
    const world = new World();
    world.put('/web/1', 'http://specServer.svc.local:80');
    for (const id of [1, 2, 3]) world.put(`/specServer/${id}`, `http://[fd00::${id}]:8080`);
    expect(new Set(firsts(world, 'specServer.svc.local', 'AAAA', 3)).size).toBe(3);
    const second = Array.from({ length: 3 }, () => {
      const { answers } = world.ask({ name: 'web.svc.local', type: 'AAAA' }).message;
      expect(answers.map(({ data }) => data.kind)).toEqual(['CNAME', 'AAAA', 'AAAA', 'AAAA']);
      return answers[1] === undefined ? '' : formatData(answers[1].data);
    });
    expect(new Set(second).size).toBe(3);
  });

  it('sends every record exactly once, wherever the answer begins', () => {
    const world = new World();
    for (const id of [1, 2, 3, 4, 5, 6, 7]) world.put(`/specServer/${id}`, `http://10.0.0.${id}:8080`);
    for (let query = 0; query < 14; query += 1) {
      const { answers } = world.ask({ name: 'specServer.svc.local', type: 'A' }).message;
      expect(new Set(answers.map(({ data }) => formatData(data))).size).toBe(7);
      expect(answers).toHaveLength(7);
    }
  });

  it('puts instances first as often as their weights say', () => {
    const world = new World();
    const weights = { '10.0.0.1': 100, '10.0.0.2': 300, '10.0.0.3': 600 };
    for (const [address, weight] of Object.entries(weights)) {
      world.put(`/specServer/${address.at(-1)}`, JSON.stringify({ address, port: 80, weight }));
    }
    const observed = counts(firsts(world, 'specServer.svc.local', 'A', 10_000));
    // 13.8 is passed by chance once in a thousand sequences (2 degrees of freedom); this one does not change.
    expect(chiSquare(observed, { '10.0.0.1': 0.1, '10.0.0.2': 0.3, '10.0.0.3': 0.6 })).toBeLessThan(13.8);
  });

  it('gives a host the weight of all its instances', () => {
    const world = new World();
    world.put('/specServer/1', '10.0.0.1:80');
    world.put('/specServer/2', '10.0.0.2:80');
    world.put('/specServer/3', '10.0.0.2:81');
    const observed = counts(firsts(world, 'specServer.svc.local', 'A', 10_000));
    // 10.8: once in a thousand, 1 degree of freedom.
    expect(chiSquare(observed, { '10.0.0.1': 1 / 3, '10.0.0.2': 2 / 3 })).toBeLessThan(10.8);
  });

  it('never puts an instance of a worse priority first, while a better one is there', () => {
    const world = new World();
    world.put('/specServer/1', '{"address":"10.0.0.1","port":80,"priority":10}');
    world.put('/specServer/2', '{"address":"10.0.0.2","port":80,"priority":20}');
    world.put('/specServer/3', '{"address":"10.0.0.3","port":80,"priority":20,"weight":65535}');
    expect(counts(firsts(world, 'specServer.svc.local', 'A', 200))).toEqual(new Map([['10.0.0.1', 200]]));
    world.delete('/specServer/1');
    expect(counts(firsts(world, 'specServer.svc.local', 'A', 200)).get('10.0.0.3')).toBeGreaterThan(190);
  });

  it('compares priorities within an address family only', () => {
    const world = new World();
    world.put('/specServer/1', '{"address":"fd00::1","port":80,"priority":1}');
    world.put('/specServer/2', '{"address":"10.0.0.2","port":80,"priority":10}');
    world.put('/specServer/3', '{"address":"10.0.0.3","port":80,"priority":20}');
    expect(counts(firsts(world, 'specServer.svc.local', 'A', 100))).toEqual(new Map([['10.0.0.2', 100]]));
  });

  it('puts an instance of weight 0 first only where all preferred ones have it, and then in turn', () => {
    const world = new World();
    world.put('/specServer/1', '{"address":"10.0.0.1","port":80,"weight":0}');
    world.put('/specServer/2', '{"address":"10.0.0.2","port":80,"weight":0}');
    world.put('/specServer/3', '{"address":"10.0.0.3","port":80,"priority":20}');
    const drained = counts(firsts(world, 'specServer.svc.local', 'A', 1000));
    expect([...drained.keys()].sort()).toEqual(['10.0.0.1', '10.0.0.2']);
    world.put('/specServer/2', '{"address":"10.0.0.2","port":80,"weight":1}');
    expect(counts(firsts(world, 'specServer.svc.local', 'A', 100))).toEqual(new Map([['10.0.0.2', 100]]));
  });
});
