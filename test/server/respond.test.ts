// Messages as they come, also broken ones, and the replies to them octet by octet.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerCache } from '../../src/server/answer-cache.ts';
import { QueryCounters, requestIndex, TYPE_LABELS } from '../../src/server/counters.ts';
import { Responder } from '../../src/server/respond.ts';
import { EDNS_OPTION } from '../../src/wire/codes.ts';
import { decodeMessage, encodeMessage } from '../../src/wire/message.ts';
import { nameOf } from '../../src/wire/name.ts';
import { Authority } from '../../src/zone/authority.ts';
import { encodeQuery, World } from '../scenarios/world.ts';
import { anyName, anyQuery } from '../wire/generators.ts';
import { hex, toHex } from '../wire/hex.ts';

const WEB = '03 776562 03 737663 05 6c6f63616c 00'; // web.svc.local
const A_IN = '0001 0001';
const OPT = '00 0029 1000 00 00 0000 0000';

function world(): World {
  const made = new World();
  made.put('/web/1', '10.0.0.1:80');
  return made;
}

function reply(message: string): string | undefined {
  const bytes = world().send(hex(message));
  return bytes && toHex(bytes);
}

describe('a reply', () => {
  it('has the id of the query, QR, AA, the question as it came, and the records', () => {
    const query = `beef 0100 0001 0000 0000 0000  03 576562 03 737663 05 6c6f63616c 00 ${A_IN}`;
    const expected = `
      beef 8500 0001 0001 0000 0000
      03 576562 03 737663 05 6c6f63616c 00 ${A_IN}
      c00c 0001 0001 00000005 0004 0a000001`;
    expect(reply(query)).toBe(toHex(hex(expected)));
  });

  it('has an OPT that says version 0 and 1232 octets, whatever the query says', () => {
    const query = `beef 0000 0001 0000 0000 0001  ${WEB} ${A_IN}  ${OPT}`;
    const expected = `
      beef 8400 0001 0001 0000 0001
      ${WEB} ${A_IN}
      c00c 0001 0001 00000005 0004 0a000001
      00 0029 04d0 00 00 0000 0000`;
    expect(reply(query)).toBe(toHex(hex(expected)));
  });

  it('ignores options that it does not know, and signatures', () => {
    const unknown = 'fde9 0008 0102030405060708';
    const query = `beef 0000 0001 0000 0000 0001  ${WEB} ${A_IN}  00 0029 1000 00 00 0000 000c ${unknown}`;
    expect(reply(query)).toMatch(/^beef84000001000100000001.*00002904d0000000000000$/);
    const signed = `beef 0000 0001 0000 0000 0001  ${WEB} ${A_IN}  00 00fa 00ff 00000000 0002 0000`;
    expect(reply(signed)).toMatch(/^beef84000001000100000000/);
  });

  it('has the lower bits of BADVERS in its header and the upper ones in OPT', () => {
    const query = `beef 0000 0001 0000 0000 0001  ${WEB} ${A_IN}  00 0029 1000 00 01 8000 0000`;
    expect(reply(query)).toBe(
      toHex(hex(`beef 8000 0001 0000 0000 0001  ${WEB} ${A_IN}  00 0029 04d0 01 00 8000 0000`)),
    );
  });
});

describe('no reply at all', () => {
  it('is sent to less than a header, or to a response', () => {
    const to = world();
    expect(to.send(hex(''))).toBeUndefined();
    expect(to.send(hex('beef 0000 0001 0000 0000 00'))).toBeUndefined();
    expect(to.send(hex(`beef 8000 0001 0000 0000 0000 ${WEB} ${A_IN}`))).toBeUndefined();
    expect(to.counters.dropped).toMatchObject({ short: 2, response: 1 });
    expect(to.counters.requests.every((count) => count === 0)).toBe(true);
  });
});

describe('FORMERR', () => {
  it.each([
    ['a header alone', 'beef 0100 0001 0000 0000 0000', 'beef 8101 0000 0000 0000 0000'],
    ['no question', 'beef 0000 0000 0000 0000 0000', 'beef 8001 0000 0000 0000 0000'],
    ['two questions', `beef 0000 0002 0000 0000 0000 ${WEB} ${A_IN} ${WEB} ${A_IN}`, 'beef 8001 0000 0000 0000 0000'],
    [
      'two questions and OPT',
      `beef 0000 0002 0000 0000 0001 ${WEB} ${A_IN} c00c ${A_IN} ${OPT}`,
      'beef 8001 0000 0000 0000 0001 00 0029 04d0 00 00 0000 0000',
    ],
    [
      'no question and OPT without a cookie',
      `beef 0000 0000 0000 0000 0001 ${OPT}`,
      'beef 8001 0000 0000 0000 0001 00 0029 04d0 00 00 0000 0000',
    ],
    ['a name that goes on past the end', 'beef 0000 0001 0000 0000 0000 3f 776562', 'beef 8001 0000 0000 0000 0000'],
    ['a pointer in the question', `beef 0000 0001 0000 0000 0000 c00c ${A_IN}`, 'beef 8001 0000 0000 0000 0000'],
    [
      'an answer in the query',
      `beef 0000 0001 0001 0000 0000 ${WEB} ${A_IN} c00c ${A_IN} 00000000 0004 0a000001`,
      `beef 8001 0001 0000 0000 0000 ${WEB} ${A_IN}`,
    ],
    [
      'octets behind the last record',
      `beef 0000 0001 0000 0000 0000 ${WEB} ${A_IN} 00`,
      `beef 8001 0001 0000 0000 0000 ${WEB} ${A_IN}`,
    ],
    [
      'a record that is counted and not there',
      `beef 0000 0001 0000 0000 0001 ${WEB} ${A_IN}`,
      `beef 8001 0001 0000 0000 0000 ${WEB} ${A_IN}`,
    ],
    [
      'two OPT records',
      `beef 0000 0001 0000 0000 0002 ${WEB} ${A_IN} ${OPT} ${OPT}`,
      `beef 8001 0001 0000 0000 0001 ${WEB} ${A_IN} 00 0029 04d0 00 00 0000 0000`,
    ],
    [
      'an OPT that the root does not own',
      `beef 0000 0001 0000 0000 0001 ${WEB} ${A_IN} 01 61 ${OPT}`,
      `beef 8001 0001 0000 0000 0000 ${WEB} ${A_IN}`,
    ],
    [
      'an option that does not fill OPT',
      `beef 0000 0001 0000 0000 0001 ${WEB} ${A_IN} 00 0029 1000 00 00 0000 0003 000a 00`,
      `beef 8001 0001 0000 0000 0001 ${WEB} ${A_IN} 00 0029 04d0 00 00 0000 0000`,
    ],
  ])('answers %s, with the question if it could be read', (_, query, expected) => {
    expect(reply(query)).toBe(toHex(hex(expected)));
  });
});

describe('NOTIMP', () => {
  it('answers another opcode, also where no question can be read, and echoes the opcode', () => {
    expect(reply('beef 2800 0000 0000 0000 0000')).toBe(toHex(hex('beef a804 0000 0000 0000 0000')));
    expect(reply(`beef 2000 0001 0000 0000 0000 ${WEB} 0006 0001`)).toBe(
      toHex(hex(`beef a004 0001 0000 0000 0000 ${WEB} 0006 0001`)),
    );
  });
});

describe('any message', () => {
  const to = world();

  /** A reply is a message that answers this one: its id, QR, and at most as long as it may be. */
  function check(bytes: Uint8Array, transport: 'udp' | 'tcp'): void {
    const sent = to.send(bytes, transport);
    const isDropped = bytes.length < 12 || ((bytes[2] ?? 0) & 0x80) !== 0;
    expect(sent === undefined).toBe(isDropped);
    if (sent === undefined) return;
    const message = decodeMessage(sent);
    expect(message).toBeDefined();
    expect(message?.id).toBe(Buffer.from(bytes).readUInt16BE());
    expect((message?.flags ?? 0) & 0x80a0).toBe(0x8000);
    expect(sent.length).toBeLessThanOrEqual(transport === 'udp' ? 1232 : 65_535);
  }

  it('has a reply that is a message, or none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.constantFrom('udp', 'tcp'), (bytes, transport) =>
        check(bytes, transport),
      ),
      { numRuns: 1000 },
    );
    expect(to.counters.panics).toBe(0);
  });

  it('that is a query, cut or with one octet changed, has one too', () => {
    const broken = fc.tuple(anyQuery(anyName), fc.nat(), fc.nat({ max: 255 }), fc.boolean());
    fc.assert(
      fc.property(broken, ([message, at, octet, isCut]) => {
        const query = encodeMessage(message) ?? new Uint8Array(0);
        if (query.length > 0) query[at % query.length] = octet;
        check(isCut ? query.subarray(0, at % (query.length + 1)) : query, 'udp');
      }),
      { numRuns: 1000 },
    );
    expect(to.counters.panics).toBe(0);
  });
});

describe('a fault of the program', () => {
  it('costs one query a SERVFAIL, is counted and told with the message', () => {
    const told: [unknown, string][] = [];
    let isBroken = true;
    const broken = new Error('broken');
    const counters = new QueryCounters();
    const authority = new Authority({
      names: {
        get: () => {
          if (isBroken) throw broken;
          return undefined;
        },
      },
      registeredZones: [nameOf('svc.local')],
      ttlSeconds: 5,
      negativeTtlSeconds: 2,
      addresses: [],
    });
    authority.knowledge = 'live';
    const responder = new Responder({
      authority,
      cache: new AnswerCache({ authority, maxEntries: 10, maxRecords: 10 }),
      counters,
      replyOptions: world().replyOptions,
      isAllowed: () => true,
      random: () => 0,
      onFault: (error, messageHex) => told.push([error, messageHex]),
    });
    // A cookie is asked for and not sent: the fault may be in what sends it.
    const options = [{ code: EDNS_OPTION.COOKIE, data: new Uint8Array(8) }];
    const query = encodeQuery({ name: 'web.svc.local', type: 'A', edns: { octets: 1232, options } });
    const out = Buffer.alloc(1232);
    const client = { address: '127.0.0.1', transport: 'udp', family: 4 } as const;
    const length = responder.respond(query, query.length, client, out);
    expect(toHex(out.subarray(0, length))).toBe(
      toHex(hex(`1234 8002 0001 0000 0000 0001 ${WEB} ${A_IN} 00 0029 04d0 00 00 0000 0000`)),
    );
    expect(told).toEqual([[broken, toHex(query)]]);
    expect(counters.panics).toBe(1);
    expect(responder.rcode).toBe(2);
    isBroken = false;
    responder.respond(query, query.length, client, out);
    expect(responder.rcode).toBe(3);
    expect(counters.panics).toBe(1);
  });
});

describe('the counters', () => {
  it('count queries by transport, family and type, truncated answers, and what the cache saved', () => {
    const to = world();
    for (let id = 2; id < 80; id += 1) to.put(`/web/${id}`, `10.0.0.${id}:80`);
    const at = (transport: 'udp' | 'tcp', family: 4 | 6, label: (typeof TYPE_LABELS)[number]) =>
      to.counters.requests[requestIndex(transport, family, TYPE_LABELS.indexOf(label))];
    to.ask({ name: 'web.svc.local', type: 'A' });
    to.ask({ name: 'web.svc.local', type: 'A' });
    to.ask({ name: 'web.svc.local', type: 'A', transport: 'tcp', from: 'fd00::1' });
    to.ask({ name: 'web.svc.local', type: 'TYPE65280' });
    expect(at('udp', 4, 'A')).toBe(2);
    expect(at('tcp', 6, 'A')).toBe(1);
    expect(at('udp', 4, 'other')).toBe(1);
    expect(to.counters.truncated).toBe(2);
    expect([to.counters.cacheHits, to.counters.cacheMisses]).toEqual([2, 2]);
  });

  it('count a message without a readable question under no type', () => {
    const to = world();
    to.send(hex(`beef 0000 0001 0000 0000 0000 ${WEB} ${A_IN}`));
    to.send(hex('beef 0000 0000 0000 0000 0000'));
    expect(to.counters.requests[requestIndex('udp', 4, TYPE_LABELS.indexOf('A'))]).toBe(1);
    expect(to.counters.requests[requestIndex('udp', 4, TYPE_LABELS.indexOf('other'))]).toBe(1);
  });
});
