// `svcdns check` on files and directories: its lines, its summary and its exit code.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { check } from '../../src/commands/check.ts';

const ZONE = '$TTL 5\n@ SOA ns1 host 1 2 3 4 5\n NS ns1\nns1 A 10.0.0.1\n';

let path: string;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'svcdns-check-'));
});

afterEach(async () => {
  await rm(path, { recursive: true });
});

/** Runs the command on files and directories below `path`. */
async function run(...names: string[]): Promise<{ readonly code: 0 | 1; readonly lines: readonly string[] }> {
  let printed = '';
  const paths = names.map((name) => join(path, name));
  const code = await check(paths, { write: (text) => (printed += text) });
  return { code, lines: printed.replaceAll(`${path}/`, '').replaceAll(path, 'DIR').trimEnd().split('\n') };
}

const write = (name: string, text: string) => writeFile(join(path, name), text);

it('finds nothing wrong with the zone file that comes with svcdns', async () => {
  let printed = '';
  expect(await check(['zones'], { write: (text) => (printed += text) })).toBe(0);
  expect(printed).toBe('1 zone, 0 errors, 0 warnings\n');
});

it('exits with 0 after warnings', async () => {
  await write('a.zone', `${ZONE}ns1 A 10.0.0.1\n`);
  expect(await run('a.zone')).toEqual({
    code: 0,
    lines: ['a.zone:5:1: warning: the same record as on line 4: one is kept', '1 zone, 0 errors, 1 warning'],
  });
});

it('exits with 1 after errors, and prints those of all files', async () => {
  await write('a.zone', `${ZONE}x A y\nz A\n`);
  await write('b.zone', ZONE);
  expect(await run('a.zone', 'b.zone', 'missing.zone')).toEqual({
    code: 1,
    lines: [
      'a.zone:5:5: error: y: expected an IPv4 address',
      'a.zone:6:4: error: expected an IPv4 address',
      expect.stringMatching(/^missing\.zone: error: ENOENT: /),
      '1 zone, 3 errors, 0 warnings',
    ],
  });
});

it('checks the files of a directory together, and ignores what is no zone file', async () => {
  await write('a.zone', `$ORIGIN b.\n${ZONE}`);
  await write('b.zone', ZONE);
  await write('c.zone', ZONE);
  await write('README', 'about');
  expect(await run('.')).toEqual({
    code: 1,
    lines: ['b.zone: error: b. is the zone of a.zone', '2 zones, 1 error, 0 warnings'],
  });
});

it('checks two versions of one zone when they are named one by one', async () => {
  await write('a.zone', `$ORIGIN b.\n${ZONE}`);
  await write('b.zone', ZONE);
  expect(await run('a.zone', 'b.zone')).toEqual({ code: 0, lines: ['2 zones, 0 errors, 0 warnings'] });
});

it('takes a directory without zone files for a mistake', async () => {
  expect(await run('.')).toEqual({
    code: 1,
    lines: ['DIR: error: no file in it ends in .zone', '0 zones, 1 error, 0 warnings'],
  });
});

it('takes names as absolute only in files that are not named after a zone', async () => {
  await write('zone.txt', `$ORIGIN a.\n${ZONE}`);
  await write('other.txt', ZONE);
  const { code, lines } = await run('zone.txt', 'other.txt');
  expect(code).toBe(1);
  expect(lines[0]).toBe('other.txt:2:1: error: owner @: a relative name, and no $ORIGIN before it');
  expect(lines.at(-1)).toBe('1 zone, 5 errors, 0 warnings');
});
