// From a question to an outcome (RFC 1034 §4.3.2, wildcards after RFC 4592 §3.3.1). An outcome says what was found; what
// is sent for it is decided by answer.ts alone.

import type { RegisteredName } from '../registry/name-table.ts';
import { type FoldedName, foldName, type Name, parentName, prependLabel } from '../wire/name.ts';
import { formatData, type RecordData, TYPE } from '../wire/record-types.ts';
import { type Authority, soaRRset, type Zone } from './authority.ts';
import { registeredRRset } from './registered.ts';
import type { RRset } from './rrset.ts';
import type { ZoneNode } from './zone.ts';

/** What was found. `answers` are the aliases that were followed, then the RRset that was asked for, if there is one. */
export type Outcome =
  | { readonly kind: 'hit'; readonly zone: Zone; readonly answers: readonly RRset[]; readonly basis: Basis }
  | { readonly kind: 'nodata' | 'nxdomain'; readonly zone: Zone; readonly answers: readonly RRset[] }
  | {
      readonly kind: 'referral';
      readonly zone: Zone;
      readonly answers: readonly RRset[];
      readonly delegation: RRset;
    }
  | { readonly kind: 'not-our-zone' }
  | { readonly kind: 'not-ready' };

/**
 * What a hit was worked out from, and so how long it holds: until a registered name changes (its `version` tells),
 * or, for `zones`, until anything does (`Authority.generation`). All other outcomes hold until anything changes.
 */
export type Basis = { readonly kind: 'name'; readonly name: RegisteredName } | { readonly kind: 'zones' };

const ZONES: Basis = { kind: 'zones' };

/** Aliases that are followed for one question. Longer chains are loops or mistakes; resolvers follow about as many. */
const ALIASES_MAX = 16;

/** Sent for ANY instead of all that there is (RFC 8482 §4.2). */
const ANY_DATA = { kind: 'HINFO', cpu: 'RFC8482', os: '' } as const;

/** DS (RFC 4034 §5), which is opaque here but for its side of a delegation (RFC 4035 §3.1.4.1). */
const TYPE_DS = 43;

/** Seconds. As in the example of RFC 8482 §4.2: it changes with the program and not with the data. */
const ANY_TTL_SECONDS = 3600;

/** Looks a question of class IN up. */
export function lookup(authority: Authority, question: FoldedName, type: number): Outcome {
  let zone = authority.find(question);
  if (zone === undefined) return { kind: 'not-our-zone' };
  const aliases: RRset[] = [];
  const followed = new Set<FoldedName>();
  for (let name = question; ; ) {
    if (zone.isRegistered && !authority.isReady) return { kind: 'not-ready' };
    const found = lookupInZone(authority, zone, name, type);
    if (found.kind !== 'hit' && found.kind !== 'alias') return { ...found, zone, answers: aliases };
    const basis = aliases.length > 0 ? ZONES : found.basis;
    aliases.push(found.rrset);
    if (found.kind === 'hit') return { kind: 'hit', zone, answers: aliases, basis };
    followed.add(name);
    name = foldName(found.target);
    const next = authority.find(name);
    // Elsewhere the resolver goes on by itself.
    if (next === undefined) return { kind: 'hit', zone, answers: aliases, basis };
    if (followed.has(name) || aliases.length === ALIASES_MAX) {
      return { kind: 'hit', zone, answers: aliases, basis: ZONES };
    }
    zone = next;
  }
}

type Found =
  | { readonly kind: 'hit'; readonly rrset: RRset; readonly basis: Basis }
  | { readonly kind: 'alias'; readonly rrset: RRset; readonly target: Name; readonly basis: Basis }
  | { readonly kind: 'referral'; readonly delegation: RRset }
  | { readonly kind: 'nodata' | 'nxdomain' };

function lookupInZone(authority: Authority, zone: Zone, name: FoldedName, type: number): Found {
  const { fixed } = zone;
  const delegation = fixed.cuts.size > 0 ? delegationAbove(authority, zone, name, type) : undefined;
  if (delegation !== undefined) return { kind: 'referral', delegation };
  const node = fixed.nodes.get(name);
  const registered = zone.isRegistered ? authority.names.get(name) : undefined;
  if (node !== undefined || registered !== undefined) {
    return lookupAt(authority, zone, { name, node, registered }, type);
  }
  const wildcard = fixed.hasWildcards ? sourceOfSynthesis(authority, zone, name) : undefined;
  if (wildcard === undefined) return { kind: 'nxdomain' };
  const found = lookupAt(authority, zone, { name, node: wildcard, registered: undefined }, type);
  if (found.kind !== 'hit' && found.kind !== 'alias') return found;
  return { ...found, rrset: { ...found.rrset, name }, basis: ZONES };
}

/** The highest delegation that the name is at or below; DS is what the zone above a delegation answers for itself. */
function delegationAbove(authority: Authority, zone: Zone, name: FoldedName, type: number): RRset | undefined {
  const { apex, cuts, nodes } = zone.fixed;
  let highest: FoldedName | undefined;
  for (let at: FoldedName | undefined = name; at !== undefined && at !== apex; at = parentName(at)) {
    if (cuts.has(at) && !(at === name && type === TYPE_DS)) highest = at;
  }
  const delegation = highest === undefined ? undefined : nodes.get(highest)?.rrsets.get(TYPE.NS);
  return delegation && withGlue(authority, delegation);
}

/** The wildcard that a name which does not exist is answered from: `*` below its closest encloser (RFC 4592 §3.3.1). */
function sourceOfSynthesis(authority: Authority, zone: Zone, name: FoldedName): ZoneNode | undefined {
  const { apex, nodes } = zone.fixed;
  for (let at = parentName(name); at !== undefined; at = at === apex ? undefined : parentName(at)) {
    if (!nodes.has(at) && !(zone.isRegistered && authority.names.get(at) !== undefined)) continue;
    const wildcard = prependLabel('*', at);
    return wildcard === undefined ? undefined : nodes.get(foldName(wildcard));
  }
  return undefined;
}

/** A name that exists, by its zone file, by a registration or by both. */
interface Existing {
  /** As it was asked for. */
  readonly name: FoldedName;
  readonly node: ZoneNode | undefined;
  readonly registered: RegisteredName | undefined;
}

function lookupAt(authority: Authority, zone: Zone, at: Existing, type: number): Found {
  if (type === TYPE.SOA && at.name === zone.fixed.apex) return { kind: 'hit', rrset: soaRRset(zone), basis: ZONES };
  const alias = rrsetAt(authority, at, TYPE.CNAME);
  if (type === TYPE.ANY) {
    // RFC 8482 §4.2: nothing is made up where a CNAME is.
    if (alias !== undefined) return { kind: 'hit', rrset: alias, basis: basisOf(at) };
    if (!hasRecords(at)) return { kind: 'nodata' };
    const rrset = { name: at.name, type: TYPE.HINFO, ttlSeconds: ANY_TTL_SECONDS, data: [ANY_DATA] };
    return { kind: 'hit', rrset, basis: ZONES };
  }
  const [aliasData] = alias?.data ?? [];
  if (alias !== undefined && aliasData?.kind === 'CNAME' && type !== TYPE.CNAME) {
    return { kind: 'alias', rrset: alias, target: aliasData.target, basis: basisOf(at) };
  }
  const rrset = type === TYPE.CNAME ? alias : rrsetAt(authority, at, type);
  if (rrset === undefined) return { kind: 'nodata' };
  return { kind: 'hit', rrset, basis: basisOf(at) };
}

/** Records of a zone file can point to hosts whose addresses are registered, and their name can become registered. */
function basisOf({ node, registered }: Existing): Basis {
  return node === undefined && registered !== undefined ? { kind: 'name', name: registered } : ZONES;
}

/** The records of one type at a name: those of the zone file and the registered ones together. */
function rrsetAt(authority: Authority, { node, registered }: Existing, type: number): RRset | undefined {
  const fixed = node?.rrsets.get(type);
  const live = registered && registeredRRset(registered, type, authority.ttlSeconds);
  if (type === TYPE.CNAME) {
    // A CNAME stands alone (RFC 1034 §3.6.2): what else there is at the name, in either source, wins.
    if (live !== undefined) return node === undefined || node.rrsets.size === 0 ? live : undefined;
    return registered !== undefined && isPopulated(registered) ? undefined : fixed;
  }
  if (fixed === undefined) return live;
  const complete = withGlue(authority, fixed);
  return live === undefined ? complete : union(complete, live);
}

/** Those of some names at which a CNAME stands beside other records, one of them in a zone file and one registered. */
export function aliasConflicts(authority: Authority, names: Iterable<FoldedName>): Name[] {
  const conflicts: Name[] = [];
  for (const name of names) {
    const node = authority.find(name)?.fixed.nodes.get(name);
    const registered = authority.names.get(name);
    if (node === undefined || node.rrsets.size === 0 || registered === undefined || !isPopulated(registered)) continue;
    const alias = node.rrsets.get(TYPE.CNAME) ?? registeredRRset(registered, TYPE.CNAME, authority.ttlSeconds);
    if (alias !== undefined) conflicts.push(node.name);
  }
  return conflicts;
}

function hasRecords({ node, registered }: Existing): boolean {
  return (node !== undefined && node.rrsets.size > 0) || (registered !== undefined && isPopulated(registered));
}

function isPopulated({ own, members, services }: RegisteredName): boolean {
  return own.size + members.size + services.size > 0;
}

/** Both sets of records, one of each. The weights of the registered ones say nothing about the fixed ones, so none do. */
function union(fixed: RRset, live: RRset): RRset {
  const known = new Set(fixed.data.map(formatData));
  const data = [...fixed.data];
  const glue = [...(fixed.glue ?? [])];
  for (const [at, record] of live.data.entries()) {
    if (known.has(formatData(record))) continue;
    data.push(record);
    glue.push(live.glue?.[at] ?? []);
  }
  return { name: fixed.name, type: fixed.type, ttlSeconds: Math.min(fixed.ttlSeconds, live.ttlSeconds), data, glue };
}

/** The records with the addresses of the hosts that they name, as far as those are in a zone of ours. */
function withGlue(authority: Authority, rrset: RRset): RRset {
  return { ...rrset, glue: rrset.data.map((data) => addressesOf(authority, hostOf(data))) };
}

function hostOf(data: RecordData): Name | undefined {
  switch (data.kind) {
    case 'NS':
    case 'SRV':
      return data.target;
    case 'MX':
      return data.exchange;
    case 'A':
    case 'AAAA':
    case 'CNAME':
    case 'PTR':
    case 'SOA':
    case 'HINFO':
    case 'TXT':
    case 'OPT':
    case 'CAA':
    case 'unknown':
      return undefined;
  }
}

function addressesOf(authority: Authority, host: Name | undefined): RRset[] {
  const name = host === undefined ? undefined : foldName(host);
  const zone = name === undefined ? undefined : authority.find(name);
  if (name === undefined || zone === undefined) return [];
  const registered = zone.isRegistered && authority.isReady ? authority.names.get(name) : undefined;
  const at = { name, node: zone.fixed.nodes.get(name), registered };
  return [TYPE.A, TYPE.AAAA].flatMap((type) => rrsetAt(authority, at, type) ?? []);
}
