// What every key stands for, and at which names it answers. A change costs the names of its own key and nothing else.
// A value that cannot be used costs its own key and no other; if the key had a good value before, that one goes on
// being answered until the key changes again or goes.

import { type FoldedName, foldName, NAME_MAX_OCTETS, type Name } from '../wire/name.ts';
import type { ChangeBatch, KeyOctets, KeyPut } from './change.ts';
import {
  type Instance,
  KEY_MAX_OCTETS,
  REJECTION_REASONS,
  type Rejection,
  type RejectionReason,
  sameAnswers,
} from './instance.ts';
import { NameTable, type Placement, type RegisteredName, type Role } from './name-table.ts';
import { type NameMap, namesOfKey, serviceNames } from './names.ts';
import { type Adjustment, type ParsedValue, parseValue } from './value.ts';

/** One key of the store below a prefix that some map names. */
export interface Registration {
  readonly key: KeyOctets;
  /** Undefined when no value of this key could be used yet. */
  readonly instance: Instance | undefined;
  /** Set when the key's present value cannot be used. */
  readonly rejection: Rejection | undefined;
  /** Where the instance answers; empty without one. */
  readonly placements: readonly Placement[];
}

/** What a batch did. */
export interface AppliedBatch {
  /** Names whose records or whose existence changed. */
  readonly names: ReadonlySet<FoldedName>;
  /** Apexes of the zones that those names are in. */
  readonly apexes: ReadonlySet<FoldedName>;
  readonly rejections: readonly Rejection[];
}

export interface RegistryOptions {
  readonly maps: readonly NameMap[];
  /** Instances; a registration beyond is rejected, and those that are there stay. */
  readonly maxInstances: number;
}

interface KeyEntry extends Registration {
  /** Its names below each map whose prefix it has; undefined when one of them would be too long. */
  readonly spots: readonly Spot[] | undefined;
  instance: Instance | undefined;
  rejection: Rejection | undefined;
  placements: readonly Placement[];
}

type Spot = Pick<Placement, 'names' | 'apex'>;

export class Registry {
  readonly #maps: readonly NameMap[];
  readonly #maxInstances: number;
  readonly #keys = new Map<KeyOctets, KeyEntry>();
  readonly #table: NameTable;
  #changed = { names: new Set<FoldedName>(), apexes: new Set<FoldedName>(), rejections: [] as Rejection[] };
  #instances = 0;
  /** Keys whose present value cannot be used, by reason. */
  readonly rejected: Record<RejectionReason, number>;
  /** Values that were used with a field that fell back or was clamped, since the start. */
  readonly adjusted = new Map<Adjustment, number>();

  constructor({ maps, maxInstances }: RegistryOptions) {
    this.#maps = maps;
    this.#maxInstances = maxInstances;
    this.#table = new NameTable(new Set(maps.map(({ apex }) => foldName(apex))), (name, apex) => {
      this.#changed.names.add(name);
      this.#changed.apexes.add(apex);
    });
    const counts = REJECTION_REASONS.map((reason) => [reason, 0] as const);
    this.rejected = Object.fromEntries(counts) as Record<RejectionReason, number>;
  }

  get instanceCount(): number {
    return this.#instances;
  }

  /** Names that exist, empty non-terminals included. */
  get nameCount(): number {
    return this.#table.size;
  }

  /** What is registered at a name; all sets are empty at an empty non-terminal; undefined where nothing is. */
  get(name: FoldedName): RegisteredName | undefined {
    return this.#table.get(name);
  }

  registrations(): Iterable<Registration> {
    return this.#keys.values();
  }

  /** Applies changes in their order. */
  apply(batch: ChangeBatch): AppliedBatch {
    for (const change of batch.changes) {
      if (change.kind === 'put') this.#put(change);
      else this.#delete(change.key);
    }
    const applied = this.#changed;
    this.#changed = { names: new Set(), apexes: new Set(), rejections: [] };
    return applied;
  }

  #put(put: KeyPut): void {
    const entry = this.#keys.get(put.key) ?? this.#enter(put.key);
    if (entry === undefined) return;
    const parsed = this.#parse(put, entry);
    this.#setRejection(entry, parsed.kind === 'rejection' ? parsed.rejection : undefined);
    if (parsed.kind === 'rejection') return;
    for (const field of parsed.adjusted) this.adjusted.set(field, (this.adjusted.get(field) ?? 0) + 1);
    if (entry.instance !== undefined && sameAnswers(entry.instance, parsed.instance)) entry.instance = parsed.instance;
    else this.#replace(entry, parsed.instance);
  }

  /** Makes the entry of a key; undefined when it is below no prefix. */
  #enter(key: KeyOctets): KeyEntry | undefined {
    const maps = this.#maps.filter(({ prefix }) => key.startsWith(prefix) && key.length > prefix.length);
    if (maps.length === 0) return undefined;
    const spots = key.length > KEY_MAX_OCTETS ? undefined : spotsOf(key, maps);
    const entry = { key, spots, instance: undefined, rejection: undefined, placements: [] };
    this.#keys.set(key, entry);
    return entry;
  }

  #delete(key: KeyOctets): void {
    const entry = this.#keys.get(key);
    if (entry === undefined) return;
    this.#replace(entry, undefined);
    this.#setRejection(entry, undefined);
    this.#keys.delete(key);
  }

  #parse(put: KeyPut, entry: KeyEntry): ParsedValue {
    const reject = (reason: RejectionReason, detail: string): ParsedValue => {
      return { kind: 'rejection', rejection: { key: put.key, reason, detail } };
    };
    if (put.key.length > KEY_MAX_OCTETS) {
      return reject('key-too-long', `a key of ${put.key.length} octets, expected at most ${KEY_MAX_OCTETS}`);
    }
    if (entry.instance === undefined && this.#instances >= this.#maxInstances) {
      return reject('too-many-instances', `${this.#maxInstances} instances are registered already`);
    }
    if (entry.spots === undefined) {
      return reject('name-too-long', `a name of this key would have more than ${NAME_MAX_OCTETS} octets`);
    }
    return parseValue(put);
  }

  /** Puts another instance, or none, at the names of a key. */
  #replace(entry: KeyEntry, instance: Instance | undefined): void {
    const before = entry.placements.map((placement) => ({ placement, roles: rolesOf(placement) }));
    this.#instances += Number(instance !== undefined) - Number(entry.instance !== undefined);
    entry.instance = instance;
    entry.placements = instance === undefined ? [] : placementsOf(Object.assign(entry, { instance }));
    // Names are given before they are taken, so that none ceases to exist between two values.
    for (const placement of entry.placements) {
      for (const [name, role] of rolesOf(placement)) this.#table.add(name, placement, role);
    }
    for (const { placement, roles } of before) {
      for (const [name, role] of roles) this.#table.remove(name, placement, role);
    }
  }

  #setRejection(entry: KeyEntry, rejection: Rejection | undefined): void {
    if (entry.rejection !== undefined) this.rejected[entry.rejection.reason] -= 1;
    if (rejection !== undefined) {
      this.rejected[rejection.reason] += 1;
      this.#changed.rejections.push(rejection);
    }
    entry.rejection = rejection;
  }
}

function spotsOf(key: KeyOctets, maps: readonly NameMap[]): Spot[] | undefined {
  const spots: Spot[] = [];
  for (const map of maps) {
    const names = namesOfKey(map, key);
    if (names === undefined) return undefined;
    spots.push({ names, apex: map.apex });
  }
  return spots;
}

function placementsOf(entry: KeyEntry & { readonly instance: Instance }): Placement[] {
  return (entry.spots ?? []).map(({ names, apex }) => ({ registration: entry, names, apex }));
}

/** All names at which a placement answers, and in what role. */
function rolesOf({ names, apex, registration }: Placement): (readonly [Name, Role])[] {
  const { ports } = registration.instance;
  const roles: (readonly [Name, Role])[] = [[names.own, 'own']];
  if (names.target !== names.own) roles.push([names.target, 'own']);
  for (const name of names.aggregates) roles.push([name, 'member']);
  // A key directly below the apex is a service of one instance, so it has the names of a service.
  const services = names.aggregates.length > 0 ? names.aggregates : [names.own];
  for (const service of services) {
    for (const { name, port } of serviceNames(service, apex, ports)) roles.push([name, port]);
  }
  return roles;
}
