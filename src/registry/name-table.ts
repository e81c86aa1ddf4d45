// The names that exist because something is registered, in a table by folded name. A name is there for its own data or
// as an empty non-terminal: for the sake of a name below it (RFC 8020 §1: such a name exists, it has no records).

import { type FoldedName, foldName, type Name, parentName } from '../wire/name.ts';
import type { KeyOctets } from './change.ts';
import type { Instance, Port } from './instance.ts';
import type { KeyNames } from './names.ts';

/** One key under one map, and so at names of one zone. */
export interface Placement {
  /** Its `instance` is replaced when a new value changes no answer, as when a lease is renewed by another put. */
  readonly registration: { readonly key: KeyOctets; readonly instance: Instance };
  readonly names: KeyNames;
  readonly apex: Name;
}

/** What is registered at one name. */
export interface RegisteredName {
  /** In the case in which it was registered first. */
  readonly name: Name;
  /** The keys whose own name or short target name this is: mostly one. */
  readonly own: ReadonlySet<Placement>;
  /** The instances below that the name answers with. */
  readonly members: ReadonlySet<Placement>;
  /** Instances with some of their ports, mostly one: the SRV records of an RFC 2782 name. */
  readonly services: ReadonlyMap<Placement, readonly Port[]>;
  /** Raised by every change of the name, its end included: what was worked out from it holds as long as this does. */
  readonly version: number;
}

/** In what role a name has a placement: one of the sets above, or the port of a service. */
export type Role = 'own' | 'member' | Port;

/** Most names never fill most of their sets, so they share these until they do. */
const NO_PLACEMENTS: ReadonlySet<Placement> = new Set();
const NO_SERVICES: ReadonlyMap<Placement, readonly Port[]> = new Map();

class NameEntry implements RegisteredName {
  readonly name: Name;
  readonly folded: FoldedName;
  own = NO_PLACEMENTS;
  members = NO_PLACEMENTS;
  services = NO_SERVICES;
  version = 0;
  /** Names one label below. */
  children = 0;

  constructor(name: Name, folded: FoldedName) {
    this.name = name;
    this.folded = folded;
  }

  get isEmpty(): boolean {
    return this.own.size + this.members.size + this.services.size + this.children === 0;
  }

  add(placement: Placement, role: Role): void {
    if (role === 'own') this.own = withAdded(this.own, placement);
    else if (role === 'member') this.members = withAdded(this.members, placement);
    else if (this.services === NO_SERVICES) this.services = new Map([[placement, [role]]]);
    else {
      const services = this.services as Map<Placement, readonly Port[]>;
      services.set(placement, [...(services.get(placement) ?? []), role]);
    }
  }

  /** Takes out a placement in one role; of a service, all its ports: they come and go together. */
  remove(placement: Placement, role: Role): void {
    const set = role === 'own' ? this.own : role === 'member' ? this.members : this.services;
    (set as Set<Placement> | Map<Placement, readonly Port[]>).delete(placement);
  }
}

function withAdded(set: ReadonlySet<Placement>, placement: Placement): ReadonlySet<Placement> {
  return set === NO_PLACEMENTS ? new Set([placement]) : (set as Set<Placement>).add(placement);
}

/** Told of every name whose records or whose existence changed. */
export type OnChange = (name: FoldedName, apex: FoldedName) => void;

export class NameTable {
  readonly #names = new Map<FoldedName, NameEntry>();
  readonly #apexes: ReadonlySet<FoldedName>;
  readonly #onChange: OnChange;

  /** @param apexes of the zones: names above them are not kept */
  constructor(apexes: ReadonlySet<FoldedName>, onChange: OnChange) {
    this.#apexes = apexes;
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#names.size;
  }

  get(name: FoldedName): RegisteredName | undefined {
    return this.#names.get(name);
  }

  add(name: Name, placement: Placement, role: Role): void {
    const apex = foldName(placement.apex);
    const entry = this.#ensure(name, apex);
    entry.add(placement, role);
    this.#changed(entry, apex);
  }

  remove(name: Name, placement: Placement, role: Role): void {
    const entry = this.#names.get(foldName(name));
    if (entry === undefined) return;
    const apex = foldName(placement.apex);
    entry.remove(placement, role);
    this.#changed(entry, apex);
    this.#release(entry, apex);
  }

  /** The entry of a name, made where it is missing, with those of all names between it and the apex. */
  #ensure(name: Name, apex: FoldedName): NameEntry {
    const folded = foldName(name);
    const known = this.#names.get(folded);
    if (known !== undefined) return known;
    const entry = new NameEntry(name, folded);
    this.#names.set(folded, entry);
    this.#changed(entry, apex);
    const parent = this.#apexes.has(folded) ? undefined : parentName(name);
    if (parent !== undefined) this.#ensure(parent, apex).children += 1;
    return entry;
  }

  /** Removes a name that has nothing left, and those above it that stood for its sake. */
  #release(entry: NameEntry, apex: FoldedName): void {
    if (!entry.isEmpty) return;
    this.#names.delete(entry.folded);
    this.#changed(entry, apex);
    const parent = this.#apexes.has(entry.folded) ? undefined : parentName(entry.folded);
    const above = parent === undefined ? undefined : this.#names.get(parent);
    if (above === undefined) return;
    above.children -= 1;
    this.#release(above, apex);
  }

  #changed(entry: NameEntry, apex: FoldedName): void {
    entry.version += 1;
    this.#onChange(entry.folded, apex);
  }
}
