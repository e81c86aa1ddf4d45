// What becomes of each incoming message before anything is looked up. Packets are grouped as header (id, flags, counts of
// questions, answers, authorities and additionals), question and records.

import { describe, expect, it } from 'vitest';
import { decodeMessage, type Message } from '../../src/wire/message.ts';
import { nameOf } from '../../src/wire/name.ts';
import { Query } from '../../src/wire/query.ts';
import { TYPE } from '../../src/wire/record-types.ts';
import { countReads, hex, toHex } from './hex.ts';

/** a. IN A */
const QUESTION = '0161 00 0001 0001';
/** Root, OPT, 1232 octets, rcode 0, version 0, no flags, no options. */
const OPT = '00 0029 04d0 00 00 0000 0000';
/** a. by pointer, TXT, IN, TTL 0, no data. */
const TXT = 'c00c 0010 0001 00000000 0000';
const LABEL_63 = `3f${'61'.repeat(63)}`;

function parse(octets: string, query = new Query()) {
  const message = hex(octets);
  const verdict = query.parse(message, message.length);
  return { query, verdict };
}

const verdictOf = (octets: string) => parse(octets).verdict;

describe('a query', () => {
  it('of dig is answered, its cookie passed over', () => {
    const { query, verdict } = parse(`
      b5d6 0120 0001 0000 0000 0001       ; RD and AD
      0a73706563536572766572 03737663 056c6f63616c 00 0021 0001
      00 0029 04d0 00 00 0000 000c  000a 0008 2464c4abcf10c957`);
    expect(verdict).toBe('answer');
    expect(query).toMatchObject({
      id: 0xb5d6,
      flags: 0x0120,
      hasQuestion: true,
      questionEnd: 38,
      nameEnd: 34,
      type: TYPE.SRV,
      class: 1,
      hasOpt: true,
      udpPayloadOctets: 1232,
      ednsFlags: 0,
    });
  });

  it('without EDNS is answered', () => {
    const { query, verdict } = parse(`1234 0000 0001 0000 0000 0000  ${QUESTION}`);
    expect(verdict).toBe('answer');
    expect(query).toMatchObject({
      hasQuestion: true,
      questionEnd: 19,
      hasOpt: false,
      udpPayloadOctets: 0,
      ednsFlags: 0,
    });
  });

  it.each([
    ['the root', '00 0002 0001'],
    ['any type and class', '0161 00 ffff ffff'],
    ['octets that are no text', '03 2e00ff 00 0001 0001'],
    ['a label of 63 octets', `${LABEL_63} 00 0001 0001`],
    ['a name of 255 octets', `${LABEL_63}${LABEL_63}${LABEL_63} 3d${'61'.repeat(61)} 00 0001 0001`],
    ['a name of 127 labels', `${'0161'.repeat(127)} 00 0001 0001`],
  ])('about %s is answered', (_what, question) => {
    const { query, verdict } = parse(`1234 0100 0001 0000 0000 0000  ${question}`);
    expect([verdict, query.hasQuestion]).toEqual(['answer', true]);
    expect(query.questionEnd).toBe(12 + hex(question).length);
  });

  it('may have flags that mean nothing in a query', () => {
    // AA, TC, RD, RA, Z, AD, CD and an rcode: all bits but QR and the opcode.
    expect(verdictOf(`1234 07ff 0001 0000 0000 0000  ${QUESTION}`)).toBe('answer');
  });

  it('ends where it says, whatever the buffer held before', () => {
    const datagram = hex(`1234 0100 0001 0000 0000 0000  ${QUESTION}  ${OPT}`);
    const query = new Query();
    expect(query.parse(datagram, 19)).toBe('answer');
    expect(query.hasOpt).toBe(false);
    expect(query.parse(datagram, 18)).toBe('formerr');
  });
});

describe('dropped without an answer', () => {
  it.each([
    ['nothing at all', ''],
    ['one octet', '12'],
    ['11 octets', '1234 0100 0001 0000 0000 00'],
    ['a response, which an answer would turn into a loop', `1234 8100 0001 0000 0000 0000  ${QUESTION}`],
    ['a response of another opcode', `1234 a000 0001 0000 0000 0000  ${QUESTION}`],
    ['a broken response', '1234 8000 ffff ffff ffff ffff'],
  ])('%s', (_what, octets) => {
    expect(verdictOf(octets)).toBe('drop');
  });

  it('but 12 octets are a header, which can be answered', () => {
    expect(verdictOf('1234 0100 0001 0000 0000 0000')).toBe('formerr');
  });
});

describe('an opcode other than QUERY', () => {
  it.each([
    ['IQUERY', '0800'],
    ['STATUS', '1000'],
    ['3, which is unassigned,', '1800'],
    ['NOTIFY', '2000'],
    ['UPDATE', '2800'],
    ['DSO', '3000'],
    ['15', '7800'],
  ])('is not implemented: %s', (_opcode, flags) => {
    const { query, verdict } = parse(`1234 ${flags} 0001 0000 0000 0001  ${QUESTION}  ${OPT}`);
    expect(verdict).toBe('notimp');
    expect(query).toMatchObject({ hasQuestion: true, hasOpt: true });
  });

  it('is not implemented rather than malformed: its sections may mean something else', () => {
    const notifyWithSoa = `1234 2400 0001 0001 0000 0000  ${QUESTION} c00c 0006 0001 00000000 0000`;
    expect(verdictOf(notifyWithSoa)).toBe('notimp');
    expect(verdictOf('1234 3000 0000 0000 0000 0000')).toBe('notimp');
    expect(verdictOf('1234 2800 0001 0009 0009 0009 ffff')).toBe('notimp');
    expect(verdictOf(`1234 2000 0001 0000 0000 0001  ${QUESTION} 00 0029 04d0 00 01 0000 0000`)).toBe('notimp');
  });
});

describe('malformed', () => {
  it.each([
    ['no question', '1234 0100 0000 0000 0000 0000'],
    ['two questions (RFC 9619)', `1234 0100 0002 0000 0000 0000  ${QUESTION} ${QUESTION}`],
    ['65535 questions', `1234 0100 ffff 0000 0000 0000  ${QUESTION}`],
    ['three questions', `1234 0100 0003 0000 0000 0001  ${QUESTION} ${QUESTION} ${QUESTION} ${OPT}`],
  ])('has the wrong counts: %s', (_what, octets) => {
    const { query, verdict } = parse(octets);
    expect([verdict, query.hasQuestion, query.hasOpt]).toEqual(['formerr', false, false]);
  });

  it.each([
    ['no question', '0000 0000 0000 0001', OPT, false],
    ['two questions', '0002 0000 0000 0001', `${QUESTION} c00c 0001 0001 ${OPT}`, false],
    ['an answer', '0001 0001 0000 0001', `${QUESTION} ${TXT} ${OPT}`, true],
  ])('has the wrong counts, but OPT is found: %s', (_what, counts, sections, hasQuestion) => {
    const { query, verdict } = parse(`1234 0100 ${counts} ${sections}`);
    expect([verdict, query.hasQuestion, query.hasOpt]).toEqual(['formerr', hasQuestion, true]);
  });

  it.each([
    ['is cut', `1234 0100 0002 0000 0000 0000  ${QUESTION} 0161 00 0001`],
    ['is not there', `1234 0100 0002 0000 0000 0000  ${QUESTION}`],
    ['has a label of type 01', `1234 0100 0002 0000 0000 0001  ${QUESTION} 40 0001 0001 ${OPT}`],
  ])('has a second question that %s', (_what, octets) => {
    const { query, verdict } = parse(octets);
    expect([verdict, query.hasQuestion, query.hasOpt]).toEqual(['formerr', false, false]);
  });

  it.each([
    ['nothing', ''],
    ['no root label', '0161'],
    ['a label past the end', '3f61'],
    ['no type', '0161 00'],
    ['no class', '0161 00 0001'],
    ['half a class', '0161 00 0001 00'],
    ['a pointer', 'c00c 0001 0001'],
    ['a pointer to a root label in the header', 'c006 0001 0001'],
    ['a pointer behind a label', '0161 c00c 0001 0001'],
    ['a label of 64 octets, which is type 01', `40${'61'.repeat(64)} 00 0001 0001`],
    ['a label of type 10', '80 00 0001 0001'],
    ['a name of 256 octets', `${LABEL_63}${LABEL_63}${LABEL_63} 3e${'61'.repeat(62)} 00 0001 0001`],
    ['a name of 128 labels', `${'0161'.repeat(128)} 00 0001 0001`],
  ])('has a question that cannot be echoed: %s', (_what, question) => {
    const { query, verdict } = parse(`1234 0100 0001 0000 0000 0000  ${question}`);
    expect([verdict, query.hasQuestion, query.hasOpt]).toEqual(['formerr', false, false]);
  });

  it.each([
    ['an octet behind the question', `0000 0000 0000 ${QUESTION} 00`],
    ['an octet behind OPT', `0000 0000 0001 ${QUESTION} ${OPT} 00`],
    ['a record that is not there', `0000 0000 0001 ${QUESTION}`],
    ['a record that ends in its owner', `0000 0000 0001 ${QUESTION} 3f61`],
    ['a record that ends in half a pointer', `0000 0000 0001 ${QUESTION} c0`],
    ['a record that ends in its TTL', `0000 0000 0001 ${QUESTION} 00 0029 04d0 0000`],
    ['a record whose data passes the end', `0000 0000 0001 ${QUESTION} 00 0029 04d0 00000000 0001`],
    ['a record owned by a label of type 01', `0000 0000 0001 ${QUESTION} 40 00 0010 0001 00000000 0000`],
  ])('has records that do not fill it: %s', (_what, rest) => {
    const { query, verdict } = parse(`1234 0100 0001 ${rest}`);
    expect([verdict, query.hasQuestion]).toEqual(['formerr', true]);
  });

  const owner = (lastOctets: number) => {
    const last = `${lastOctets.toString(16)}${'61'.repeat(lastOctets)}`;
    return `${LABEL_63}${LABEL_63}${LABEL_63} ${last} 00 0010 0001 00000000 0000`;
  };

  it('has a record whose owner is longer than 255 octets', () => {
    const counts = '1234 0100 0001 0000 0000 0001';
    expect(verdictOf(`${counts} ${QUESTION} ${owner(61)}`)).toBe('answer');
    expect(verdictOf(`${counts} ${QUESTION} ${owner(62)}`)).toBe('formerr');
    expect(verdictOf(`${counts} ${QUESTION} ${owner(63)}`)).toBe('formerr');
  });

  it('has more than 4 records behind its question', () => {
    expect(verdictOf(`1234 0100 0001 0000 0002 0002  ${QUESTION} ${TXT} ${TXT} ${TXT} ${OPT}`)).toBe('answer');
    const five = parse(`1234 0100 0001 0000 0002 0003  ${QUESTION} ${TXT} ${TXT} ${TXT} ${TXT} ${OPT}`);
    expect([five.verdict, five.query.hasQuestion, five.query.hasOpt]).toEqual(['formerr', false, false]);
    expect(verdictOf(`1234 0100 0001 0000 ffff ffff  ${QUESTION}`)).toBe('formerr');
  });
});

describe('OPT', () => {
  const withRecords = (count: number, records: string) =>
    parse(`1234 0100 0001 0000 0000 000${count}  ${QUESTION}  ${records}`);

  it.each([
    ['its size and DO', '00 0029 1000 00 00 8000 0000', { udpPayloadOctets: 4096, ednsFlags: 0x8000 }],
    ['a size of 0', '00 0029 0000 00 00 0000 0000', { udpPayloadOctets: 0, ednsFlags: 0 }],
    [
      'the largest size and flags without a meaning',
      '00 0029 ffff 00 00 ffff 0000',
      { udpPayloadOctets: 65535, ednsFlags: 0xffff },
    ],
    ['an extended rcode, which means nothing in a query', '00 0029 04d0 ff 00 0000 0000', { udpPayloadOctets: 1232 }],
    ['unknown options', '00 0029 04d0 00 00 0000 000b fde9 0003 010203 fdea 0000', { udpPayloadOctets: 1232 }],
  ])('is read with %s', (_what, opt, expected) => {
    const { query, verdict } = withRecords(1, opt);
    expect(verdict).toBe('answer');
    expect(query).toMatchObject({ hasOpt: true, ...expected });
  });

  it('may stand before and behind other records', () => {
    for (const records of [`${OPT} ${TXT}`, `${TXT} ${OPT}`]) {
      const { query, verdict } = withRecords(2, records);
      expect([verdict, query.hasOpt, query.udpPayloadOctets]).toEqual(['answer', true, 1232]);
    }
  });

  it.each([
    ['a label', '0161 00 0029 04d0 00 00 0000 0000'],
    ['a pointer to the question', 'c00c 0029 04d0 00 00 0000 0000'],
    ['a pointer to a root label', 'c00e 0029 04d0 00 00 0000 0000'],
    ['nothing but the end', '29'],
  ])('owned by %s instead of the root is malformed, and not echoed', (_what, opt) => {
    const { query, verdict } = withRecords(1, opt);
    expect([verdict, query.hasQuestion, query.hasOpt]).toEqual(['formerr', true, false]);
  });

  it.each([
    ['three octets', '00 0029 04d0 00 00 0000 0003 000a 00'],
    ['an option that passes the end', '00 0029 04d0 00 00 0000 0005 000a 0002 ff'],
    ['an octet behind the last option', '00 0029 04d0 00 00 0000 0005 000a 0000 ff'],
    ['an option cut off by the end of the message', '00 0029 04d0 00 00 0000 0004 000a 00'],
    ['an option that would end in the next record', '00 0029 04d0 00 00 0000 0004 000a ffff'],
  ])('whose options do not fill it is malformed: %s', (_what, opt) => {
    const { query, verdict } = withRecords(1, opt);
    expect([verdict, query.hasQuestion, query.hasOptions]).toEqual(['formerr', true, false]);
  });

  it('may have 32 options, and no more', () => {
    const withOptions = (count: number) => {
      const octets = (4 * count).toString(16).padStart(4, '0');
      return withRecords(1, `00 0029 04d0 00 00 0000 ${octets} ${'fde90000'.repeat(count)}`);
    };
    expect(withOptions(32).verdict).toBe('answer');
    const { query, verdict } = withOptions(33);
    expect([verdict, query.hasOpt]).toEqual(['formerr', true]);
  });

  it('of another version is not looked into', () => {
    const { query, verdict } = withRecords(1, '00 0029 04d0 00 01 0000 0003 000a 00');
    expect([verdict, query.hasOptions]).toEqual(['badvers', false]);
  });

  it('that comes twice is malformed, and the reply has the one that was right', () => {
    const { query, verdict } = withRecords(2, `${OPT} 00 0029 1000 00 00 8000 0000`);
    expect(verdict).toBe('formerr');
    expect(query).toMatchObject({ hasQuestion: true, hasOpt: true, udpPayloadOctets: 1232, ednsFlags: 0 });
  });

  it('that is right is known although a record behind it is not', () => {
    const { query, verdict } = withRecords(2, `${OPT} ffff`);
    expect([verdict, query.hasQuestion, query.hasOpt]).toEqual(['formerr', true, true]);
  });

  it.each([1, 255])('of version %d is not spoken here', (version) => {
    const opt = `00 0029 04d0 00 ${version.toString(16).padStart(2, '0')} 8000 0000`;
    const { query, verdict } = withRecords(1, opt);
    expect(verdict).toBe('badvers');
    expect(query).toMatchObject({ hasQuestion: true, hasOpt: true, udpPayloadOctets: 1232, ednsFlags: 0x8000 });
    expect(withRecords(1, `${opt} 00`).verdict).toBe('formerr');
  });
});

describe('an option that means something here', () => {
  const withOptions = (options: string) => {
    const octets = hex(options).length.toString(16).padStart(4, '0');
    return parse(`1234 0100 0001 0000 0000 0001  ${QUESTION}  00 0029 04d0 00 00 0000 ${octets} ${options}`);
  };

  it('is found among others', () => {
    const { query } = withOptions(`fde9 0002 ffff 0003 0000 000a 0008 ${'01'.repeat(8)} 000b 0000`);
    // 12 of the header, 7 of the question, 11 of OPT, and the options before.
    expect(query).toMatchObject({
      hasOptions: true,
      asksNsid: true,
      cookieAt: 44,
      cookieOctets: 8,
      asksKeepalive: true,
    });
  });

  it('is not there unless it is', () => {
    const { query } = withOptions('fde9 0002 ffff');
    expect(query).toMatchObject({ hasOptions: false, asksNsid: false, cookieAt: 0, asksKeepalive: false });
  });

  it.each([8, 16, 24, 40])('is a cookie of %d octets', (octets) => {
    const { query, verdict } = withOptions(`000a 00${octets.toString(16).padStart(2, '0')} ${'01'.repeat(octets)}`);
    expect([verdict, query.cookieOctets]).toEqual(['answer', octets]);
  });

  it.each([0, 1, 7, 9, 15, 41])('is no cookie of %d octets (RFC 7873 §5.2.2)', (octets) => {
    const { query, verdict } = withOptions(`000a 00${octets.toString(16).padStart(2, '0')} ${'01'.repeat(octets)}`);
    expect([verdict, query.hasOptions]).toEqual(['formerr', false]);
  });

  it('is the first cookie of several', () => {
    const { query, verdict } = withOptions(`000a 0008 ${'01'.repeat(8)} 000a 0001 02`);
    expect([verdict, query.cookieAt, query.cookieOctets]).toEqual(['answer', 34, 8]);
  });

  it('is a wish for keepalive that says a time, as only a server may', () => {
    expect(withOptions('000b 0000').query.keepaliveHasTime).toBe(false);
    expect(withOptions('000b 0002 0064').query.keepaliveHasTime).toBe(true);
  });

  it('is a cookie without a question (RFC 7873 §5.4)', () => {
    const opt = `00 0029 04d0 00 00 0000 000c 000a 0008 ${'01'.repeat(8)}`;
    const { query, verdict } = parse(`1234 0100 0000 0000 0000 0001 ${opt}`);
    expect([verdict, query.hasQuestion, query.cookieAt]).toEqual(['cookie', false, 27]);
    expect(verdictOf(`1234 0100 0000 0001 0000 0001 00 0010 0001 00000000 0000 ${opt}`)).toBe('formerr');
  });
});

describe('a Query used again', () => {
  const plain = `1234 0000 0001 0000 0000 0000  ${QUESTION}`;

  it.each([
    ['a query with EDNS and DO', `ffff 0120 0001 0000 0000 0001  03616263 00 001c 0003  00 0029 1000 00 00 8000 0000`],
    ['two OPTs', `ffff 0100 0001 0000 0000 0002  ${QUESTION} ${OPT} ${OPT}`],
    ['an unknown EDNS version', `ffff 0100 0001 0000 0000 0001  ${QUESTION} 00 0029 04d0 00 07 8000 0000`],
    ['a response', `ffff 8180 0001 0000 0000 0000  ${QUESTION}`],
    ['a question without an end', 'ffff 0100 0001 0000 0000 0000  3f'],
  ])('has no trace of %s', (_what, before) => {
    const used = parse(plain, parse(before).query);
    const fresh = parse(plain);
    expect(used.verdict).toBe('answer');
    expect(used.query).toEqual(fresh.query);
  });

  it('has neither question nor OPT of the message before when the next one has none', () => {
    const before = `ffff 0120 0001 0000 0000 0001  ${QUESTION}  00 0029 1000 00 00 8000 0000`;
    for (const next of [
      '',
      '1234 8000 0001 0000 0000 0000',
      '1234 0100 0000 0000 0000 0000',
      '1234 0100 0001 0000 0000 0000 3f',
    ]) {
      const { query, verdict } = parse(next, parse(before).query);
      expect(verdict).not.toBe('answer');
      expect(query).toMatchObject({ hasQuestion: false, hasOpt: false, udpPayloadOctets: 0, ednsFlags: 0 });
    }
  });
});

describe('what a message costs', () => {
  /** How many octets are read of a message, and how many it has. */
  const cost = (message: Uint8Array) => {
    const counted = countReads(message);
    new Query().parse(counted.octets, message.length);
    return { reads: counted.reads(), octets: message.length };
  };

  it('is little for a message of tiny records, of any length', () => {
    const records = Math.floor((65535 - 19) / 11);
    const count = records.toString(16).padStart(4, '0');
    const message = hex(
      `1234 0100 0001 0000 0000 ${count}  ${QUESTION} ${'00 0010 0001 00000000 0000'.repeat(records)}`,
    );
    expect(cost(message).reads).toBeLessThan(40);
  });

  it('is at most its length when it is full of empty options', () => {
    const options = Math.floor((65535 - 19 - 11) / 4);
    const length = (4 * options).toString(16).padStart(4, '0');
    const opt = `00 0029 04d0 00 00 0000 ${length} ${'fde9 0000'.repeat(options)}`;
    const message = hex(`1234 0100 0001 0000 0000 0001  ${QUESTION} ${opt}`);
    const { reads, octets } = cost(message);
    expect(reads).toBeLessThan(octets);
  });
});

describe('beside the decoder of whole messages', () => {
  it('reads the same question', () => {
    const message = hex(`1234 0100 0001 0000 0000 0001  0353764300 0021 0001  ${OPT}`);
    const query = new Query();
    expect(query.parse(message, message.length)).toBe('answer');
    const decoded: Message | undefined = decodeMessage(message);
    expect(decoded?.questions).toEqual([{ name: nameOf('SvC.'), type: query.type, class: query.class }]);
    expect(toHex(message.subarray(12, query.nameEnd))).toBe('0353764300');
  });
});
