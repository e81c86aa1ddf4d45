// What a client gets of an answer that is larger than what it can take: whole records, the same ones each time.

import { describe, expect, it } from 'vitest';
import { FLAG } from '../../src/wire/codes.ts';
import { formatData, TYPE } from '../../src/wire/record-types.ts';
import { type Ask, type Reply, World } from './world.ts';

/** A service of `count` instances, each with an address and a port of its own. */
function service(count: number, maxRecords = 1000): World {
  const world = new World({ maxRecords });
  for (let id = 0; id < count; id += 1) {
    world.put(`/specServer/i${id}`, `10.${id >> 16}.${(id >> 8) & 255}.${id & 255}:8080`);
  }
  return world;
}

function ask(world: World, type: string, how: Partial<Ask> = {}): Reply {
  return world.ask({ name: 'specServer.svc.local', type, ...how });
}

const isTruncated = ({ message }: Reply) => (message.flags & FLAG.TC) !== 0;
const data = ({ message }: Reply) => message.answers.map((record) => formatData(record.data)).sort();
const without = (all: readonly string[], some: readonly string[]) => all.filter((one) => !some.includes(one));

/** Header and question of these queries. */
const HEADER_AND_QUESTION = 12 + 22 + 4;
const A_OCTETS = 16;
const OPT_OCTETS = 11;

describe('a datagram', () => {
  it.each([
    ['no EDNS', undefined, 512],
    ['EDNS that offers 100 octets', 100, 512],
    ['EDNS that offers 512 octets', 512, 512],
    ['EDNS that offers 700 octets', 700, 700],
    ['EDNS that offers 1232 octets', 1232, 1232],
    ['EDNS that offers 65535 octets', 65_535, 1232],
  ])('is filled with as many whole records as fit, for a client with %s', (_, octets, limit) => {
    const edns = octets === undefined ? {} : { edns: { octets } };
    const reply = ask(service(200), 'A', edns);
    const opt = octets === undefined ? 0 : OPT_OCTETS;
    const fit = Math.floor((limit - HEADER_AND_QUESTION - opt) / A_OCTETS);
    expect(isTruncated(reply)).toBe(true);
    expect(reply.message.answers).toHaveLength(fit);
    expect(reply.octets).toBe(HEADER_AND_QUESTION + fit * A_OCTETS + opt);
    expect(reply.message.additionals.filter(({ type }) => type === TYPE.OPT)).toHaveLength(
      octets === undefined ? 0 : 1,
    );
  });

  it('takes 29 A records in 512 octets without TC, and marks the 30th as missing', () => {
    const whole = ask(service(29), 'A');
    expect(whole.octets).toBe(HEADER_AND_QUESTION + 29 * A_OCTETS);
    expect(isTruncated(whole)).toBe(false);
    const cut = ask(service(30), 'A');
    expect(isTruncated(cut)).toBe(true);
    expect(cut.message.answers).toHaveLength(29);
  });

  it('leaves room for an extended error', () => {
    const world = service(200);
    world.authority.knowledge = 'stale';
    const reply = ask(world, 'A', { edns: { octets: 512 } });
    expect(reply.octets).toBeLessThanOrEqual(512);
    expect(reply.message.answers).toHaveLength(Math.floor((512 - HEADER_AND_QUESTION - OPT_OCTETS - 6) / A_OCTETS));
  });

  it('leaves additional addresses out without a sign when all SRV records fit', () => {
    const reply = ask(service(8), 'SRV');
    expect(reply.message.answers).toHaveLength(8);
    expect(isTruncated(reply)).toBe(false);
    expect(reply.message.additionals.length).toBeLessThan(8);
    expect(ask(service(8), 'SRV', { edns: { octets: 1232 } }).message.additionals).toHaveLength(8 + 1);
  });

  it('brings addresses only of the hosts that its SRV records name', () => {
    const { answers, additionals } = ask(service(9), 'SRV').message;
    const targets = answers.map((record) => (record.data.kind === 'SRV' ? record.data.target : undefined));
    for (const { name } of additionals) expect(targets).toContain(name);
  });

  it('sets TC on a referral when an address of a server does not fit', () => {
    const world = new World();
    const servers = Array.from({ length: 20 }, (_, id) => `sub NS ns${id}.sub\nns${id}.sub A 192.0.2.${id}\n`);
    world.readZoneFile(`$TTL 60\n@ SOA ns1 hostmaster 1 1h 10m 1w 2\n${servers.join('')}`);
    const small = world.ask({ name: 'a.sub.svc.local', type: 'A' });
    expect(small.message.authorities).toHaveLength(20);
    expect(isTruncated(small)).toBe(true);
    const large = world.ask({ name: 'a.sub.svc.local', type: 'A', edns: { octets: 1232 } });
    expect(large.message.additionals).toHaveLength(20 + 1);
    expect(isTruncated(large)).toBe(false);
  });
});

describe('the records of a truncated answer', () => {
  it.each(['A', 'SRV'])('are the same ones for the same client, whatever their order: %s', (type) => {
    const world = service(200);
    const orders = new Set<string>();
    const expected = data(ask(world, type, { from: '10.9.0.1' }));
    for (let query = 0; query < 20; query += 1) {
      ask(world, type, { from: `10.9.1.${query}` });
      const reply = ask(world, type, { from: '10.9.0.1' });
      expect(data(reply)).toEqual(expected);
      orders.add(reply.message.answers.map((record) => formatData(record.data)).join());
    }
    expect(orders.size).toBeGreaterThan(1);
  });

  it('differ between clients, so that all clients together see all instances about equally often', () => {
    const world = service(100);
    const seen = new Map<string, number>();
    const clients = 500;
    for (let client = 0; client < clients; client += 1) {
      for (const address of data(ask(world, 'A', { from: `10.9.${client >> 8}.${client & 255}` }))) {
        seen.set(address, (seen.get(address) ?? 0) + 1);
      }
    }
    expect(seen.size).toBe(100);
    // 29 of 100 fit, so 145 of 500 clients see each; the deviation is 10.
    for (const count of seen.values()) expect(Math.abs(count - clients * 0.29)).toBeLessThan(50);
  });

  it('stay but for those that changed: the one that went is replaced, for the clients that saw it', () => {
    const world = service(200);
    const clients = Array.from({ length: 100 }, (_, client) => `10.9.0.${client}`);
    const before = clients.map((from) => data(ask(world, 'A', { from })));
    world.delete('/specServer/i7');
    for (const [at, from] of clients.entries()) {
      const known = before[at] ?? [];
      const now = data(ask(world, 'A', { from }));
      expect(now).toHaveLength(29);
      expect(without(known, now)).toEqual(known.includes('10.0.0.7') ? ['10.0.0.7'] : []);
    }
    world.put('/specServer/i7', '10.0.0.7:8080');
    expect(clients.map((from) => data(ask(world, 'A', { from })))).toEqual(before);
  });

  it('do not depend on the order in which the instances came', () => {
    const there = service(100);
    const back = new World();
    for (let id = 99; id >= 0; id -= 1) back.put(`/specServer/i${id}`, `10.0.0.${id}:8080`);
    expect(data(ask(back, 'SRV'))).toEqual(data(ask(there, 'SRV')));
  });

  it.each(['A', 'SRV'])('are those of the best priority, as long as they are enough: %s', (type) => {
    const world = new World();
    for (let id = 0; id < 100; id += 1) {
      const priority = id % 10 === 0 ? 1 : 20;
      world.put(`/specServer/i${id}`, JSON.stringify({ address: `10.0.${priority}.${id}`, port: 80, priority }));
    }
    for (let client = 0; client < 20; client += 1) {
      const better = data(ask(world, type, { from: `10.9.0.${client}` })).filter((text) =>
        /^10\.0\.1\.|^1 /.test(text),
      );
      expect(better.length).toBeGreaterThanOrEqual(type === 'A' ? 10 : 8);
    }
  });
});

describe('TCP', () => {
  it('answers in full where UDP truncates', () => {
    const world = service(500);
    const reply = ask(world, 'A', { transport: 'tcp' });
    expect(reply.message.answers).toHaveLength(500);
    expect(isTruncated(reply)).toBe(false);
    expect(isTruncated(ask(world, 'A'))).toBe(true);
  });

  it.each([
    [999, 999],
    [1000, 1000],
    [1001, 1000],
  ])('answers %i instances with %i records, and never sets TC', (instances, records) => {
    const reply = ask(service(instances), 'A', { transport: 'tcp' });
    expect(reply.message.answers).toHaveLength(records);
    expect(isTruncated(reply)).toBe(false);
  });

  it('ends at 64 KiB with whole records and without TC', () => {
    const world = service(3000, 5000);
    const reply = ask(world, 'SRV', { transport: 'tcp', edns: { octets: 1232 } });
    expect(isTruncated(reply)).toBe(false);
    expect(reply.octets).toBeGreaterThan(65_400);
    expect(reply.message.answers.length).toBeLessThan(3000);
  });
});

describe('a limit of records', () => {
  it('leaves records out without TC: TCP would not give more', () => {
    const world = service(12, 10);
    for (const transport of ['udp', 'tcp'] as const) {
      const reply = ask(world, 'A', { transport });
      expect(data(reply)).toHaveLength(10);
      expect(isTruncated(reply)).toBe(false);
    }
  });

  it('does not hide that a datagram has no room for that many', () => {
    expect(isTruncated(ask(service(200, 100), 'A'))).toBe(true);
  });
});
