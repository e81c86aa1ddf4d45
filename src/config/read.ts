// From a command line, an environment and perhaps a file to the settings of one call. A flag goes before the
// environment, the environment before the file, the file before the default. All mistakes are found in one go, those in
// values that another source overrides as well. Pure but for `readFile`, which the caller gives.

import {
  COMMANDS,
  type Command,
  type CommandEntry,
  type ParsedSettings,
  SETTINGS,
  type Setting,
  type SettingName,
  type Settings,
} from '../config.ts';
import type { NameMap } from '../registry/names.ts';
import { foldName, formatName, isAtOrBelow } from '../wire/name.ts';
import { helpFor, overview } from './help.ts';
import { nearest } from './nearest.ts';
import { readEnvironment, readFlags, readYaml, SETTING_ENTRIES, type Source, type WrittenValue } from './sources.ts';
import type { WrittenMap } from './value-kinds.ts';

export interface SettingsInput {
  /** The command and what follows it. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads the file of `--config`; what it throws becomes a mistake. */
  readonly readFile: (path: string) => string;
}

/** What a call of svcdns asks for. */
export type Call =
  | {
      readonly kind: 'settings';
      readonly command: Command;
      readonly settings: Settings;
      /** The settings that were written somewhere: the others have their defaults. */
      readonly written: ReadonlySet<SettingName>;
      readonly arguments: readonly string[];
      /** What follows `--`, for a command that runs a program; else empty. */
      readonly program: readonly string[];
    }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version' }
  /** One line each, to be shown all at once. */
  | { readonly kind: 'mistakes'; readonly mistakes: readonly string[] };

/** Reads the settings of one call. */
export function readSettings({ argv, env, readFile }: SettingsInput): Call {
  const [first = '', ...rest] = argv;
  const options = beforeTerminator(argv);
  if (first === '--version') return { kind: 'version' };
  if (!isCommand(first)) {
    if (options.some(isHelp)) return { kind: 'help', text: overview() };
    return { kind: 'mistakes', mistakes: [commandMistake(first)].map(oneLine) };
  }
  if (options.some(isHelp)) return { kind: 'help', text: helpFor(first) };

  const { runsProgram = false, flagNames = {} }: CommandEntry = COMMANDS[first];
  const own = runsProgram ? beforeTerminator(rest) : rest;
  const program = rest.slice(own.length + 1);
  const flags = readFlags(first, translateFlags(own, flagNames));
  const environment = readEnvironment(env);
  const file = readConfigFile(first, [flags, environment], readFile);
  const sources = [flags, environment, file];
  const mistakes = sources.flatMap((source) => source.mistakes);
  mistakes.push(...argumentMistakes(first, flags.arguments));
  if (own.length < rest.length && program.length === 0) mistakes.push('--: expected a program behind it');

  const reading = readValues(first, sources);
  mistakes.push(...reading.mistakes);
  const maps = placeMaps(reading);
  // What fits together can be judged only between values that are right.
  if (reading.mistakes.length === 0) mistakes.push(...maps.mistakes, ...etcdMistakes(reading));
  if (mistakes.length > 0) {
    return { kind: 'mistakes', mistakes: mistakes.map((mistake) => oneLine(asWritten(mistake, flagNames))) };
  }
  const settings = { ...reading.settings, maps: maps.placed };
  return {
    kind: 'settings',
    command: first,
    settings,
    written: new Set(reading.labelled.keys()),
    arguments: flags.arguments,
    program,
  };
}

function beforeTerminator(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}

/** Gives the flags that a command has names of its own for those of their settings. */
function translateFlags(argv: readonly string[], names: Readonly<Record<string, string>>): string[] {
  // No value begins like this: where one is missing, the next flag is not taken for it.
  return argv.map((argument) =>
    argument.replace(/^--([^=]+)/, (whole, flag: string) => (Object.hasOwn(names, flag) ? `--${names[flag]}` : whole)),
  );
}

/** Names such a flag in a mistake as the command does. */
function asWritten(mistake: string, names: Readonly<Record<string, string>>): string {
  const found = Object.entries(names).find(([, flag]) => mistake.startsWith(`--${flag}`));
  return found === undefined ? mistake : `--${found[0]}${mistake.slice(2 + found[1].length)}`;
}

function isHelp(argument: string): boolean {
  return argument === '--help' || argument === '-h';
}

function isCommand(word: string): word is Command {
  return Object.hasOwn(COMMANDS, word);
}

function commandMistake(word: string): string {
  if (word === '' || word.startsWith('-')) return `expected a command first: ${Object.keys(COMMANDS).join(', ')}`;
  const candidate = nearest(word, Object.keys(COMMANDS));
  const hint = candidate === undefined ? `expected ${Object.keys(COMMANDS).join(', ')}` : `did you mean ${candidate}?`;
  return `${word}: unknown command, ${hint}`;
}

function argumentMistakes(command: Command, given: readonly string[]): string[] {
  const { argumentsMin, argumentsMax, usage } = COMMANDS[command];
  if (given.length < argumentsMin) return [`${command}: expected ${usage}`];
  return given.slice(argumentsMax).map((argument) => `${argument}: unexpected argument of ${command}`);
}

const NOTHING: Source = { values: [], mistakes: [] };

/** The file that `--config` or `SVCDNS_CONFIG` names; nothing for a command that takes none. */
function readConfigFile(command: Command, before: readonly Source[], readFile: SettingsInput['readFile']): Source {
  const named = before.map((source) => source.values.findLast(({ name }) => name === 'configFile'));
  const path = named.find((value) => value !== undefined);
  const commands: readonly Command[] = SETTINGS.configFile.commands;
  if (path === undefined || path.text === '' || !commands.includes(command)) return NOTHING;
  let yaml: string;
  try {
    yaml = readFile(path.text);
  } catch (error) {
    return { values: [], mistakes: [`${path.label}: ${error instanceof Error ? error.message : String(error)}`] };
  }
  return readYaml(path.text, yaml);
}

/** A parsed value, and what to call it in a mistake. */
interface Labelled {
  readonly value: unknown;
  readonly label: string;
}

interface Reading {
  readonly settings: ParsedSettings;
  /** The values that go before all others, of each setting that was written. */
  readonly labelled: ReadonlyMap<SettingName, readonly Labelled[]>;
  readonly mistakes: readonly string[];
}

/** Parses every value of the settings that the command takes, in the order of the table. */
function readValues(command: Command, sources: readonly Source[]): Reading {
  const mistakes: string[] = [];
  const labelled = new Map<SettingName, readonly Labelled[]>();
  const settings: Partial<Record<SettingName, unknown>> = {};
  for (const [name, setting] of SETTING_ENTRIES) {
    const readable = setting.commands.includes(command) ? sources : [];
    const parsed = readable.map(({ values }) => {
      const ofSetting = values.filter((value) => value.name === name);
      return parseValues(setting, ofSetting, mistakes);
    });
    const winner = parsed.find((values) => values.length > 0);
    if (winner !== undefined) labelled.set(name, winner);
    const values = winner?.map(({ value }) => value) ?? defaultValues(setting);
    // A later flag goes before an earlier one, so that a script can append to a command line.
    settings[name] = setting.list ? values : values.at(-1);
  }
  // The loop has set every name of the table to what its own entry parsed; the compiler cannot see that.
  return { settings: settings as ParsedSettings, labelled, mistakes };
}

/** Parses the values of one setting in one source. */
function parseValues(setting: Setting, values: readonly WrittenValue[], mistakes: string[]): readonly Labelled[] {
  const parsed: Labelled[] = [];
  for (const { text, label } of values) {
    const value = setting.value.parse(text);
    const isRepeated = setting.list && parsed.some((other) => isSame(other.value, value));
    if (value === undefined) mistakes.push(`${label}: expected ${setting.value.expects}`);
    else if (isRepeated) mistakes.push(`${label}: given twice`);
    else parsed.push({ value, label });
  }
  return parsed;
}

/** Whether two parsed values, which are plain data, are the same. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function defaultValues(setting: Setting): unknown[] {
  if (setting.default === undefined) return [];
  const texts = setting.list ? setting.default.split(',') : [setting.default];
  return texts.map((text) => setting.value.parse(text));
}

/** Finds the zone of each map. Without maps, every key that begins with "/" is a name in the first zone. */
function placeMaps({ settings, labelled }: Reading): { readonly placed: NameMap[]; readonly mistakes: string[] } {
  const written: readonly WrittenMap[] = labelled.has('maps')
    ? settings.maps
    : settings.zones.slice(0, 1).map((name) => ({ prefix: '/', name, subtree: false }));
  // Of zones inside one another the innermost has the name: the longest.
  const zones = settings.zones.map(foldName).sort((one, other) => other.length - one.length);
  const placed: NameMap[] = [];
  const mistakes: string[] = [];
  for (const [index, map] of written.entries()) {
    const apex = zones.find((zone) => isAtOrBelow(foldName(map.name), zone));
    if (apex !== undefined) {
      placed.push({ ...map, apex });
      continue;
    }
    const expected = settings.zones.map((zone) => formatName(zone).slice(0, -1)).join(' or ');
    mistakes.push(`${labelled.get('maps')?.[index]?.label}: expected a name in ${expected}`);
  }
  return { placed, mistakes };
}

/** Mistakes in how etcd is reached that no setting shows alone. */
function etcdMistakes({ settings, labelled }: Reading): string[] {
  const mistakes: string[] = [];
  const expect = (name: SettingName, expected: string): void => {
    const label = labelled.get(name)?.at(-1)?.label;
    if (label !== undefined) mistakes.push(`${label}: expected ${expected}`);
  };
  const together: readonly (readonly [SettingName, SettingName])[] = [
    ['etcdCertificateFile', 'etcdKeyFile'],
    ['etcdUser', 'etcdPasswordFile'],
  ];
  for (const [one, other] of together) {
    if (!labelled.has(other)) expect(one, `${SETTINGS[other].flag} as well`);
    if (!labelled.has(one)) expect(other, `${SETTINGS[one].flag} as well`);
  }
  const plain = settings.etcdEndpoints.filter((endpoint) => endpoint.startsWith('http:'));
  if (plain.length > 0 && plain.length < settings.etcdEndpoints.length) {
    expect('etcdEndpoints', 'http or https for all endpoints alike');
  } else if (plain.length > 0) {
    // Whoever writes files for TLS believes that the connection is protected.
    expect('etcdCaFile', 'https endpoints in etcd');
    expect('etcdCertificateFile', 'https endpoints in etcd');
  }
  return mistakes;
}

/** Keeps a mistake on its line, and a password in a URL out of it. */
function oneLine(mistake: string): string {
  return mistake
    .replace(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .replace(/:\/\/[^/@\s]*@/g, '://***@');
}
