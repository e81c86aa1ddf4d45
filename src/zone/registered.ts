// The records of a registered name: which of its instances answer, and what record each of them gives.

import type { Instance, Port } from '../registry/instance.ts';
import type { Placement, RegisteredName } from '../registry/name-table.ts';
import { countLabels, foldName, lastLabels, type Name } from '../wire/name.ts';
import { formatData, type RecordData, TYPE } from '../wire/record-types.ts';
import type { RRset } from './rrset.ts';

/** An instance that a name answers with. */
interface Answerer {
  readonly placement: Placement;
  readonly instance: Instance;
}

/** A record to be, and the instance that it comes from. */
interface Contribution {
  readonly instance: Instance;
  readonly data: RecordData;
  readonly glue?: readonly RRset[];
}

/** The RRset of a type at a registered name; undefined when the name has none. A CNAME is asked for like any other. */
export function registeredRRset(at: RegisteredName, type: number, defaultTtlSeconds: number): RRset | undefined {
  if (type === TYPE.CNAME && !mayBeAlias(at)) return undefined;
  const own = answerersOf(at.own);
  const all = inOneGroup([...own, ...answerersOf(at.members)]);
  const alias = at.services.size === 0 ? aliasOf(all) : undefined;
  const rrset = (contributions: readonly Contribution[]) => rrsetOf(at.name, type, contributions, defaultTtlSeconds);
  // A name with a CNAME has no other data (RFC 1034 §3.6.2).
  if (alias !== undefined) return type === TYPE.CNAME ? rrset([alias]) : undefined;
  switch (type) {
    case TYPE.A:
      return addressRRset(rrset, all, 'ipv4');
    case TYPE.AAAA:
      return addressRRset(rrset, all, 'ipv6');
    case TYPE.SRV:
      return rrset(servicesOf(at, all, defaultTtlSeconds));
    case TYPE.MX:
      return rrset(exchangesOf(all));
    case TYPE.TXT:
      return rrset(textsOf(own));
    default:
      return undefined;
  }
}

function rrsetOf(
  name: Name,
  type: number,
  contributions: readonly Contribution[],
  defaultTtlSeconds: number,
): RRset | undefined {
  if (contributions.length === 0) return undefined;
  let ttlSeconds = Number.POSITIVE_INFINITY;
  for (const { instance } of contributions) ttlSeconds = Math.min(ttlSeconds, instance.ttlSeconds ?? defaultTtlSeconds);
  const glue = contributions.map((contribution) => contribution.glue ?? []);
  return { name, type, ttlSeconds, data: contributions.map(({ data }) => data), glue };
}

/** The instances of some placements, in the order of their keys, so that every server gives the same records. */
function answerersOf(placements: Iterable<Placement>): Answerer[] {
  const answerers: Answerer[] = [];
  for (const placement of placements) {
    const { instance } = placement.registration;
    if (instance.up) answerers.push({ placement, instance });
  }
  return answerers.sort((a, b) => compareKeys(a.instance.key, b.instance.key));
}

function compareKeys(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/**
 * Leaves out the instances of other groups, as SkyDNS does: the group of the name nearest to the apex counts, an
 * instance without a group is in all of them, and where the nearest ones disagree there are no groups.
 */
function inOneGroup(answerers: readonly Answerer[]): readonly Answerer[] {
  if (answerers.every(({ instance }) => instance.group === undefined)) return answerers;
  let depth = Number.POSITIVE_INFINITY;
  let groups = new Set<string>();
  for (const { placement, instance } of answerers) {
    const labels = countLabels(placement.names.own);
    if (instance.group === undefined || labels > depth) continue;
    if (labels < depth) groups = new Set();
    depth = labels;
    groups.add(instance.group);
  }
  if (groups.size > 1) return answerers;
  return answerers.filter(({ instance }) => instance.group === undefined || groups.has(instance.group));
}

/** False where two instances answer for certain, without looking at all of thousands: every look-up asks for an alias. */
function mayBeAlias({ own, members }: RegisteredName): boolean {
  let answerers = 0;
  for (const placements of [own, members]) {
    for (const { registration } of placements) {
      const { up, group } = registration.instance;
      // Those of a group may be left out for another one.
      if (up && group === undefined) answerers += 1;
      if (answerers > 1) return false;
    }
  }
  return true;
}

/** The CNAME of a name whose one instance is known by a name and not by an address. */
function aliasOf(answerers: readonly Answerer[]): Contribution | undefined {
  const [only] = answerers;
  if (only === undefined || answerers.length > 1 || only.instance.host.kind !== 'name') return undefined;
  return { instance: only.instance, data: { kind: 'CNAME', target: only.instance.host.name } };
}

function addressRRset(
  rrset: (contributions: readonly Contribution[]) => RRset | undefined,
  answerers: readonly Answerer[],
  family: 'ipv4' | 'ipv6',
): RRset | undefined {
  const hosts: { readonly instance: Instance; readonly address: string }[] = [];
  for (const { instance } of answerers) {
    if (instance.host.kind === family) hosts.push({ instance, address: instance.host.address });
  }
  const preferred = hosts.reduce((lowest, { instance }) => Math.min(lowest, instance.priority), 65_535);
  const isWeighed = hosts.some(({ instance }) => instance.priority === preferred && instance.weight > 0);
  /** A host with several instances gives one record (RFC 2181 §5) with the weight of all of them. */
  const weights = new Map<string, number>();
  const contributions: Contribution[] = [];
  for (const { instance, address } of hosts) {
    const before = weights.get(address);
    if (before === undefined) contributions.push({ instance, data: addressData(family, address) });
    // As for SRV, an instance of a worse priority is for when the better ones fail: never first. Weight 0 is never
    // first either, unless all that are preferred have it.
    const weight = isWeighed ? instance.weight : 1;
    weights.set(address, (before ?? 0) + (instance.priority === preferred ? weight : 0));
  }
  const addresses = rrset(contributions);
  const shares = [...weights.values()];
  const isEven = shares.every((share) => share === shares[0]);
  return addresses === undefined || isEven ? addresses : { ...addresses, weights: shares };
}

function addressData(family: 'ipv4' | 'ipv6', address: string): RecordData {
  return { kind: family === 'ipv4' ? 'A' : 'AAAA', address };
}

function servicesOf(name: RegisteredName, answerers: readonly Answerer[], defaultTtlSeconds: number): Contribution[] {
  const contributions: Contribution[] = [];
  const seen = new Set<string>();
  const add = ({ placement, instance }: Answerer, port: Port | undefined) => {
    if (port === undefined) return;
    const { host, priority, weight, targetStrip } = instance;
    const target = targetOf(placement, instance);
    // Two keys for one socket are one record, whatever the keys are called; so are two that share a target.
    const at = host.kind === 'name' || targetStrip > 0 ? foldName(target) : host.address;
    const socket = `${at} ${port.number}`;
    if (seen.has(socket)) return;
    seen.add(socket);
    contributions.push({
      instance,
      data: { kind: 'SRV', priority, weight, port: port.number, target },
      glue: glueOf(target, instance, defaultTtlSeconds),
    });
  };
  for (const answerer of answerers) add(answerer, answerer.instance.ports[0]);
  for (const answerer of answerersOf(name.services.keys())) {
    for (const port of name.services.get(answerer.placement) ?? []) add(answerer, port);
  }
  return contributions;
}

/** SkyDNS `mail`: the host takes mail for the name. */
function exchangesOf(answerers: readonly Answerer[]): Contribution[] {
  const takers = answerers.filter(({ instance }) => instance.mail);
  return distinct(
    takers.map(({ placement, instance }) => {
      const exchange = targetOf(placement, instance);
      return { instance, data: { kind: 'MX', preference: instance.priority, exchange } };
    }),
  );
}

function textsOf(own: readonly Answerer[]): Contribution[] {
  const told = own.filter(({ instance }) => instance.texts.length > 0);
  return distinct(told.map(({ instance }) => ({ instance, data: { kind: 'TXT', strings: instance.texts } })));
}

/** One contribution of each record (RFC 2181 §5). */
function distinct(contributions: readonly Contribution[]): Contribution[] {
  const seen = new Set<string>();
  return contributions.filter(({ data }) => seen.size < seen.add(formatData(data)).size);
}

/** The host itself where it is a name; else the short name of the instance, less the labels that it wants off. */
function targetOf({ names, apex }: Placement, { host, targetStrip }: Instance): Name {
  if (host.kind === 'name') return host.name;
  if (targetStrip === 0) return names.target;
  return lastLabels(names.own, Math.max(countLabels(names.own) - targetStrip, countLabels(apex)));
}

function glueOf(target: Name, instance: Instance, defaultTtlSeconds: number): readonly RRset[] {
  const { host, ttlSeconds = defaultTtlSeconds } = instance;
  // A stripped target is the name of others too, whose addresses are not known here.
  if (host.kind === 'name' || instance.targetStrip > 0) return [];
  const type = host.kind === 'ipv4' ? TYPE.A : TYPE.AAAA;
  return [{ name: target, type, ttlSeconds, data: [addressData(host.kind, host.address)] }];
}
