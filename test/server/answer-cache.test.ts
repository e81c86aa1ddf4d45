// The cache may save work and nothing else: what it gives is what would be worked out now.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerCache } from '../../src/server/answer-cache.ts';
import { QueryCounters } from '../../src/server/counters.ts';
import type { PreparedAnswer } from '../../src/server/prepared-answer.ts';
import { Responder } from '../../src/server/respond.ts';
import { MESSAGE_MAX_OCTETS } from '../../src/wire/codes.ts';
import { decodeMessage, formatRecord } from '../../src/wire/message.ts';
import { formatName } from '../../src/wire/name.ts';
import { answer } from '../../src/zone/answer.ts';
import { encodeQuery, World } from '../scenarios/world.ts';

/** Keeps no answer, so that each is worked out when it is asked for. */
class ForgetfulCache extends AnswerCache {
  override get(): undefined {
    return undefined;
  }

  override nameError(...[outcome, question]: Parameters<AnswerCache['nameError']>): PreparedAnswer {
    return this.prepare(answer(outcome), question);
  }
}

/** What a server that keeps nothing answers, from the data of a world as it is when it is asked. */
function withoutCache({ authority, replyOptions }: World): (query: Buffer, from: string) => Buffer {
  const responder = new Responder({
    authority,
    cache: new ForgetfulCache({ authority, maxEntries: 1, maxRecords: 1000 }),
    counters: new QueryCounters(),
    replyOptions,
    isAllowed: () => true,
    random: () => 0,
    onFault: (error) => {
      throw error;
    },
  });
  const out = Buffer.alloc(MESSAGE_MAX_OCTETS);
  return (query, from) => {
    const client = { address: from, transport: 'udp', family: 4 } as const;
    return out.subarray(0, responder.respond(query, query.length, client, out));
  };
}

/** A reply with its sections in an order of their own: the cache rotates. */
function textOf(bytes: Uint8Array): string {
  const message = decodeMessage(bytes);
  if (message === undefined) return 'no message';
  const sections = [message.answers, message.authorities, message.additionals];
  return [message.flags, ...sections.map((records) => records.map(formatRecord).sort().join('\n'))].join('\n--\n');
}

const FILES = [
  '@ 60 SOA ns1 hostmaster 1 1h 10m 1w 2\n',
  '@ 60 SOA ns1 hostmaster 1 1h 10m 1w 2\nweb 60 A 10.9.9.9\nwww 60 CNAME web\n* 60 TXT "wild"\n',
  '@ 60 SOA ns1 hostmaster 2 1h 10m 1w 2\nb 60 CNAME a.web\nweb 60 NS ns.a\n@ 60 MX 1 a\n',
];

const change = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      key: fc.constantFrom('/web/1', '/web/2', '/web', '/a/1', '/b/1', '/c/0123456789abcdef', '/web/a/1'),
      value: fc.constantFrom(
        '10.0.0.1:80',
        'http://10.0.0.2',
        '[fd00::1]:80',
        'a.svc.local:80',
        'b.svc.local:80',
        'web.svc.local:80',
        'host.example:80',
        'rubbish',
        '{"address":"10.0.0.3","port":80,"state":"down"}',
        '{"host":"10.0.0.4","port":80,"group":"g","mail":true,"text":"t","targetstrip":1}',
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('delete' as const),
      key: fc.constantFrom('/web/1', '/web', '/a/1', '/b/1'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('knowledge' as const),
      knowledge: fc.constantFrom('none' as const, 'live' as const, 'stale' as const, 'expired' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('file' as const), text: fc.constantFrom(...FILES) }) },
);

const question = fc.record({
  kind: fc.constant('query' as const),
  name: fc.constantFrom(
    'svc.local',
    'web.svc.local',
    'WEB.svc.local',
    '1.web.svc.local',
    'a.svc.local',
    'b.svc.local',
    'www.svc.local',
    'c.svc.local',
    'a.web.svc.local',
    '_web._tcp.svc.local',
    '_http._tcp.web.svc.local',
    '_tcp.svc.local',
    'nothing.svc.local',
    // As long as others that do not exist either, with the labels of the SOA record or in other places.
    'ns1.svc.local',
    'abc.svc.local',
    'x.ns1.svc.local',
    'x.abc.svc.local',
    'abc.x.svc.local',
    'example.com',
  ),
  type: fc.constantFrom('A', 'AAAA', 'SRV', 'TXT', 'MX', 'CNAME', 'SOA', 'NS', 'ANY', 'TYPE65'),
});

describe('the answer cache', () => {
  it('gives at every moment what a server without it gives', () => {
    const steps = fc.array(fc.oneof({ weight: 1, arbitrary: change }, { weight: 2, arbitrary: question }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 40 }), (sequence, cacheEntries) => {
        const world = new World({ cacheEntries });
        const expected = withoutCache(world);
        for (const step of sequence) {
          switch (step.kind) {
            case 'put':
              world.put(step.key, step.value);
              break;
            case 'delete':
              world.delete(step.key);
              break;
            case 'knowledge':
              world.authority.knowledge = step.knowledge;
              break;
            case 'file':
              world.readZoneFile(step.text);
              break;
            case 'query': {
              const query = encodeQuery({ ...step, edns: { octets: 1232 } });
              const reply = world.send(query) ?? Buffer.alloc(0);
              expect(textOf(reply)).toBe(textOf(expected(query, '127.0.0.1')));
              break;
            }
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('gives truncated answers as a server without it gives them, to every client', () => {
    const world = new World();
    const expected = withoutCache(world);
    for (let id = 0; id < 60; id += 1) world.put(`/web/${id}`, `10.0.0.${id}:80`);
    for (let round = 0; round < 5; round += 1) {
      for (const type of ['A', 'SRV']) {
        const query = encodeQuery({ name: 'web.svc.local', type });
        for (let client = 0; client < 10; client += 1) {
          const from = `10.9.0.${client}`;
          const reply = world.send(query, 'udp', from) ?? Buffer.alloc(0);
          expect(textOf(reply)).toBe(textOf(expected(query, from)));
        }
      }
      world.put(`/web/${round}`, `10.1.0.${round}:80`);
    }
  });

  it('works an answer out once, until something that it comes from changes', () => {
    const world = new World();
    world.put('/web/1', '10.0.0.1:80');
    world.put('/other/1', '10.0.0.2:80');
    const misses = () => {
      world.ask({ name: 'web.svc.local', type: 'A' });
      return world.counters.cacheMisses;
    };
    expect([misses(), misses(), misses()]).toEqual([1, 1, 1]);
    world.put('/other/1', '10.0.0.3:80');
    world.put('/other/2', '10.0.0.4:80');
    world.put('/new/1', '10.0.0.5:80');
    world.put('/web/1', '{"address":"10.0.0.1","port":80}');
    expect(misses()).toBe(1);
    world.put('/web/1', '10.0.0.9:80');
    expect([misses(), misses()]).toEqual([2, 2]);
    expect(world.counters.cacheHits).toBe(4);
  });

  it('keeps the same answer for every spelling of a name, client and size', () => {
    const world = new World();
    world.put('/web/1', '10.0.0.1:80');
    for (const name of ['web.svc.local', 'WEB.svc.local', 'wEb.SvC.lOcAl']) {
      for (const from of ['10.0.0.1', '10.0.0.2']) world.ask({ name, type: 'A', from, edns: { octets: 1000 } });
    }
    expect(world.cache.size).toBe(1);
  });

  it('never keeps names that do not exist, types that nobody has, or what it refuses', () => {
    const world = new World();
    world.readZoneFile('@ 60 SOA ns1 hostmaster 1 1h 10m 1w 2\n*.wild 60 A 10.0.0.9\nsub 60 NS ns.example.com.\n');
    world.put('/web/1', '10.0.0.1:80');
    for (let id = 0; id < 50; id += 1) {
      for (const name of [`x${id}.svc.local`, `x${id}.wild.svc.local`, `x${id}.sub.svc.local`, `x${id}.example`]) {
        world.ask({ name, type: 'A' });
      }
      world.ask({ name: 'web.svc.local', type: `TYPE${60_000 + id}` });
      world.ask({ name: 'web.svc.local', type: 'A', class: 3 });
    }
    expect(world.cache.size).toBe(0);
  });

  it('gives names of one length that do not exist the same answer, each behind its own question', () => {
    const world = new World();
    world.readZoneFile('@ 60 SOA ns1 hostmaster 1 1h 10m 1w 2\n');
    for (const name of [
      'x.ns1.svc.local',
      'x.abc.svc.local',
      'abc.x.svc.local',
      'abcde.SVC.local',
      'x.ns1.svc.local',
    ]) {
      const reply = world.send(encodeQuery({ name, type: 'A' })) ?? Buffer.alloc(0);
      const message = decodeMessage(reply);
      expect(message?.questions.map((asked) => formatName(asked.name))).toEqual([`${name}.`]);
      expect(message?.authorities.map(formatRecord).map((record) => record.toLowerCase())).toEqual([
        expect.stringMatching(/^svc\.local\.\s.*\sns1\.svc\.local\. hostmaster\.svc\.local\. /),
      ]);
    }
  });

  it('forgets a name that ceases to exist, as soon as it is asked for again', () => {
    const world = new World();
    world.put('/web/1', '10.0.0.1:80');
    world.ask({ name: 'web.svc.local', type: 'A' });
    expect(world.cache.size).toBe(1);
    world.delete('/web/1');
    world.ask({ name: 'web.svc.local', type: 'A' });
    expect(world.cache.size).toBe(0);
  });

  it('keeps no more than its limit', () => {
    const world = new World({ cacheEntries: 10 });
    for (let id = 0; id < 11; id += 1) world.put(`/web/${id}`, `10.0.0.${id}:80`);
    for (let id = 0; id < 9; id += 1) world.ask({ name: `${id}.web.svc.local`, type: 'A' });
    expect(world.cache.size).toBe(9);
    world.ask({ name: '9.web.svc.local', type: 'A' });
    expect(world.cache.size).toBe(10);
    world.ask({ name: '10.web.svc.local', type: 'A' });
    expect(world.cache.size).toBe(10);
  });
});
