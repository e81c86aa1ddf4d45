// Messages that are encoded once and sent many times: each copy is a whole message with the same records.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeAnswer, type Room } from '../../src/server/encoded-answer.ts';
import { CLASS_IN, FLAG, MESSAGE_MAX_OCTETS, RCODE } from '../../src/wire/codes.ts';
import { decodeMessage, formatRecord, type Message } from '../../src/wire/message.ts';
import { foldName, nameOf } from '../../src/wire/name.ts';
import { type RecordData, TYPE } from '../../src/wire/record-types.ts';
import type { Answer } from '../../src/zone/answer.ts';
import type { RRset } from '../../src/zone/rrset.ts';
import { lowerName, zoneData } from '../wire/generators.ts';

const WEB = nameOf('web.svc.local');
const ROOMY: Room = { octets: MESSAGE_MAX_OCTETS, records: 1000, marksTruncation: true };

function rrset(name: string, data: readonly RecordData[], type: number, more: Partial<RRset> = {}): RRset {
  return { name: nameOf(name), type, ttlSeconds: 5, data, ...more };
}

const addresses = (...last: number[]): RecordData[] => last.map((octet) => ({ kind: 'A', address: `10.0.0.${octet}` }));

function answerOf(answers: readonly RRset[], authority: readonly RRset[] = []): Answer {
  return {
    rcode: RCODE.NOERROR,
    isAuthoritative: true,
    answers,
    authority,
    extendedError: undefined,
    staleError: undefined,
    basis: { kind: 'zones' },
  };
}

function encode(answer: Answer, room: Room = ROOMY, type: number = TYPE.A) {
  const question = { name: foldName(WEB), type, class: CLASS_IN };
  return encodeAnswer(answer, question, room, new Uint8Array(MESSAGE_MAX_OCTETS));
}

/** The next copy, decoded. */
function copy({ encoded }: ReturnType<typeof encode>, random = () => 0): Message {
  const out = new Uint8Array(encoded.bytes.length);
  encoded.copyTo(out, random);
  const message = decodeMessage(out);
  if (message === undefined) throw new Error('not a message');
  return message;
}

const lines = (message: Message) => message.answers.map(formatRecord);
const firstOf = (message: Message) => message.answers[0]?.data;

describe('an encoded answer', () => {
  it('begins with each record in turn, the others behind it in their order', () => {
    const encoding = encode(answerOf([rrset('web.svc.local', addresses(1, 2, 3), TYPE.A)]));
    const orders = [1, 2, 3, 4].map(() =>
      copy(encoding).answers.map(({ data }) => (data.kind === 'A' ? data.address.at(-1) : '')),
    );
    expect(orders.map((order) => order.join(''))).toEqual(['123', '231', '312', '123']);
  });

  it('begins with any record when it is first sent, so that making it anew favours none', () => {
    const firsts = [0, 0.34, 0.67, 0.999_999].map((random) => {
      const encoding = encode(answerOf([rrset('web.svc.local', addresses(1, 2, 3), TYPE.A)]));
      return firstOf(copy(encoding, () => random));
    });
    expect(firsts).toMatchObject(['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.3'].map((address) => ({ address })));
  });

  it('begins with the record that the random number falls to, by weight', () => {
    const encoding = encode(answerOf([rrset('web.svc.local', addresses(1, 2, 3), TYPE.A, { weights: [10, 0, 30] })]));
    const at = (random: number) => firstOf(copy(encoding, () => random));
    expect(at(0)).toMatchObject({ address: '10.0.0.1' });
    expect(at(0.249)).toMatchObject({ address: '10.0.0.1' });
    expect(at(0.25)).toMatchObject({ address: '10.0.0.3' });
    expect(at(0.999_999)).toMatchObject({ address: '10.0.0.3' });
  });

  it('rotates where all that fit are never to come first', () => {
    const set = rrset('web.svc.local', addresses(1, 2, 3), TYPE.A, { weights: [0, 0, 1] });
    const encoding = encode(answerOf([set]), { ...ROOMY, records: 2 });
    expect([copy(encoding), copy(encoding)].map(firstOf)).toMatchObject([
      { address: '10.0.0.1' },
      { address: '10.0.0.2' },
    ]);
  });

  it('keeps the order of records whose order says something, and of a single one', () => {
    const texts: RecordData[] = ['a', 'b', 'c'].map((string) => ({ kind: 'TXT', strings: [string] }));
    const encoding = encode(answerOf([rrset('web.svc.local', texts, TYPE.TXT)]), ROOMY, TYPE.TXT);
    expect(lines(copy(encoding))).toEqual(lines(copy(encoding)));
    const single = encode(answerOf([rrset('web.svc.local', addresses(1), TYPE.A)]));
    expect(lines(copy(single))).toEqual(lines(copy(single)));
  });

  it('leaves aliases in front, and what follows the records where it is', () => {
    const alias = rrset('web.svc.local', [{ kind: 'CNAME', target: nameOf('x.svc.local') }], TYPE.CNAME);
    const glue = addresses(7, 8, 9).map((data) => [rrset('host.svc.local', [data], TYPE.A)]);
    const targets: RecordData[] = [1, 2, 3].map((port) => ({
      kind: 'SRV',
      priority: 0,
      weight: 0,
      port,
      target: nameOf('host.svc.local'),
    }));
    const encoding = encode(answerOf([alias, rrset('x.svc.local', targets, TYPE.SRV, { glue })]), ROOMY, TYPE.SRV);
    for (let turn = 0; turn < 4; turn += 1) {
      const message = copy(encoding);
      expect(lines(message)[0]).toBe('web.svc.local. 5 IN CNAME x.svc.local.');
      expect(lines(message).slice(1).sort()).toEqual([
        'x.svc.local. 5 IN SRV 0 0 1 host.svc.local.',
        'x.svc.local. 5 IN SRV 0 0 2 host.svc.local.',
        'x.svc.local. 5 IN SRV 0 0 3 host.svc.local.',
      ]);
      expect(message.additionals).toHaveLength(1);
    }
  });

  it('never compresses the target of SRV (RFC 2782)', () => {
    const target = nameOf('1.web.svc.local');
    const srv: RecordData = { kind: 'SRV', priority: 0, weight: 0, port: 1, target };
    const { encoded } = encode(answerOf([rrset('web.svc.local', [srv], TYPE.SRV)]), ROOMY, TYPE.SRV);
    expect(Buffer.from(encoded.bytes).includes(Buffer.from(target, 'latin1'))).toBe(true);
  });

  it('refers to its owner with two octets a record', () => {
    const { encoded } = encode(answerOf([rrset('WEB.svc.local', addresses(1, 2), TYPE.A)]));
    expect(encoded.bytes).toHaveLength(12 + 15 + 4 + 2 * 16);
  });

  it('marks what is missing of the answer and of the authority section, and not what is missing besides', () => {
    const set = rrset('web.svc.local', addresses(1, 2), TYPE.A, {
      glue: [[rrset('a.svc.local', addresses(3), TYPE.A)], []],
    });
    const servers = rrset('web.svc.local', [{ kind: 'NS', target: nameOf('ns.svc.local') }], TYPE.NS, {
      glue: [[rrset('ns.svc.local', addresses(4), TYPE.A)]],
    });
    const cases: [Answer, number][] = [
      [answerOf([set]), 63],
      [answerOf([set], [servers]), 63 + 17 + 16],
    ];
    for (const [answer, needed] of cases) {
      const fits = encode(answer, { ...ROOMY, octets: needed });
      expect(fits.isWhole).toBe(true);
      expect(copy(fits).flags & FLAG.TC).toBe(0);
      const cut = encode(answer, { ...ROOMY, octets: needed - 1 });
      expect(cut.isWhole).toBe(false);
      expect(copy(cut).flags & FLAG.TC).toBe(FLAG.TC);
      expect(copy(encode(answer, { ...ROOMY, octets: needed - 1, marksTruncation: false })).flags & FLAG.TC).toBe(0);
    }
  });

  it('leaves out all that stands behind an alias that does not fit', () => {
    const aliases = ['a', 'b'].map((label, at) => {
      const target: RecordData = { kind: 'CNAME', target: nameOf(`${label.repeat(60)}.svc.local`) };
      return rrset(at === 0 ? 'web.svc.local' : `${'a'.repeat(60)}.svc.local`, [target], TYPE.CNAME);
    });
    const wanted = rrset(`${'b'.repeat(60)}.svc.local`, addresses(1, 2, 3), TYPE.A);
    const needed = 12 + 19 + 2 * (12 + 63) + 3 * 16;
    expect(encode(answerOf([...aliases, wanted]), { ...ROOMY, octets: needed })).toMatchObject({ isWhole: true });
    const cut = encode(answerOf([...aliases, wanted]), { ...ROOMY, octets: 12 + 19 + 12 + 63 + 74 });
    expect(lines(copy(cut))).toEqual([`web.svc.local. 5 IN CNAME ${'a'.repeat(60)}.svc.local.`]);
    expect(copy(cut).flags & FLAG.TC).toBe(FLAG.TC);
  });

  it('is a message with the same records in every turn and every room, and never larger than the room', () => {
    const chain = fc.array(lowerName, { maxLength: 4 });
    const other = fc.array(zoneData(lowerName), { maxLength: 4 });
    fc.assert(
      fc.property(chain, other, lowerName, fc.nat({ max: 1500 }), (targets, authority, owner, octets) => {
        const aliases = targets.map((target, at): RRset => {
          const name = targets[at - 1] ?? WEB;
          return { name, type: TYPE.CNAME, ttlSeconds: 5, data: [{ kind: 'CNAME', target }] };
        });
        const wanted = { name: targets.at(-1) ?? WEB, type: TYPE.A, ttlSeconds: 5, data: addresses(1, 2, 3, 4) };
        const sets = authority.map(({ type, data }): RRset => ({ name: owner, type, ttlSeconds: 5, data: [data] }));
        const limit = 40 + octets;
        const encoding = encode(answerOf([...aliases, wanted], sets), { ...ROOMY, octets: limit });
        expect(encoding.encoded.bytes.length).toBeLessThanOrEqual(limit);
        const first = copy(encoding);
        for (let turn = 0; turn < 4; turn += 1) expect(lines(copy(encoding)).sort()).toEqual(lines(first).sort());
        const isWhole = first.answers.length === targets.length + 4 && first.authorities.length === sets.length;
        expect(encoding.isWhole).toBe(isWhole);
      }),
    );
  });
});
