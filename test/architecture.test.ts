// The rules of the source tree that no compiler holds: which module may know which, which ones do no I/O and read no
// clock, and how a file begins.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = path.resolve(import.meta.dirname, '../src');

interface Import {
  readonly from: string;
  readonly isType: boolean;
  /** What stands between `import` and `from`. */
  readonly names: string;
}

interface SourceFile {
  /** Below `src`, with slashes. */
  readonly name: string;
  /** Its folder below `src`, or its own name where it stands in none. */
  readonly module: string;
  readonly text: string;
  /** The text without the lines that are comments. */
  readonly code: string;
  readonly imports: readonly Import[];
}

function moduleOf(name: string): string {
  return name.split('/')[0] ?? name;
}

const IMPORT =
  /^(?:import|export)\s+(type\s)?([^;'"]*?)\bfrom\s+'([^']+)'|^import\s+()()'([^']+)'|\bimport()()\('([^']+)'\)/gm;

const FILES: readonly SourceFile[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => {
    const name = file.replaceAll(path.sep, '/');
    const text = readFileSync(path.join(SRC, file), 'utf8');
    const code = text.replace(/^\s*(?:\/\/|\/?\*).*$/gm, '');
    const imports = Array.from(code.matchAll(IMPORT), ([, type, names, a, , , b, , , c]) => {
      return { from: a ?? b ?? c ?? '', isType: type !== undefined, names: names ?? '' };
    });
    return { name, module: moduleOf(name), text, code, imports };
  });

/** What each module may know of others. A star stands for all; `type` for their types alone. */
const ARROWS: Readonly<Record<string, Readonly<Record<string, 'value' | 'type'>>>> = {
  wire: {},
  registry: { wire: 'value' },
  zone: { registry: 'value', wire: 'value' },
  server: { zone: 'value', wire: 'value', registry: 'value' },
  etcd: { registry: 'type' },
  registrar: { etcd: 'value', registry: 'value', wire: 'value' },
  embedded: {},
  ops: { registry: 'value', server: 'value', zone: 'value', wire: 'value', etcd: 'type' },
  config: { 'config.ts': 'value', registrar: 'value', registry: 'value', wire: 'value' },
  'config.ts': { config: 'value', registrar: 'value', registry: 'value' },
  commands: { '*': 'value' },
  'index.ts': { '*': 'value' },
  'main.ts': { '*': 'value' },
};

/** Imports of other modules, as `file -> module`, and whether they are allowed. */
function arrows(): { readonly arrow: string; readonly isAllowed: boolean }[] {
  return FILES.flatMap(({ name, module, imports }) =>
    imports.flatMap(({ from, isType }) => {
      if (!from.startsWith('.')) return [];
      const target = moduleOf(path.posix.join(path.posix.dirname(name), from));
      if (target === module) return [];
      const allowed = ARROWS[module]?.['*'] ?? ARROWS[module]?.[target];
      const isAllowed = allowed === 'value' || (allowed === 'type' && isType);
      return [{ arrow: `${name} -> ${isType ? 'type ' : ''}${target}`, isAllowed }];
    }),
  );
}

/** Files, with the first line that has what is looked for. */
function breaches(files: readonly SourceFile[], pattern: RegExp, of: 'text' | 'code' = 'code'): string[] {
  return files.flatMap((file) => {
    const line = file[of].split('\n').find((row) => pattern.test(row));
    return line === undefined ? [] : [`${file.name}: ${line.trim()}`];
  });
}

/** The path of a query from octets to octets, of which sockets and the wiring are no part. */
const ANSWER_PATH = [
  'answer-cache',
  'cookies',
  'counters',
  'encoded-answer',
  'histogram',
  'prepared-answer',
  'rendezvous',
  'reply-options',
  'respond',
].map((file) => `server/${file}.ts`);

const PURE_MODULES = ['wire', 'registry', 'zone'];
const PURE = FILES.filter(({ name, module }) => PURE_MODULES.includes(module) || ANSWER_PATH.includes(name));

/** Of Node, what computes and nothing else. */
const PURE_IMPORTS: Readonly<Record<string, RegExp>> = {
  'node:buffer': /.*/,
  'node:net': /^[{\s]*(?:isIP(?:v4|v6)?[,\s]*)+\}?\s*$/,
  'node:crypto': /^[{\s]*(?:(?:createHash|hash)[,\s]*)+\}?\s*$/,
};

describe('the source tree', () => {
  it('was read: the files of the answer path, and imports in all forms', () => {
    expect(FILES.map(({ name }) => name)).toEqual(expect.arrayContaining([...ANSWER_PATH, 'main.ts']));
    expect(arrows().length).toBeGreaterThan(50);
    const code =
      "import type { A } from './a.ts';\nimport {\n  b,\n} from '../b.ts';\nexport { c } from './c.ts';\nimport './d.ts';\n";
    const found = Array.from(code.matchAll(IMPORT), ([, type, , a, , , b]) => [a ?? b, type !== undefined]);
    expect(found).toEqual([
      ['./a.ts', true],
      ['../b.ts', false],
      ['./c.ts', false],
      ['./d.ts', false],
    ]);
  });

  it('has no module that is in no row of the arrows', () => {
    expect(FILES.filter(({ module }) => !Object.hasOwn(ARROWS, module)).map(({ name }) => name)).toEqual([]);
  });

  it('has no import against the arrows', () => {
    expect(arrows().flatMap(({ arrow, isAllowed }) => (isAllowed ? [] : [arrow]))).toEqual([]);
  });

  it('has no folder for what belongs nowhere', () => {
    expect(FILES.filter(({ name }) => /(^|\/)(utils?|helpers?|common|types|misc)(\/|\.ts$)/.test(name))).toEqual([]);
  });

  it('uses process in main.ts alone', () => {
    const others = FILES.filter(({ name }) => name !== 'main.ts');
    expect(breaches(others, /\bprocess\s*[.[]|\bprocess\)|node:process/)).toEqual([]);
  });

  it('reads no clock and no chance, and waits for nothing, between the octets of a query and those of its answer', () => {
    expect(PURE.length).toBeGreaterThan(30);
    const impure =
      /\bDate\b|\bperformance\b|\bset(Timeout|Interval|Immediate)\b|\bMath\.random\b|\bawait\b|\bqueueMicrotask\b/;
    expect(breaches(PURE, impure)).toEqual([]);
  });

  it('does no I/O there either', () => {
    const forbidden = PURE.flatMap(({ name, imports }) =>
      imports
        .filter(({ from, names }) => from.startsWith('node:') && PURE_IMPORTS[from]?.test(names) !== true)
        .map(({ from, names }) => `${name}: ${names.trim()} of ${from}`),
    );
    expect(forbidden).toEqual([]);
  });
});

describe('every source file', () => {
  it('opens with at most eight lines that say what it is', () => {
    const without = FILES.filter(({ text }) => {
      const lines = text.replace(/^#!.*\n/, '').split('\n');
      const header = lines.findIndex((line) => !line.startsWith('//'));
      return header < 1 || header > 8;
    });
    expect(without.map(({ name }) => name)).toEqual([]);
  });

  it('is named in lower case with hyphens', () => {
    expect(FILES.filter(({ name }) => !/^([a-z0-9-]+\/)*[a-z0-9-]+\.ts$/.test(name)).map(({ name }) => name)).toEqual(
      [],
    );
  });

  it('has named exports only', () => {
    expect(breaches(FILES, /^export default\b|\bas default\b/)).toEqual([]);
  });

  it('imports files of its own by their whole name', () => {
    const others = FILES.flatMap(({ name, imports }) =>
      imports.filter(({ from }) => from.startsWith('.') && !from.endsWith('.ts')).map(({ from }) => `${name}: ${from}`),
    );
    expect(others).toEqual([]);
  });

  it('has no notes of work that is left to do', () => {
    expect(breaches(FILES, /\b(TODO|FIXME|XXX|HACK)\b/, 'text')).toEqual([]);
  });
});
