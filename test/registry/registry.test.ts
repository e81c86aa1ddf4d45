// Changes of keys, and what they cost: the names of the key, a rejection, or nothing.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyChange } from '../../src/registry/change.ts';
import { REJECTION_REASONS } from '../../src/registry/instance.ts';
import type { RegisteredName } from '../../src/registry/name-table.ts';
import { type AppliedBatch, Registry } from '../../src/registry/registry.ts';
import { foldName, formatName, nameOf } from '../../src/wire/name.ts';
import { keyOctets, nameMap, putOf } from '../scenarios/world.ts';

const ZONES = ['svc.local', 'svc.internal'];

function registry(maps = ['/=svc.local'], maxInstances = 1000): Registry {
  return new Registry({ maps: maps.map((map) => nameMap(map, ZONES)), maxInstances });
}

function apply(to: Registry, ...changes: KeyChange[]): AppliedBatch {
  return to.apply({ revision: 1n, changes, source: 'watch' });
}

const put = (to: Registry, key: string, value: string) => apply(to, putOf(key, value));
const remove = (key: string): KeyChange => ({ kind: 'delete', key: keyOctets(key), modRevision: 1n });
const texts = ({ names }: AppliedBatch) => [...names].map(formatName).sort();
const get = (from: Registry, name: string) => from.get(foldName(nameOf(name)));

/** The reasons that count something, with their counts. */
function rejected({ rejected: counts }: Registry): Record<string, number> {
  return Object.fromEntries(
    REJECTION_REASONS.filter((reason) => counts[reason] > 0).map((reason) => [reason, counts[reason]]),
  );
}

describe('a change', () => {
  it('touches the names of its key and no others', () => {
    const to = registry();
    put(to, '/specServer/1', 'http://10.0.0.1:8080');
    put(to, '/specServer/2', 'http://10.0.0.2:8080');
    put(to, '/other/1', 'http://10.0.0.3:8080');
    const names = [
      '1.specserver.svc.local.',
      '_http._tcp.specserver.svc.local.',
      '_specserver._tcp.svc.local.',
      'specserver.svc.local.',
    ];
    expect(texts(put(to, '/specServer/1', 'http://10.0.0.9:8080'))).toEqual(names);
    expect(texts(apply(to, remove('/specServer/1')))).toEqual(names);
  });

  it('touches the names above its own only when they begin or cease to exist', () => {
    const to = registry();
    put(to, '/other/1', '10.0.0.3:8080');
    const all = ['1.web.svc.local.', '_web._tcp.svc.local.', 'web.svc.local.'];
    expect(texts(put(to, '/web/1', '10.0.0.1:80'))).toEqual(all);
    expect(texts(put(to, '/web/eu/1', '10.0.0.1:80'))).toEqual([
      '1.eu.web.svc.local.',
      '_eu._tcp.web.svc.local.',
      '_tcp.web.svc.local.',
      'eu.web.svc.local.',
    ]);
    apply(to, remove('/web/eu/1'));
    expect(texts(put(to, '/web/1', '10.0.0.2:80'))).toEqual(all);
    expect(texts(apply(to, remove('/web/1')))).toEqual(all);
  });

  it('of the only instance that there is touches no name above its own', () => {
    const to = registry();
    put(to, '/web/1', '10.0.0.1:80');
    const all = ['1.web.svc.local.', '_web._tcp.svc.local.', 'web.svc.local.'];
    expect(texts(put(to, '/web/1', '10.0.0.2:80'))).toEqual(all);
    expect(texts(apply(to, remove('/web/1')))).toEqual([...all, '_tcp.svc.local.', 'svc.local.'].sort());
  });

  it('touches the same names in every zone that the key is in, and tells which zones those are', () => {
    const to = registry(['/=svc.local', '/web=web.svc.internal']);
    const web = put(to, '/web/1', '10.0.0.1');
    expect([...web.apexes].map(formatName).sort()).toEqual(['svc.internal.', 'svc.local.']);
    expect(texts(web)).toContain('1.web.svc.internal.');
    const other = put(to, '/other/1', '10.0.0.1');
    expect([...other.apexes].map(formatName)).toEqual(['svc.local.']);
  });

  it('that puts the same value again touches nothing, but keeps the new lease', () => {
    const to = registry();
    put(to, '/specServer/1', 'http://10.0.0.1:8080');
    const again = apply(to, { ...putOf('/specServer/1', 'http://10.0.0.1:8080', 9n), leaseId: '77' } as KeyChange);
    expect(texts(again)).toEqual([]);
    expect([...again.apexes]).toEqual([]);
    const [registration] = to.registrations();
    expect(registration?.instance).toMatchObject({ leaseId: '77', modRevision: 9n });
    const [own] = get(to, '1.specServer.svc.local')?.own ?? [];
    expect(own?.registration.instance.leaseId).toBe('77');
  });

  it('that says the same in another format touches nothing', () => {
    const to = registry();
    put(to, '/specServer/1', '10.0.0.1:8080');
    expect(texts(put(to, '/specServer/1', '{"address":"10.0.0.1","port":8080}'))).toEqual([]);
    expect(texts(put(to, '/specServer/1', '{"address":"10.0.0.1","port":8080,"ttl":9}'))).not.toEqual([]);
  });

  it('of a key below no prefix, or of a prefix itself, is none', () => {
    const to = registry(['/skydns/local/svc=svc.local']);
    put(to, '/other/1', '10.0.0.1:80');
    put(to, '/skydns/local/svc/', '10.0.0.1:80');
    put(to, '/skydns/local/svc', '10.0.0.1:80');
    apply(to, remove('/other/1'));
    expect([...to.registrations()]).toEqual([]);
    expect(to.nameCount).toBe(0);
  });

  it('is applied after those before it in its batch, and all of them become visible at once', () => {
    const to = registry();
    const batch = apply(
      to,
      putOf('/a/1', '10.0.0.1:80'),
      remove('/a/1'),
      putOf('/a/1', '10.0.0.2:80'),
      putOf('/b/1', '10.0.0.3:80'),
      remove('/b/1'),
    );
    expect(texts(batch)).toContain('1.b.svc.local.');
    expect(get(to, '1.b.svc.local')).toBeUndefined();
    expect(to.instanceCount).toBe(1);
  });
});

describe('a value that cannot be used', () => {
  it('is told and counted by reason until it is replaced or its key goes', () => {
    const to = registry();
    const first = put(to, '/a/1', 'http://0.0.0.0:80');
    expect(first.rejections).toMatchObject([{ key: '/a/1', reason: 'forbidden-address' }]);
    put(to, '/a/2', '{"address":');
    put(to, '/a/3', '{');
    expect(rejected(to)).toEqual({ 'forbidden-address': 1, 'bad-json': 2 });
    put(to, '/a/1', '10.0.0.1:99999');
    expect(rejected(to)).toEqual({ 'bad-port': 1, 'bad-json': 2 });
    put(to, '/a/1', '10.0.0.1:80');
    apply(to, remove('/a/2'), remove('/a/3'));
    expect(rejected(to)).toEqual({});
    expect(to.instanceCount).toBe(1);
  });

  it('touches no name, whether or not the key had a good one', () => {
    const to = registry();
    expect(texts(put(to, '/a/1', 'rubbish'))).toEqual([]);
    put(to, '/a/2', '10.0.0.1:80');
    expect(texts(put(to, '/a/2', 'rubbish'))).toEqual([]);
    const [, second] = to.registrations();
    expect(second).toMatchObject({
      instance: { host: { address: '10.0.0.1' } },
      rejection: { reason: 'unknown-format' },
    });
  });

  it('is rejected unparsed when it or its key is too long, or a name of it would be', () => {
    const to = registry();
    put(to, `/${'a/'.repeat(255)}`, '10.0.0.1:80');
    expect(rejected(to)).toEqual({ 'name-too-long': 1 });
    put(to, `/${'a/'.repeat(256)}`, '10.0.0.1:80');
    put(to, '/a/1', ' '.repeat(4097));
    expect(rejected(to)).toEqual({ 'name-too-long': 1, 'key-too-long': 1, 'value-too-long': 1 });
  });

  it('counts a field that was clamped or fell back', () => {
    const to = registry();
    put(to, '/a/1', '{"address":"10.0.0.1","ttl":9999,"weight":-1}');
    put(to, '/a/2', '{"address":"10.0.0.1","ttl":9999}');
    expect([...to.adjusted].sort()).toEqual([
      ['ttl', 2],
      ['weight', 1],
    ]);
  });
});

describe('the limit of instances', () => {
  it('rejects the instance above it, keeps all others, and lets them change', () => {
    const to = registry(['/=svc.local'], 2);
    put(to, '/a/1', '10.0.0.1:80');
    put(to, '/a/2', '10.0.0.2:80');
    expect(to.instanceCount).toBe(2);
    expect(rejected(to)).toEqual({});
    expect(put(to, '/a/3', '10.0.0.3:80').rejections).toMatchObject([{ reason: 'too-many-instances' }]);
    expect(get(to, '3.a.svc.local')).toBeUndefined();
    expect(put(to, '/a/1', '10.0.0.9:80').rejections).toEqual([]);
    expect(to.instanceCount).toBe(2);
  });

  it('makes room when an instance goes', () => {
    const to = registry(['/=svc.local'], 1);
    put(to, '/a/1', '10.0.0.1:80');
    put(to, '/a/2', '10.0.0.2:80');
    apply(to, remove('/a/1'));
    put(to, '/a/2', '10.0.0.2:80');
    expect(get(to, '2.a.svc.local')).toBeDefined();
    expect(rejected(to)).toEqual({});
  });
});

describe('any sequence of changes', () => {
  const MAPS = ['/=svc.local', '/a=a.svc.internal,subtree'];
  const key = fc.constantFrom(
    '/a',
    '/a/1',
    '/a/2',
    '/A/1',
    '/a/b/1',
    '/a/b',
    '/b/10.0.0.1:80',
    '/b/',
    '//',
    '/b/0123456789abcdef',
  );
  const goodValue = fc.constantFrom(
    '10.0.0.1:80',
    '10.0.0.2:80',
    'http://10.0.0.1',
    'grpc://[fd00::1]:90',
    'http://host.example:80',
    '10.0.0.3',
    '{"address":"10.0.0.1","port":80,"ports":{"http":80,"dns":{"port":53,"proto":"udp"}}}',
    '{"address":"10.0.0.1","ports":{"http":80,"HTTP":81},"state":"down","metadata":{"a":1}}',
    '{"host":"10.0.0.5","port":80,"group":"g","targetstrip":1,"mail":true,"text":"t"}',
    '{"Op":1,"Addr":"10.0.0.6:80"}',
    '{"id":"1","name":"a","endpoints":["http://10.0.0.7:80","grpc://10.0.0.7:81"]}',
  );
  const badValue = fc.constantFrom('', 'rubbish', '{', '0.0.0.0:80', '10.0.0.1:0', 'x'.repeat(4097));
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(fc.constant('good' as const), key, goodValue) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('bad' as const), key, badValue) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('delete' as const), key, fc.constant('')) },
  );

  /** Everything that answers depend on, as text. */
  function dump(from: Registry): string[] {
    const lines: string[] = [];
    const seen = new Set<string>();
    const visit = (name: string) => {
      const found = from.get(foldName(nameOf(name)));
      if (found === undefined || seen.has(name)) return;
      seen.add(name);
      lines.push(`${name} ${describeName(found)}`);
      if (name.includes('.')) visit(name.slice(name.indexOf('.') + 1));
    };
    for (const { placements } of from.registrations()) {
      for (const { names } of placements) {
        for (const own of [names.own, names.target]) visit(formatName(own).toLowerCase().slice(0, -1));
        for (const service of [names.own, ...names.aggregates]) {
          const text = formatName(service).toLowerCase().slice(0, -1);
          const [label, ...above] = text.split('.');
          for (const protocol of ['_tcp', '_udp']) {
            visit(`_${label}.${protocol}.${above.join('.')}`);
            for (const port of ['http', 'grpc', 'dns']) visit(`_${port}.${protocol}.${text}`);
          }
        }
      }
    }
    return lines.sort();
  }

  function describeName({ own, members, services }: RegisteredName): string {
    const instances = (of: Iterable<{ registration: { instance: { key: string; host: object } } }>) =>
      [...of].map(({ registration: { instance } }) => `${instance.key} ${JSON.stringify(instance.host)}`).sort();
    const ports = [...services].map(
      ([{ registration }, some]) => `${registration.key} ${some.map((port) => port.number)}`,
    );
    return JSON.stringify([instances(own), instances(members), ports.sort()]);
  }

  it('gives the same table as its outcome put in one go, and nothing is left once all keys are deleted', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const stepwise = registry(MAPS);
        /** The value that each key answers with, and the one that it has. */
        const answered = new Map<string, string>();
        const present = new Map<string, string>();
        for (const [kind, at, value] of steps) {
          if (kind === 'delete') {
            apply(stepwise, remove(at));
            answered.delete(at);
            present.delete(at);
          } else {
            put(stepwise, at, value);
            present.set(at, value);
            if (kind === 'good') answered.set(at, value);
          }
        }
        const atOnce = registry(MAPS);
        apply(atOnce, ...[...answered].map(([at, value]) => putOf(at, value)));
        expect(dump(stepwise)).toEqual(dump(atOnce));
        expect(stepwise.nameCount).toBe(atOnce.nameCount);
        expect(stepwise.nameCount).toBe(dump(stepwise).length);
        expect(stepwise.instanceCount).toBe(answered.size);
        expect([...stepwise.registrations()]).toHaveLength(present.size);
        const bad = [...present].filter(([at, value]) => answered.get(at) !== value).length;
        expect(Object.values(stepwise.rejected).reduce((sum, count) => sum + count, 0)).toBe(bad);
        apply(stepwise, ...[...present.keys()].map(remove));
        expect(stepwise.nameCount).toBe(0);
        expect(stepwise.instanceCount).toBe(0);
        expect(rejected(stepwise)).toEqual({});
      }),
      { numRuns: 200 },
    );
  });

  it('tells of every name whose records or existence changed', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const to = registry(MAPS);
        for (const [kind, at, value] of steps) {
          const before = new Map(dump(to).map((line) => [line.replace(/ .*/, ''), line]));
          const applied = kind === 'delete' ? apply(to, remove(at)) : put(to, at, value);
          const told = [...applied.names].map((name) => formatName(name).slice(0, -1));
          const after = new Map(dump(to).map((line) => [line.replace(/ .*/, ''), line]));
          const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
            (name) => before.get(name) !== after.get(name),
          );
          expect(told).toEqual(expect.arrayContaining(changed));
        }
      }),
      { numRuns: 100 },
    );
  });
});
