// The zones that this server has authority for: their fixed records, the registered names that live in them, how far
// what is known of those can be trusted, and their serials.

import type { RegisteredName } from '../registry/name-table.ts';
import { type FoldedName, foldName, type Name, parentName } from '../wire/name.ts';
import { type SoaData, TYPE } from '../wire/record-types.ts';
import type { RRset } from './rrset.ts';
import { buildZone, type FixedZone, makeUpZoneFile, withServerAddresses } from './zone.ts';
import type { ZoneFile } from './zone-file.ts';

/**
 * What is known of the registered names: nothing before the first list; all of it; all as it was when etcd was last
 * heard; or that, but longer ago than `maxStale` allows.
 */
export type Knowledge = 'none' | 'live' | 'stale' | 'expired';

export interface Zone {
  readonly fixed: FixedZone;
  /** Whether registered names live in it. */
  readonly isRegistered: boolean;
  readonly serial: number;
}

/** The registered names, as far as a lookup needs them. */
export interface NameSource {
  get(name: FoldedName): RegisteredName | undefined;
}

export interface AuthorityOptions {
  readonly names: NameSource;
  /** Zones that registered names live in. They exist without a zone file, too. */
  readonly registeredZones: readonly Name[];
  readonly ttlSeconds: number;
  readonly negativeTtlSeconds: number;
  /** Of this server, for name servers in those zones that have no address there. */
  readonly addresses: readonly string[];
}

export class Authority {
  readonly names: NameSource;
  /** Of a registered record whose value sets none. */
  readonly ttlSeconds: number;
  /** Raised by every change of any zone: what was worked out from several names holds as long as this does. */
  generation = 0;
  /** Raised when everything is to be worked out again: by zone files, and by registered names that cease to count. */
  epoch = 0;
  #knowledge: Knowledge = 'none';
  readonly #options: AuthorityOptions;
  #zones = new Map<FoldedName, Zone>();
  /** Last change of each registered zone, as a serial. */
  readonly #revisions = new Map<FoldedName, SerialFromRevision>();

  constructor(options: AuthorityOptions) {
    this.#options = options;
    this.names = options.names;
    this.ttlSeconds = options.ttlSeconds;
    for (const zone of options.registeredZones) this.#revisions.set(foldName(zone), new SerialFromRevision());
    this.setZoneFiles([]);
  }

  get knowledge(): Knowledge {
    return this.#knowledge;
  }

  set knowledge(knowledge: Knowledge) {
    if (isTrusted(knowledge) !== isTrusted(this.#knowledge)) this.epoch += 1;
    this.#knowledge = knowledge;
  }

  /** Whether registered names may be answered for. */
  get isReady(): boolean {
    return isTrusted(this.#knowledge);
  }

  /** The zones, by apex. */
  get zones(): ReadonlyMap<FoldedName, Zone> {
    return this.#zones;
  }

  /** Replaces all fixed records. */
  setZoneFiles(files: Iterable<ZoneFile>): void {
    const { registeredZones, negativeTtlSeconds, addresses } = this.#options;
    const chosen = new Map(
      registeredZones.map((name) => [foldName(name), makeUpZoneFile(name, negativeTtlSeconds)] as const),
    );
    for (const file of files) chosen.set(foldName(file.origin), file);
    this.#zones = new Map();
    for (const [apex, file] of chosen) {
      const isRegistered = this.#revisions.has(apex);
      this.#zones.set(apex, this.#zone(buildZone(isRegistered ? withServerAddresses(file, addresses) : file)));
    }
    this.generation += 1;
    this.epoch += 1;
  }

  /** Notes that the registered names of some zones changed at a revision of the store. */
  changed(apexes: Iterable<FoldedName>, revision: bigint): void {
    let isAnything = false;
    for (const apex of apexes) {
      isAnything = true;
      this.#revisions.get(apex)?.changed(revision);
      const zone = this.#zones.get(apex);
      if (zone !== undefined) this.#zones.set(apex, this.#zone(zone.fixed));
    }
    if (isAnything) this.generation += 1;
  }

  /** The zone that a name is in: the one with the longest apex. */
  find(name: FoldedName): Zone | undefined {
    for (let at: FoldedName | undefined = name; at !== undefined; at = parentName(at)) {
      const zone = this.#zones.get(at);
      if (zone !== undefined) return zone;
    }
    return undefined;
  }

  /** Whether a name is in a zone file or registered, or stands above one that is. */
  exists(name: FoldedName): boolean {
    const zone = this.find(name);
    if (zone === undefined) return false;
    return zone.fixed.nodes.has(name) || (zone.isRegistered && this.names.get(name) !== undefined);
  }

  #zone(fixed: FixedZone): Zone {
    const revision = this.#revisions.get(fixed.apex);
    // The file's serial is added and not replaced, so that a change of the file can raise the serial as well.
    const serial = (fixed.soa.serial + (revision?.serial ?? 0)) >>> 0;
    return { fixed, isRegistered: revision !== undefined, serial };
  }
}

function isTrusted(knowledge: Knowledge): boolean {
  return knowledge === 'live' || knowledge === 'stale';
}

/**
 * A serial that follows the store's revision: its low 32 bits (RFC 1982 arithmetic), so that servers that know the same
 * have the same serial. A store that was restored begins again at a lower revision; the serial goes on from where it was.
 */
class SerialFromRevision {
  #last = 0n;
  #offset = 0n;

  get serial(): number {
    return Number(BigInt.asUintN(32, this.#last));
  }

  changed(revision: bigint): void {
    // The same revision twice is no restore: one write can reach the zone below several prefixes, one after the other.
    if (revision + this.#offset < this.#last) this.#offset = this.#last + 1n - revision;
    this.#last = revision + this.#offset;
  }
}

/** The SOA record of a zone, with its present serial. */
export function soaRRset({ fixed, serial }: Zone): RRset {
  const data: SoaData = { ...fixed.soa, serial };
  return { name: fixed.name, type: TYPE.SOA, ttlSeconds: fixed.soaTtlSeconds, data: [data] };
}

/** The SOA record of a negative answer: its TTL is how long the answer may be kept (RFC 2308 §3, §5). */
export function negativeSoaRRset(zone: Zone): RRset {
  const { soaTtlSeconds, soa } = zone.fixed;
  return { ...soaRRset(zone), ttlSeconds: Math.min(soaTtlSeconds, soa.minimumSeconds) };
}
