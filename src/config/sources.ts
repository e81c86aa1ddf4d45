// The three places where a setting is written: flags, environment, YAML file. Each reader gives every text that it
// finds with a label that says where it stands, and a mistake for every word that is no setting; what a text means is
// not decided here.

import { parseArgs } from 'node:util';
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { type Command, environmentName, SETTINGS, type Setting, type SettingName } from '../config.ts';
import { nearest } from './nearest.ts';
import { SWITCH } from './value-kinds.ts';

/** One value as it was written; an item of its own for each value of a list. */
export interface WrittenValue {
  readonly name: SettingName;
  readonly text: string;
  /** Where and what, as mistakes name it: `--ttl 9999`, `SVCDNS_TTL=9999`, `svcdns.yaml:3:6: ttl: 9999`. */
  readonly label: string;
}

export interface Source {
  readonly values: readonly WrittenValue[];
  readonly mistakes: readonly string[];
}

export const SETTING_ENTRIES = Object.entries(SETTINGS) as readonly (readonly [SettingName, Setting])[];

const FLAGS = new Map(SETTING_ENTRIES.map((entry) => [entry[1].flag, entry]));
const ENVIRONMENT_NAMES = new Map(
  SETTING_ENTRIES.filter(([, setting]) => setting.source !== 'flag').map((entry) => [environmentName(entry[1]), entry]),
);
const FILE_KEYS = new Map(
  SETTING_ENTRIES.filter(([, setting]) => setting.source === undefined).map((entry) => [entry[1].flag, entry]),
);

/** The values of one text: several only for a list. */
function itemsOf(setting: Setting, text: string): readonly string[] {
  if (setting.list === undefined) return [text];
  return setting.value.split?.(text) ?? text.split(',');
}

function suggestion(word: string, candidates: Iterable<string>, prefix = ''): string {
  const candidate = nearest(word, candidates);
  return candidate === undefined ? '' : `, did you mean ${prefix}${candidate}?`;
}

/** Reads what follows the command on the command line. */
export function readFlags(
  command: Command,
  argv: readonly string[],
): Source & { readonly arguments: readonly string[] } {
  const values: WrittenValue[] = [];
  const mistakes: string[] = [];
  const plain: string[] = [];
  // An unknown flag's value looks like an argument; one mistake is enough for both.
  let unknownAt = -2;
  for (const token of tokensOf(argv)) {
    if (token.kind === 'positional') {
      if (token.index !== unknownAt + 1) plain.push(token.value);
      continue;
    }
    if (token.kind === 'option-terminator') continue;
    const entry = FLAGS.get(token.name);
    if (entry === undefined) {
      mistakes.push(`${token.rawName}: unknown flag${suggestion(token.name, flagsOf(command), '--')}`);
      if (token.value === undefined) unknownAt = token.index;
      continue;
    }
    const [name, setting] = entry;
    if (!setting.commands.includes(command)) {
      mistakes.push(`${token.rawName}: not a flag of ${command}, but of ${setting.commands.join(', ')}`);
    } else if (setting.value === SWITCH) {
      const label = token.value === undefined ? token.rawName : `${token.rawName}=${token.value}`;
      if (token.value === undefined) values.push({ name, text: 'true', label });
      else mistakes.push(`${label}: expected no value`);
    } else {
      // A flag in the place of a value: the value was forgotten.
      const forgotten = token.value === undefined || (!token.inlineValue && token.value.startsWith('--'));
      const text = forgotten ? '' : token.value;
      for (const item of itemsOf(setting, text)) {
        values.push({ name, text: item, label: item === '' ? token.rawName : `${token.rawName} ${item}` });
      }
    }
  }
  return { values, mistakes, arguments: plain };
}

function tokensOf(argv: readonly string[]) {
  const options = Object.fromEntries(
    SETTING_ENTRIES.map(([, { flag, value }]) => [flag, { type: value === SWITCH ? 'boolean' : 'string' } as const]),
  );
  return parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

function flagsOf(command: Command): string[] {
  return SETTING_ENTRIES.filter(([, { commands }]) => commands.includes(command)).map(([, { flag }]) => flag);
}

/**
 * What Kubernetes puts into the environment of every pod beside a Service whose name begins with `svcdns`:
 * `SVCDNS_SERVICE_HOST`, `SVCDNS_METRICS_PORT_8053_TCP_ADDR` and so on. None is meant for this program.
 */
const KUBERNETES_NAME = /^SVCDNS_(?:\w+_)?(?:SERVICE_(?:HOST|PORT)|PORT_\d+_(?:UDP|TCP|SCTP))(?:_|$)/;

/** Another such variable, told by its value: `SVCDNS_PORT=udp://10.96.0.7:53`. */
const KUBERNETES_PORT_NAME = /^SVCDNS_(?:\w+_)?PORT$/;
const KUBERNETES_PORT = /^(?:udp|tcp|sctp):\/\//;

/** Reads the variables that begin with `SVCDNS_`. An empty one counts as not set, as deployment files write it. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Source {
  const values: WrittenValue[] = [];
  const mistakes: string[] = [];
  for (const [variable, text = ''] of Object.entries(env)) {
    if (!variable.startsWith('SVCDNS_') || text === '') continue;
    if (KUBERNETES_NAME.test(variable) || (KUBERNETES_PORT_NAME.test(variable) && KUBERNETES_PORT.test(text))) continue;
    const entry = ENVIRONMENT_NAMES.get(variable);
    if (entry === undefined) {
      mistakes.push(`${variable}: unknown variable${suggestion(variable, ENVIRONMENT_NAMES.keys())}`);
      continue;
    }
    for (const item of itemsOf(entry[1], text)) {
      values.push({ name: entry[0], text: item, label: `${variable}=${item}` });
    }
  }
  return { values, mistakes };
}

/** Reads a YAML mapping of flags to values. Positions are lines and columns from 1. */
export function readYaml(path: string, yaml: string): Source {
  const values: WrittenValue[] = [];
  const mistakes: string[] = [];
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  for (const error of document.errors) mistakes.push(`${at(error.pos[0])}: ${error.message}`);

  const root = document.contents;
  // A file of comments alone sets nothing.
  if (root === null) return { values, mistakes };
  if (!isMap(root)) return { values, mistakes: [...mistakes, `${path}: expected a mapping of settings to values`] };

  for (const { key, value } of root.items) {
    const flag = isScalar(key) ? String(key.value) : '';
    const keyAt = at(startOf(key) ?? 0);
    const entry = FILE_KEYS.get(flag);
    if (entry === undefined) {
      mistakes.push(`${keyAt}: ${flag}: unknown setting${suggestion(flag, FILE_KEYS.keys())}`);
      continue;
    }
    const [name, setting] = entry;
    const nodes: readonly unknown[] = setting.list !== undefined && isSeq(value) ? value.items : [value];
    // An empty list would otherwise be the default: for `allow`, everyone near instead of nobody.
    if (nodes.length === 0) mistakes.push(`${keyAt}: ${flag}: expected at least one value`);
    for (const node of nodes) {
      const label = `${at(startOf(node) ?? startOf(key) ?? 0)}: ${flag}`;
      const text = scalarText(node);
      if (text === undefined) {
        mistakes.push(`${label}: expected ${setting.list === undefined ? 'one value' : 'a value or a list of values'}`);
        continue;
      }
      for (const item of itemsOf(setting, text)) {
        values.push({ name, text: item, label: item === '' ? label : `${label}: ${item}` });
      }
    }
  }
  return { values, mistakes };
}

function startOf(node: unknown): number | undefined {
  return isScalar(node) || isSeq(node) || isMap(node) ? node.range?.[0] : undefined;
}

/** The text of a value as it stands in the file: YAML's own reading of numbers and booleans is not asked for. */
function scalarText(node: unknown): string | undefined {
  if (!isScalar(node)) return undefined;
  return typeof node.value === 'string' ? node.value : (node.source ?? '');
}
