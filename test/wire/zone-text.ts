// The words of one zone-file entry for tests of single records, so that they need no zone file around them.

import { FieldReader, type Mistake, type Token } from '../../src/wire/fields.ts';
import { type Name, ROOT } from '../../src/wire/name.ts';
import { parseData, type RecordData } from '../../src/wire/record-types.ts';

const WORD = /"((?:\\.|[^"\\])*)"|(?:\\.|[^\s"\\])+/g;

/** The words and quoted strings of `text`, which is line 1 of its file. */
export function tokensOf(text: string): Token[] {
  return Array.from(text.matchAll(WORD), (match) => {
    const [, quoted] = match;
    return { text: quoted ?? match[0], quoted: quoted !== undefined, line: 1, column: match.index + 1 };
  });
}

/** Reads `text` as the fields of an entry. */
export function fieldsOf(
  text: string,
  origin: Name = ROOT,
): { readonly fields: FieldReader; readonly mistakes: Mistake[] } {
  const mistakes: Mistake[] = [];
  return { fields: new FieldReader(tokensOf(text), 0, origin, { line: 1, column: 1 }, mistakes), mistakes };
}

/** Reads `text` as the whole data of a record of type `code`, and what is wrong with it as `COLUMN: MESSAGE`. */
export function dataOf(
  text: string,
  code: number,
  origin: Name = ROOT,
): { readonly data: RecordData; readonly mistakes: readonly string[] } {
  const { fields, mistakes } = fieldsOf(text, origin);
  const data = parseData(fields, code);
  fields.end();
  return { data, mistakes: mistakes.map(({ column, message }) => `${column}: ${message}`) };
}
