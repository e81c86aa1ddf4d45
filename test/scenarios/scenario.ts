// Scenarios are text: settings, changes of keys, and questions with the whole answers that are expected. A line that
// begins a step stands at the margin; what belongs to it is indented below it.
//
//   scenario answers A with every instance     begins one; the rest of the line names the test
//   zone NAME          map PREFIX=NAME         settings, before the first change or question
//   address ADDRESS    max-records N           of the made-up NS; of one RRset in an answer
//   deny ADDRESS                               a client that may not ask
//   zone-file ORIGIN                           its lines are indented below; a second one replaces the first
//   knowledge none|live|stale|expired          what is known of etcd; live unless said
//   revision N                                 of the last change, so that the next has N + 1
//   put KEY VALUE      delete KEY
//   query NAME TYPE [udp|tcp] [edns[=OCTETS]] [do] [option=N[:HEX]] [rd] [cd] [ad] [version=N] [class=N] [opcode=N]
//         [from=ADDRESS]
//
// Below a query stand its status (response code, header flags, `opt` with `do`, `ede=N` and other options) and the
// records of the answer section; `authority` and `additional` begin the other sections. Order within a section does not
// matter. A record that ends in ` ...` may go on in any way.

import { expect } from 'vitest';
import { FLAG, formatRcode, RCODE_MASK } from '../../src/wire/codes.ts';
import { formatRecord, type Message, type ResourceRecord } from '../../src/wire/message.ts';
import { nameOf } from '../../src/wire/name.ts';
import { EDNS_DO } from '../../src/wire/query.ts';
import type { EdnsOption } from '../../src/wire/record-types.ts';
import type { Knowledge } from '../../src/zone/authority.ts';
import type { ZoneFile } from '../../src/zone/zone-file.ts';
import { type Ask, World, zoneFileOf } from './world.ts';

export interface Step {
  /** 1-based. */
  readonly line: number;
  readonly verb: string;
  readonly words: readonly string[];
  /** The lines below, without their indentation. */
  readonly below: readonly string[];
}

export interface Scenario {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** Splits a file into its scenarios. A `#` at the margin begins a remark. */
export function parseScenarios(text: string): Scenario[] {
  const scenarios: { title: string; steps: (Step & { below: string[] })[] }[] = [];
  for (const [index, row] of text.split('\n').entries()) {
    if (row.trim() === '' || row.startsWith('#')) continue;
    const current = scenarios.at(-1);
    const [verb = '', ...words] = row.trim().split(/ +/);
    if (verb === 'scenario') scenarios.push({ title: words.join(' '), steps: [] });
    else if (/^\s/.test(row)) current?.steps.at(-1)?.below.push(row.trim());
    else current?.steps.push({ line: index + 1, verb, words, below: [] });
  }
  return scenarios;
}

/** @param file named in front of what is wrong */
export function runScenario({ steps }: Scenario, file: string): void {
  const setting = (verb: string) => steps.filter((step) => step.verb === verb).map(({ words }) => words.join(' '));
  const zones = setting('zone');
  const denied = setting('deny');
  const world = new World({
    ...(zones.length > 0 && { zones }),
    maps: setting('map'),
    addresses: setting('address'),
    maxRecords: Number(setting('max-records')[0] ?? 1000),
    isAllowed: (address) => !denied.includes(address),
  });
  const zoneFiles = new Map<string, ZoneFile>();
  for (const { line, verb, words, below } of steps) {
    const [first = '', ...others] = words;
    switch (verb) {
      case 'zone':
      case 'map':
      case 'address':
      case 'max-records':
      case 'deny':
        break;
      case 'zone-file':
        zoneFiles.set(first, zoneFileOf(below.join('\n'), nameOf(first)));
        world.authority.setZoneFiles(zoneFiles.values());
        break;
      case 'knowledge':
        world.authority.knowledge = first as Knowledge;
        break;
      case 'revision':
        world.revision = BigInt(first);
        break;
      case 'put':
        world.put(first, others.join(' '));
        break;
      case 'delete':
        world.delete(first);
        break;
      case 'query': {
        const { message, echoes } = world.ask(askOf(words));
        const place = `${file}:${line}: query ${words.join(' ')}`;
        expectReply(message, below, place);
        expect(echoes, `${place}: the question comes back byte for byte`).toBe(true);
        break;
      }
      default:
        throw new Error(`${file}:${line}: ${verb}: expected a step`);
    }
  }
}

/**
 * Compares a message with what stands below a query.
 *
 * @param place named in front of what is wrong
 */
export function expectReply(message: Message, lines: readonly string[], place: string): void {
  const expected = sectionsOf(lines);
  const actual = sectionsOf(textOf(message));
  expect(textOfSections(actual), place).toBe(textOfSections(withWhatFollows(expected, actual)));
}

const QUERY_FLAGS: Readonly<Record<string, number>> = { rd: FLAG.RD, cd: FLAG.CD, ad: FLAG.AD };

/** What the words behind `query` ask. */
export function askOf([name = '', type = '', ...words]: readonly string[]): Ask {
  const given = new Map(words.map((word) => [word.replace(/=.*/, ''), word.replace(/^[^=]*=?/, '')]));
  const from = given.get('from');
  const edns = {
    octets: Number(given.get('edns') || 1232),
    flags: given.has('do') ? EDNS_DO : 0,
    version: Number(given.get('version') ?? 0),
    options: words.flatMap(optionOf),
  };
  return {
    name,
    type,
    class: Number(given.get('class') ?? 1),
    opcode: Number(given.get('opcode') ?? 0),
    flags: words.reduce((flags, word) => flags | (QUERY_FLAGS[word] ?? 0), 0),
    transport: given.has('tcp') ? 'tcp' : 'udp',
    ...(from !== undefined && { from }),
    ...(given.has('edns') && { edns }),
  };
}

function optionOf(word: string): EdnsOption[] {
  const [, code, digits = ''] = /^option=(\d+)(?::([0-9a-f]+))?$/.exec(word) ?? [];
  return code === undefined ? [] : [{ code: Number(code), data: Buffer.from(digits, 'hex') }];
}

/** A message in the notation of scenarios. */
function textOf({ flags, answers, authorities, additionals }: Message): string[] {
  const opt = additionals.find(({ data }) => data.kind === 'OPT');
  const words = [formatRcode((((opt?.ttlSeconds ?? 0) >>> 24) << 4) | (flags & RCODE_MASK))];
  for (const [name, bit] of Object.entries(FLAG)) {
    if (name !== 'QR' && (flags & bit) !== 0) words.push(name.toLowerCase());
  }
  if (opt !== undefined) words.push('opt', ...optWords(opt));
  return [
    words.join(' '),
    ...answers.map(formatRecord),
    'authority',
    ...authorities.map(formatRecord),
    'additional',
    ...additionals.filter((record) => record !== opt).map(formatRecord),
  ];
}

function optWords({ ttlSeconds, data }: ResourceRecord): string[] {
  const words = (ttlSeconds & EDNS_DO) === 0 ? [] : ['do'];
  if (data.kind !== 'OPT') return words;
  for (const { code, data: octets } of data.options) {
    // EXTENDED-ERROR (RFC 8914 §2) begins with its code.
    const digits = Buffer.from(octets).toString('hex');
    words.push(code === 15 ? `ede=${Number.parseInt(digits, 16)}` : `option=${code}:${digits}`);
  }
  return words;
}

interface Sections {
  readonly status: string;
  readonly answer: readonly string[];
  readonly authority: readonly string[];
  readonly additional: readonly string[];
}

function sectionsOf([status = '', ...lines]: readonly string[]): Sections {
  const sections = { answer: [] as string[], authority: [] as string[], additional: [] as string[] };
  let section: keyof typeof sections = 'answer';
  for (const line of lines) {
    if (line === 'authority' || line === 'additional') section = line;
    else sections[section].push(line);
  }
  for (const records of Object.values(sections)) records.sort();
  return { status, ...sections };
}

/** Puts in what `...` stands for, where a record of the reply fits. */
function withWhatFollows(expected: Sections, actual: Sections): Sections {
  const complete = (section: 'answer' | 'authority' | 'additional') =>
    expected[section].map((line) => {
      const beginning = line.endsWith(' ...') ? line.slice(0, -3) : undefined;
      return actual[section].find((record) => beginning !== undefined && record.startsWith(beginning)) ?? line;
    });
  return {
    status: expected.status,
    answer: complete('answer').sort(),
    authority: complete('authority').sort(),
    additional: complete('additional').sort(),
  };
}

function textOfSections({ status, answer, authority, additional }: Sections): string {
  return [status, ...answer, 'authority', ...authority, 'additional', ...additional].join('\n');
}
