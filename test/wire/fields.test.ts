// The fields of one zone-file entry: what each accepts, and the mistakes it keeps with their columns.

import { describe, expect, it } from 'vitest';
import { parseSeconds } from '../../src/wire/fields.ts';
import { formatName, nameOf } from '../../src/wire/name.ts';
import { formatData, TYPE } from '../../src/wire/record-types.ts';
import { dataOf, fieldsOf } from './zone-text.ts';

describe('seconds', () => {
  it.each([
    ['0', 0],
    ['3600', 3600],
    ['90s', 90],
    ['5m', 300],
    ['1h30m', 5400],
    ['1H30M', 5400],
    ['1w2d3h4m5s', 788_645],
    ['2147483647', 2 ** 31 - 1],
    ['2147483647s', 2 ** 31 - 1],
  ])('reads %s as %d', (text, seconds) => {
    expect(parseSeconds(text)).toBe(seconds);
  });

  it.each(['', 'h', '1x', '1h30', '-1', '+1', '1.5h', ' 1', '1 h', '0x10', '2147483648', '3551w', '99999999999'])(
    'refuses %j',
    (text) => {
      expect(parseSeconds(text)).toBeUndefined();
    },
  );
});

describe('a field', () => {
  it('of a name is relative to the origin', () => {
    const { fields, mistakes } = fieldsOf('ns1 @ ns1.example. .', nameOf('svc.local.'));
    const names = [fields.name('a'), fields.name('b'), fields.name('c'), fields.name('d')];
    expect(names.map(formatName)).toEqual(['ns1.svc.local.', 'svc.local.', 'ns1.example.', '.']);
    expect([fields.more(), mistakes]).toEqual([false, []]);
  });

  it('of text is one octet for each character and escape', () => {
    const { fields, mistakes } = fieldsOf('"a b\\"\\\\\\000\\255" \\#x\\ y');
    expect(fields.characterString('text')).toBe('a b"\\\0\xff');
    expect(fields.characterString('text')).toBe('#x y');
    expect(mistakes).toEqual([]);
  });

  it('of text has at most 255 octets, escapes counted as one', () => {
    expect(dataOf(`"${'\\120'.repeat(255)}"`, TYPE.TXT).mistakes).toEqual([]);
    expect(dataOf(`"ok" "${'x'.repeat(256)}"`, TYPE.TXT)).toEqual({
      data: { kind: 'TXT', strings: ['ok', 'x'.repeat(255)] },
      mistakes: ['6: text: 256 octets, expected at most 255'],
    });
  });

  it('of an address is kept in canonical text', () => {
    expect(formatData(dataOf('2001:DB8:0::1', TYPE.AAAA).data)).toBe('2001:db8::1');
  });
});

describe('mistakes', () => {
  it.each([
    ['', TYPE.A, ['1: expected an IPv4 address']],
    ['010.0.0.1', TYPE.A, ['1: 010.0.0.1: expected an IPv4 address']],
    ['10.0.0.1 10.0.0.2', TYPE.A, ['10: 10.0.0.2: expected the end of the record']],
    ['10.0.0.1', TYPE.AAAA, ['1: 10.0.0.1: expected an IPv6 address']],
    ['10', TYPE.MX, ['3: expected exchange']],
    ['65536 mail.', TYPE.MX, ['1: preference 65536: expected 0 to 65535']],
    ['-1 0 1e3 .', TYPE.SRV, ['1: priority -1: expected 0 to 65535', '6: port 1e3: expected 0 to 65535']],
    ['0 0 80 a..b', TYPE.SRV, ['10: target: empty label']],
    ['"a\\256"', TYPE.TXT, ['1: text: expected \\DDD up to \\255, or a backslash and a character']],
    ['0 is-sue "x"', TYPE.CAA, ['3: tag is-sue: expected letters and digits']],
    ['a. b. 4294967296 1 1 1 1', TYPE.SOA, ['7: serial 4294967296: expected 0 to 4294967295']],
    ['a. b. 1 1x 1 1 1', TYPE.SOA, ['9: refresh 1x: expected seconds such as 300, 5m or 1h30m, at most 2147483647']],
    ['\\# x', 65280, ['4: length x: expected 0 to 65535']],
  ])('of %j as type %d', (text, type, mistakes) => {
    expect(dataOf(text, type).mistakes).toEqual(mistakes);
  });

  it('of one entry are all kept', () => {
    expect(dataOf('a..b c..d x 1y 1y', TYPE.SOA).mistakes).toEqual([
      '3: primary server: empty label',
      '8: mailbox: empty label',
      '11: serial x: expected 0 to 4294967295',
      '13: refresh 1y: expected seconds such as 300, 5m or 1h30m, at most 2147483647',
      '16: retry 1y: expected seconds such as 300, 5m or 1h30m, at most 2147483647',
      '18: expected expire',
      '18: expected minimum',
    ]);
  });
});
