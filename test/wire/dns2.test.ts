// dns2 is the second opinion: an implementation that shares nothing with ours. Left out is what it is known to get
// wrong: IPv4-mapped addresses, labels with dots, strings that are not UTF-8, TTLs above 2^31 - 1, and the number 0 for
// the type or class of a question that it writes.

import dns from 'dns2';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIpv4, formatIpv6, isIpv4Mapped } from '../../src/wire/address.ts';
import { CLASS_IN } from '../../src/wire/codes.ts';
import { decodeMessage, encodeMessage, type Message, type ResourceRecord } from '../../src/wire/message.ts';
import { formatName, type Name, nameOf } from '../../src/wire/name.ts';
import { Query } from '../../src/wire/query.ts';
import { type RecordData, TYPE } from '../../src/wire/record-types.ts';
import { anyQuery, hostName } from './generators.ts';

const { Packet } = dns;

type Theirs = Partial<InstanceType<typeof Packet.Resource>>;

const u16 = fc.integer({ min: 0, max: 0xffff });
const u31 = fc.integer({ min: 0, max: 0x7fffffff });
const text = fc.string({ unit: fc.constantFrom(...'aZ09 ."\\;='), maxLength: 255 });
const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

/** A name as dns2 writes it: without the final dot. Host names have nothing to escape. */
const theirName = (name: Name) => formatName(name).slice(0, -1);

/** One record in both notations. */
interface Pair {
  readonly type: number;
  readonly ours: RecordData;
  readonly theirs: Theirs;
}

const PAIRS: Record<string, fc.Arbitrary<Pair>> = {
  A: octets(4).map((of) => {
    const address = formatIpv4(of);
    return { type: TYPE.A, ours: { kind: 'A', address }, theirs: { address } };
  }),
  AAAA: octets(16)
    .filter((of) => !isIpv4Mapped(of))
    .map((of) => {
      const address = formatIpv6(of);
      return { type: TYPE.AAAA, ours: { kind: 'AAAA', address }, theirs: { address } };
    }),
  NS: hostName.map((target) => ({ type: TYPE.NS, ours: { kind: 'NS', target }, theirs: { ns: theirName(target) } })),
  CNAME: hostName.map((target) => ({
    type: TYPE.CNAME,
    ours: { kind: 'CNAME', target },
    theirs: { domain: theirName(target) },
  })),
  PTR: hostName.map((target) => ({
    type: TYPE.PTR,
    ours: { kind: 'PTR', target },
    theirs: { domain: theirName(target) },
  })),
  MX: fc.tuple(u16, hostName).map(([preference, exchange]) => ({
    type: TYPE.MX,
    ours: { kind: 'MX', preference, exchange },
    theirs: { priority: preference, exchange: theirName(exchange) },
  })),
  SRV: fc.tuple(u16, u16, u16, hostName).map(([priority, weight, port, target]) => ({
    type: TYPE.SRV,
    ours: { kind: 'SRV', priority, weight, port, target },
    theirs: { priority, weight, port, target: theirName(target) },
  })),
  TXT: fc.array(text, { minLength: 1, maxLength: 4 }).map((strings) => ({
    type: TYPE.TXT,
    ours: { kind: 'TXT', strings },
    theirs: { data: strings },
  })),
  SOA: fc.tuple(hostName, hostName, fc.tuple(u31, u31, u31, u31, u31)).map(([mname, rname, numbers]) => {
    const [serial, refreshSeconds, retrySeconds, expireSeconds, minimumSeconds] = numbers;
    return {
      type: TYPE.SOA,
      ours: { kind: 'SOA', mname, rname, serial, refreshSeconds, retrySeconds, expireSeconds, minimumSeconds },
      theirs: {
        primary: theirName(mname),
        admin: theirName(rname),
        serial,
        refresh: refreshSeconds,
        retry: retrySeconds,
        expiration: expireSeconds,
        minimum: minimumSeconds,
      },
    };
  }),
  CAA: fc
    .tuple(fc.integer({ min: 0, max: 255 }), fc.constantFrom('issue', 'issuewild', 'iodef'), text)
    .map(([flags, tag, value]) => ({
      type: TYPE.CAA,
      ours: { kind: 'CAA', flags, tag, value },
      theirs: { flags, tag, value },
    })),
};

/** A record with its owner and TTL, in both notations. */
const pairs = (kind: fc.Arbitrary<Pair>) =>
  fc.record({ name: hostName, ttlSeconds: u31, pair: kind }).map(({ name, ttlSeconds, pair }) => {
    const ours: ResourceRecord = { name, type: pair.type, class: CLASS_IN, ttlSeconds, data: pair.ours };
    const theirs: Theirs = { name: theirName(name), type: pair.type, class: CLASS_IN, ttl: ttlSeconds, ...pair.theirs };
    return { ours, theirs };
  });

const QUESTION = { name: nameOf('specServer.svc.local.'), type: TYPE.ANY, class: CLASS_IN };

/** What an answer with these records is to us. */
const answerOf = (answers: readonly ResourceRecord[]): Message => ({
  id: 0xb5d6,
  flags: 0x8500,
  questions: [QUESTION],
  answers,
  authorities: [],
  additionals: [],
});

function encoded(message: Message): Buffer {
  const written = encodeMessage(message);
  if (written === undefined) throw new Error('expected a message that fits');
  return Buffer.from(written);
}

describe.each(Object.entries(PAIRS))('%s records', (_type, kind) => {
  const records = fc.array(pairs(kind), { minLength: 1, maxLength: 4 });

  it('that we write are read by dns2', () => {
    fc.assert(
      fc.property(records, (of) => {
        const packet = Packet.parse(encoded(answerOf(of.map(({ ours }) => ours))));
        expect(packet.errors).toEqual([]);
        expect(packet.answers).toMatchObject(of.map(({ theirs }) => theirs));
      }),
      { numRuns: 40 },
    );
  });

  it('that dns2 writes are read by us', () => {
    fc.assert(
      fc.property(records, (of) => {
        const packet = new Packet([new Packet.Question(theirName(QUESTION.name), QUESTION.type, QUESTION.class)]);
        packet.header = new Packet.Header({ id: 0xb5d6, qr: 1, rd: 1 });
        packet.answers = of.map(({ theirs }) => new Packet.Resource(theirs));
        const message = decodeMessage(packet.toBuffer());
        expect(message?.questions).toEqual([QUESTION]);
        expect(message?.answers).toEqual(of.map(({ ours }) => ours));
      }),
      { numRuns: 40 },
    );
  });
});

describe('a message of all types', () => {
  it('is read by dns2 section by section, its names compressed across them', () => {
    const section = fc.array(pairs(fc.oneof(...Object.values(PAIRS))), { maxLength: 4 });
    fc.assert(
      fc.property(section, section, section, (answers, authorities, additionals) => {
        const ours = (of: typeof answers) => of.map((pair) => pair.ours);
        const theirs = (of: typeof answers) => of.map((pair) => pair.theirs);
        const packet = Packet.parse(
          encoded({ ...answerOf(ours(answers)), authorities: ours(authorities), additionals: ours(additionals) }),
        );
        expect(packet.errors).toEqual([]);
        expect(packet.header).toMatchObject({
          id: 0xb5d6,
          qr: 1,
          opcode: 0,
          aa: 1,
          tc: 0,
          rd: 1,
          ra: 0,
          z: 0,
          rcode: 0,
        });
        expect(packet.answers).toMatchObject(theirs(answers));
        expect(packet.authorities).toMatchObject(theirs(authorities));
        expect(packet.additionals).toMatchObject(theirs(additionals));
      }),
      { numRuns: 60 },
    );
  });
});

/** The options that dns2 decodes, and so refuses with data that is not theirs (RFC 7871, RFC 8914). */
const DECODED_OPTIONS = [8, 15];

const queries = anyQuery(hostName).filter((message) =>
  message.additionals.every(
    ({ data }) => data.kind !== 'OPT' || data.options.every(({ code }) => !DECODED_OPTIONS.includes(code)),
  ),
);

describe('any query', () => {
  it('has the question and the EDNS size that dns2 reads', () => {
    const query = new Query();
    fc.assert(
      fc.property(queries, (message) => {
        const datagram = encoded(message);
        expect(query.parse(datagram, datagram.length)).toBe('answer');
        const { header, questions, additionals } = Packet.parse(datagram);
        const name = datagram.toString('latin1', 12, query.nameEnd) as Name;
        expect({ id: query.id, rd: (query.flags >> 8) & 1 }).toEqual({ id: header.id, rd: header.rd });
        expect(questions).toMatchObject([{ name: theirName(name), type: query.type, class: query.class }]);
        expect(query.hasOpt).toBe(additionals.length === 1);
        if (query.hasOpt) expect(query.udpPayloadOctets).toBe(additionals[0]?.class);
      }),
    );
  });

  it('that dns2 writes is answered', () => {
    const sizes = fc.integer({ min: 512, max: 0xffff });
    const query = new Query();
    fc.assert(
      fc.property(hostName, fc.integer({ min: 1, max: 0xffff }), u16, sizes, (name, type, id, udpPayloadSize) => {
        const packet = new Packet([new Packet.Question(theirName(name), type, CLASS_IN)]);
        packet.header = new Packet.Header({ id, rd: 1 });
        packet.additionals = [
          Packet.Resource.EDNS([Packet.Resource.EDNS.ECS('10.1.0.0/16')], { udpPayloadSize, doFlag: true }),
        ];
        const datagram = packet.toBuffer();
        expect(query.parse(datagram, datagram.length)).toBe('answer');
        expect(datagram.toString('latin1', 12, query.nameEnd)).toBe(name);
        expect(query).toMatchObject({
          id,
          flags: 0x0100,
          type,
          class: CLASS_IN,
          hasOpt: true,
          udpPayloadOctets: udpPayloadSize,
          ednsFlags: 0x8000,
        });
      }),
    );
  });
});
