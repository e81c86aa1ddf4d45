// What `svcdns list` and `svcdns watch` show of one key: a row for each name that the key has, with the instance that
// answers there or the reason for which none does.

import type { Settings } from '../config.ts';
import type { KeyOctets } from '../registry/change.ts';
import type { Instance, Port, Rejection } from '../registry/instance.ts';
import type { Placement } from '../registry/name-table.ts';
import { type KeyNames, type NameMap, namesOfKey } from '../registry/names.ts';
import { Registry } from '../registry/registry.ts';
import { type FoldedName, foldName, isAtOrBelow, type Name, type NameError, parseName } from '../wire/name.ts';

export interface RegisteredRow {
  readonly key: KeyOctets;
  /** The key's own name; undefined where it would be too long to be one. */
  readonly name: Name | undefined;
  /** Undefined when no value of the key could be used; beside a rejection the last one that could. */
  readonly instance: Instance | undefined;
  /** Those that the name which was asked for stands for: one at an RFC 2782 name, all elsewhere. */
  readonly ports: readonly Port[];
  /** Set when the present value cannot be used. */
  readonly rejection: Rejection | undefined;
}

/** Where rows are looked for. */
export interface RowSource {
  readonly kind: 'source';
  readonly registry: Registry;
  readonly maps: readonly NameMap[];
  /** The one name whose rows are wanted. */
  readonly only: Name | undefined;
}

export interface NameMistake {
  readonly kind: 'mistake';
  readonly text: string;
}

/** An empty registry, and the name that is wanted of it: all of them when none is given. */
export function rowSource(
  { maps, zones }: Pick<Settings, 'maps' | 'zones'>,
  nameText?: string,
): RowSource | NameMistake {
  const only = nameText === undefined ? undefined : parseNameInZones(nameText, zones);
  if (typeof only === 'object') {
    return { kind: 'mistake', text: `${nameText}: ${only.reason} at character ${only.offset + 1}` };
  }
  // A limit would be that of one server, and another may have a higher one.
  const registry = new Registry({ maps, maxInstances: Number.POSITIVE_INFINITY });
  return { kind: 'source', registry, maps, only };
}

/** The name that a person means: as it is written when it is in a zone, and below the first zone when it is not. */
function parseNameInZones(text: string, zones: readonly Name[]): Name | NameError {
  const absolute = parseName(text);
  if (typeof absolute !== 'string') return absolute;
  const folded = foldName(absolute);
  return zones.some((zone) => isAtOrBelow(folded, foldName(zone))) ? absolute : parseName(text, zones[0]);
}

/** The rows of a key, none when nothing is known of it. */
export function rowsOf({ registry, maps, only }: RowSource, key: KeyOctets, rejection?: Rejection): RegisteredRow[] {
  const rows = new Map<FoldedName | undefined, RegisteredRow>();
  const wanted = only && foldName(only);
  for (const map of maps) {
    if (!key.startsWith(map.prefix) || key.length === map.prefix.length) continue;
    const names = namesOfKey(map, key);
    const placement = names && placementOf(registry, names.own, key);
    if (placement === undefined && rejection === undefined) continue;
    const instance = placement?.registration.instance;
    const served = wanted && placement && registry.get(wanted)?.services.get(placement);
    if (wanted !== undefined && served === undefined && !(names && answersAt(names, wanted))) continue;
    const ports = served ?? instance?.ports ?? [];
    // Two maps can give one name.
    rows.set(names && foldName(names.own), { key, name: names?.own, instance, ports, rejection });
  }
  return [...rows.values()];
}

function placementOf(registry: Registry, own: Name, key: KeyOctets): Placement | undefined {
  const there = registry.get(foldName(own))?.own ?? [];
  return [...there].find(({ registration }) => registration.key === key);
}

function answersAt({ own, target, aggregates }: KeyNames, name: FoldedName): boolean {
  return [own, target, ...aggregates].some((each) => foldName(each) === name);
}
