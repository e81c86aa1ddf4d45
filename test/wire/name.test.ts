// Names in wire form and in text: what is a name, what is not, and that no octet of a label is ever lost.

import { describe, expect, it } from 'vitest';
import {
  countLabels,
  firstLabel,
  foldName,
  formatName,
  isAtOrBelow,
  joinNames,
  labelsOf,
  lastLabels,
  type Name,
  nameOf,
  parentName,
  parseName,
  prependLabel,
  ROOT,
} from '../../src/wire/name.ts';

/** A label of `octets` octets in text form. */
const label = (octets: number) => 'a'.repeat(octets);

/** Three labels of 63 octets and one of `last`: 194 octets, and `last`. */
const longName = (last: number) => `${label(63)}.${label(63)}.${label(63)}.${label(last)}`;

const folded = (text: string) => foldName(nameOf(text));

describe('the text of a name', () => {
  it.each([
    ['.', '\0'],
    ['local.', '\x05local\0'],
    ['svc.local.', '\x03svc\x05local\0'],
    ['svc.local', '\x03svc\x05local\0'],
    ['_http._tcp.specServer.svc.local.', '\x05_http\x04_tcp\x0aspecServer\x03svc\x05local\0'],
    // RFC 1035 §8: a dot in the left-hand part of a mailbox.
    ['Action\\.domains.ISI.EDU.', '\x0eAction.domains\x03ISI\x03EDU\0'],
    ['a\\000b.', '\x03a\0b\0'],
    ['\\255\\192.', '\x02\xff\xc0\0'],
    ['\\097.', '\x01a\0'],
    ['\\a.', '\x01a\0'],
    ['\\\\.', '\x01\\\0'],
    ['a b.', '\x03a b\0'],
    ['\\@.', '\x01@\0'],
    ['\xe9.', '\x01\xe9\0'],
  ])('reads %j', (text, wire) => {
    expect(parseName(text)).toBe(wire);
  });

  it('takes a name without a final dot as relative to the origin, and @ as the origin', () => {
    const origin = nameOf('svc.local.');
    expect(parseName('specServer', origin)).toBe('\x0aspecServer\x03svc\x05local\0');
    expect(parseName('specServer.', origin)).toBe('\x0aspecServer\0');
    expect(parseName('a\\.', origin)).toBe('\x02a.\x03svc\x05local\0');
    expect(parseName('@', origin)).toBe(origin);
    expect(parseName('\\@', origin)).toBe('\x01@\x03svc\x05local\0');
    expect(parseName('.', origin)).toBe(ROOT);
  });

  it.each([
    ['', 'empty name', 0],
    ['..', 'empty label', 0],
    ['.local', 'empty label', 0],
    ['svc..local', 'empty label', 4],
    ['svc.local..', 'empty label', 10],
    ['a\\', 'expected \\DDD up to \\255, or a backslash and a character', 1],
    ['a\\1', 'expected \\DDD up to \\255, or a backslash and a character', 1],
    ['a\\12b', 'expected \\DDD up to \\255, or a backslash and a character', 1],
    ['a\\256', 'expected \\DDD up to \\255, or a backslash and a character', 1],
    ['svc.日', 'a character that is not one octet', 4],
    ['svc.\\日', 'expected \\DDD up to \\255, or a backslash and a character', 4],
    [`a.${label(64)}`, 'a label of more than 63 octets', 65],
    [longName(62), 'a name of more than 255 octets', 0],
  ])('refuses %j and shows where', (text, reason, offset) => {
    expect(parseName(text)).toEqual({ kind: 'name-error', reason, offset });
  });

  it('accepts labels of 63 octets and names of 255', () => {
    expect(parseName(label(63))).toHaveLength(65);
    expect(parseName(longName(61))).toHaveLength(255);
  });

  it('counts an escape as the one octet that it stands for', () => {
    expect(parseName('\\255'.repeat(63))).toHaveLength(65);
    expect(parseName('\\255'.repeat(64))).toEqual({
      kind: 'name-error',
      reason: 'a label of more than 63 octets',
      offset: 4 * 63,
    });
  });

  it('counts the origin in the length of a relative name', () => {
    const origin = nameOf('svc.local.');
    const fits = `${label(63)}.${label(63)}.${label(63)}.${label(51)}`;
    expect(parseName(fits, origin)).toHaveLength(255);
    expect(parseName(`${fits}a`, origin)).toMatchObject({ reason: 'a name of more than 255 octets' });
    expect(parseName(`${fits}a.`, origin)).toHaveLength(246);
  });

  it('refuses a text of a million octets', () => {
    expect(parseName('a'.repeat(1_000_000))).toMatchObject({ reason: 'a label of more than 63 octets' });
    expect(parseName('a.'.repeat(500_000))).toMatchObject({ reason: 'a name of more than 255 octets' });
  });
});

describe('a printed name', () => {
  it.each([
    ['\0', '.'],
    ['\x03svc\x05local\0', 'svc.local.'],
    ['\x04_tcp\x03x-1\0', '_tcp.x-1.'],
    ['\x03a.b\0', 'a\\.b.'],
    ['\x01.\0', '\\..'],
    ['\x02\\"\0', '\\\\\\".'],
    ['\x05();@$\0', '\\(\\)\\;\\@\\$.'],
    ['\x03a b\0', 'a\\032b.'],
    ['\x04\0\n\x7f\xff\0', '\\000\\010\\127\\255.'],
    ['\x02\x009\0', '\\0009.'],
  ])('of %j is %s and reads back', (wire, text) => {
    expect(formatName(wire as Name)).toBe(text);
    expect(parseName(text)).toBe(wire);
  });
});

describe('comparing names', () => {
  it('folds the 26 ASCII letters and nothing else (RFC 4343 §3.2)', () => {
    const octets = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
    for (const octet of octets) {
      const expected = octet >= 'A' && octet <= 'Z' ? octet.toLowerCase() : octet;
      expect(foldName(`\x01${octet}\0` as Name)).toBe(`\x01${expected}\0`);
    }
  });

  it('keeps the case of the name itself', () => {
    const name = nameOf('SpecServer.SVC.local.');
    expect(foldName(name)).toBe(nameOf('specserver.svc.local.'));
    expect(formatName(name)).toBe('SpecServer.SVC.local.');
  });

  it('keeps apart what a text without escapes would confuse', () => {
    const names = ['a.b.', 'a\\.b.', 'a\\000b.', 'a\\\\.b.', 'a\\032b.'].map(folded);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('at or below', () => {
  it.each([
    ['svc.local.', 'svc.local.', true],
    ['a.svc.local.', 'svc.local.', true],
    ['a.b.SVC.Local.', 'svc.local.', true],
    ['svc.local.', '.', true],
    ['.', '.', true],
    ['local.', 'svc.local.', false],
    ['.', 'local.', false],
    ['xsvc.local.', 'svc.local.', false],
    ['svc.local.example.', 'svc.local.', false],
    // The octets of "svc.local." at the end of a name, its first length octet being data of a longer label.
    ['x\\003svc.local.', 'svc.local.', false],
    ['x\\003svc\\005local.', 'svc.local.', false],
    ['a\\.svc.local.', 'svc.local.', false],
  ])('%s below %s: %s', (name, ancestor, expected) => {
    expect(isAtOrBelow(folded(name), folded(ancestor))).toBe(expected);
  });
});

describe('labels of a name', () => {
  const name = nameOf('1.specServer.svc.local.');

  it('gives them from the left, without the root', () => {
    expect(labelsOf(name)).toEqual(['1', 'specServer', 'svc', 'local']);
    expect(countLabels(name)).toBe(4);
    expect(firstLabel(name)).toBe('1');
    expect(labelsOf(nameOf('a\\.b.\\000.'))).toEqual(['a.b', '\0']);
  });

  it('finds none in the root', () => {
    expect(labelsOf(ROOT)).toEqual([]);
    expect(countLabels(ROOT)).toBe(0);
    expect(firstLabel(ROOT)).toBe('');
    expect(parentName(ROOT)).toBeUndefined();
  });

  it('goes up one label at a time and ends at the root', () => {
    const above: string[] = [];
    for (let at = parentName(name); at !== undefined; at = parentName(at)) above.push(formatName(at));
    expect(above).toEqual(['specServer.svc.local.', 'svc.local.', 'local.', '.']);
  });

  it('takes the last ones, or all', () => {
    expect(formatName(lastLabels(name, 0))).toBe('.');
    expect(formatName(lastLabels(name, 2))).toBe('svc.local.');
    expect(lastLabels(name, 4)).toBe(name);
    expect(lastLabels(name, 5)).toBe(name);
  });
});

describe('a longer name', () => {
  it('is a label of 1 to 63 octets and a name', () => {
    const zone = nameOf('svc.local.');
    expect(prependLabel('a.b', zone)).toBe('\x03a.b\x03svc\x05local\0');
    expect(prependLabel(label(63), ROOT)).toHaveLength(65);
    expect(prependLabel('', zone)).toBeUndefined();
    expect(prependLabel(label(64), ROOT)).toBeUndefined();
  });

  it('has at most 255 octets', () => {
    const name = nameOf(longName(50));
    expect(prependLabel(label(10), name)).toHaveLength(255);
    expect(prependLabel(label(11), name)).toBeUndefined();
    expect(joinNames(`\x0a${label(10)}`, name)).toHaveLength(255);
    expect(joinNames(`\x0b${label(11)}`, name)).toBeUndefined();
    expect(joinNames('', name)).toBe(name);
  });
});

describe('a name in the program text', () => {
  it('throws when it is none, and says why', () => {
    expect(() => nameOf('svc..local')).toThrow('svc..local: empty label');
  });
});
