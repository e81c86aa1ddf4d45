// Properties of the codec: what was written is what is read, no octets throw, and no limit is passed.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage, formatRecord, type Message, writeRecord } from '../../src/wire/message.ts';
import {
  foldName,
  formatName,
  isAtOrBelow,
  labelsOf,
  type Name,
  nameOf,
  parentName,
  parseName,
} from '../../src/wire/name.ts';
import { Query } from '../../src/wire/query.ts';
import { MessageReader } from '../../src/wire/reader.ts';
import { formatData } from '../../src/wire/record-types.ts';
import { MessageWriter } from '../../src/wire/writer.ts';
import { anyMessage, anyName, anyQuery, lowerName, nearly, zoneData, zoneRecord } from './generators.ts';
import { countReads, toHex } from './hex.ts';
import { dataOf } from './zone-text.ts';

const VISIBLE = /^[ -~]*$/;

function encoded(message: Message): Uint8Array {
  const octets = encodeMessage(message);
  if (octets === undefined) throw new Error('expected a message that fits');
  return octets;
}

const messages = anyMessage(anyName).map(encoded);
const anyOctets = fc.oneof(fc.uint8Array({ maxLength: 100 }), nearly(messages), nearly(anyQuery(anyName).map(encoded)));

describe('any name', () => {
  it('is read back from its text, in visible characters', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const text = formatName(name);
        expect(text).toMatch(VISIBLE);
        expect(parseName(text)).toBe(name);
        expect(parseName(text, nameOf('elsewhere.'))).toBe(name);
      }),
    );
  });

  it('is at or below each name that its own labels end in, in any case', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        for (let above: Name | undefined = name; above !== undefined; above = parentName(above)) {
          expect(isAtOrBelow(foldName(name), foldName(above))).toBe(true);
        }
      }),
    );
  });

  it('is at or below another one exactly when its last labels are that one', () => {
    fc.assert(
      fc.property(lowerName, lowerName, (name, other) => {
        const labels = labelsOf(other);
        const last = labels.length === 0 ? [] : labelsOf(name).slice(-labels.length);
        expect(isAtOrBelow(foldName(name), foldName(other))).toBe(JSON.stringify(last) === JSON.stringify(labels));
      }),
    );
  });

  it('is read from the octets that the writer makes of it, wherever it stands', () => {
    fc.assert(
      fc.property(fc.array(lowerName, { maxLength: 8 }), fc.nat({ max: 40 }), (names, start) => {
        const writer = new MessageWriter(new Uint8Array(4096));
        writer.octets(new Uint8Array(start));
        for (const name of names) writer.name(name);
        const reader = new MessageReader(writer.bytes, start, writer.length);
        expect(names.map(() => reader.name())).toEqual(names);
        expect([reader.failed, reader.left]).toEqual([false, 0]);
      }),
    );
  });
});

describe('any text', () => {
  it('is a name or a mistake within the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '.', '\\', '0', '9', '@', '\0', '\xff', '日'), maxLength: 12 }),
        (text) => {
          const name = parseName(text);
          if (typeof name === 'string') expect(parseName(formatName(name))).toBe(name);
          else expect(name.offset).toBeLessThan(Math.max(1, text.length));
        },
      ),
    );
  });
});

describe('any data', () => {
  it('is read back from its zone-file text, in visible characters', () => {
    fc.assert(
      fc.property(zoneData(anyName), ({ type, data }) => {
        const text = formatData(data);
        expect(text).toMatch(VISIBLE);
        expect(dataOf(text, type)).toEqual({ data, mistakes: [] });
      }),
    );
  });
});

describe('any message', () => {
  it('is read back from its octets', () => {
    fc.assert(
      fc.property(anyMessage(lowerName), (message) => {
        expect(decodeMessage(encoded(message))).toEqual(message);
      }),
    );
  });

  it('of names in any case has the octets that encoding it again has', () => {
    fc.assert(
      fc.property(anyMessage(anyName), (message) => {
        const octets = encoded(message);
        const decoded = decodeMessage(octets);
        expect(decoded && toHex(encoded(decoded))).toBe(toHex(octets));
      }),
    );
  });

  it('is none without its last octets, and with one more', () => {
    fc.assert(
      fc.property(messages, fc.integer({ min: 1, max: 20 }), (octets, cut) => {
        expect(decodeMessage(octets.subarray(0, -cut))).toBeUndefined();
        expect(decodeMessage(Uint8Array.from([...octets, 0]))).toBeUndefined();
      }),
    );
  });

  it('keeps to a limit record by record: each is there whole or not at all', () => {
    const limits = fc.integer({ min: 0, max: 1500 });
    fc.assert(
      fc.property(fc.array(zoneRecord(lowerName), { maxLength: 12 }), limits, (records, limit) => {
        const buffer = new Uint8Array(2000).fill(0xee);
        const writer = new MessageWriter(buffer, 12 + limit);
        writer.octets(new Uint8Array(12));
        const kept = records.filter((record) => writeRecord(writer, record));
        expect(writer.length).toBeLessThanOrEqual(12 + limit);
        expect(buffer.subarray(12 + limit).every((octet) => octet === 0xee)).toBe(true);
        buffer[7] = kept.length;
        expect(decodeMessage(buffer.slice(0, writer.length))?.answers).toEqual(kept);
      }),
    );
  });
});

describe('any octets', () => {
  it('are a message that prints in visible characters and encodes again, or none', () => {
    let decodedCount = 0;
    fc.assert(
      fc.property(anyOctets, (octets) => {
        const message = decodeMessage(octets);
        if (message === undefined) return;
        decodedCount += 1;
        for (const record of [...message.answers, ...message.authorities, ...message.additionals]) {
          expect(formatRecord(record)).toMatch(VISIBLE);
        }
        const again = decodeMessage(encoded(message));
        expect(again && toHex(encoded(again))).toBe(toHex(encoded(message)));
      }),
      { numRuns: 1000 },
    );
    expect(decodedCount).toBeGreaterThan(10);
  });

  it('get a verdict that costs at most their length', () => {
    const query = new Query();
    fc.assert(
      fc.property(anyOctets, (octets) => {
        const counted = countReads(octets);
        const verdict = query.parse(counted.octets, octets.length);
        // The header is 12 octets; a name or an option is at least 2, of which at most 2 are read.
        expect(counted.reads()).toBeLessThanOrEqual(12 + octets.length);
        if (octets.length < 12 || (octets[2] ?? 0) >= 0x80) expect(verdict).toBe('drop');
        else expect(verdict).not.toBe('drop');
        if (query.hasQuestion) expect(query.questionEnd).toBeLessThanOrEqual(octets.length);
        if (verdict === 'answer' || verdict === 'badvers') expect(query.hasQuestion).toBe(true);
        if (verdict === 'badvers') expect(query.hasOpt).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('that are to be answered have the question that the decoder of whole messages reads', () => {
    const query = new Query();
    fc.assert(
      fc.property(nearly(anyQuery(anyName).map(encoded)), (octets) => {
        const verdict = query.parse(octets, octets.length);
        const message = decodeMessage(octets);
        if (verdict !== 'answer' || message === undefined) return;
        const name = String.fromCharCode(...octets.subarray(12, query.nameEnd));
        expect(message.questions).toEqual([{ name, type: query.type, class: query.class }]);
        expect([query.id, query.flags]).toEqual([message.id, message.flags]);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('any query', () => {
  it('is answered, and its question and EDNS are read', () => {
    const query = new Query();
    fc.assert(
      fc.property(anyQuery(anyName), (message) => {
        const octets = encoded(message);
        expect(query.parse(octets, octets.length)).toBe('answer');
        const [question] = message.questions;
        const [opt] = message.additionals;
        const name = String.fromCharCode(...octets.subarray(12, query.nameEnd));
        expect({ name, type: query.type, class: query.class }).toEqual(question);
        expect(query).toMatchObject({
          id: message.id,
          flags: message.flags,
          hasQuestion: true,
          hasOpt: opt !== undefined,
          udpPayloadOctets: opt?.class ?? 0,
          ednsFlags: opt?.ttlSeconds ?? 0,
        });
      }),
    );
  });
});
