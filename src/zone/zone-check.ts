// What makes records a zone: rules that no entry of a file can break alone. All records are looked at and all breaches
// are given. Mistakes mean that no zone can be made of the file; warnings, that answers may not be what was meant.

import { CLASS_IN } from '../wire/codes.ts';
import type { Mistake } from '../wire/fields.ts';
import type { ResourceRecord } from '../wire/message.ts';
import { type FoldedName, foldName, formatName, isAtOrBelow, type Name, parentName } from '../wire/name.ts';
import { formatData, formatType, type RecordData, type SoaData, TYPE } from '../wire/record-types.ts';

/** A record as a zone file states it, with the place where its entry begins. */
export interface StatedRecord {
  readonly line: number;
  readonly column: number;
  readonly name: Name;
  readonly type: number;
  /** Undefined where neither the entry nor anything before it gives one. */
  readonly ttlSeconds: number | undefined;
  readonly data: RecordData;
}

export interface ZoneCheck {
  /** The owner of the SOA; undefined without one. */
  readonly apex: Name | undefined;
  /** In file order, duplicates left out, one TTL per RRset. */
  readonly records: readonly ResourceRecord[];
  readonly mistakes: readonly Mistake[];
  readonly warnings: readonly Mistake[];
}

/** A record with its owner in the form that is compared. */
interface Owned extends StatedRecord {
  readonly owner: FoldedName;
}

/** RFC 4034 §5: the one type beside NS that belongs to the parent's side of a delegation. */
const TYPE_DS = 43;

/**
 * Checks the records of one file against each other.
 *
 * @param complete whether these are all the records of the file; without some, nothing can be said to be missing
 */
export function checkZone(stated: readonly StatedRecord[], complete: boolean): ZoneCheck {
  const records = stated.map((record): Owned => ({ ...record, owner: foldName(record.name) }));
  const soa = records.find(isSoa);
  const aliases = firstByOwner(records.filter(({ type }) => type === TYPE.CNAME));
  const mistakes = [...secondSoas(records), ...aliasesBesideData(records, aliases)];
  const { merged, warnings } = mergeRRsets(records, soa?.data.minimumSeconds);
  warnings.push(...targetsThatAreAliases(records, aliases));
  if (soa !== undefined) {
    mistakes.push(...ownersOutside(records, soa));
    warnings.push(...missingServers(records, soa), ...hiddenByDelegations(records, soa));
  } else if (complete) {
    mistakes.push({ line: 1, column: 1, message: 'no SOA record: a zone begins with one at its apex' });
    const bare = records.find(({ ttlSeconds }) => ttlSeconds === undefined);
    if (bare !== undefined)
      mistakes.push(mistakeAt(bare, 'no TTL: expected one here, in $TTL or as the minimum of the SOA'));
  }
  return { apex: soa?.name, records: merged, mistakes, warnings };
}

function isSoa<R extends StatedRecord>(record: R): record is R & { readonly data: SoaData } {
  return record.data.kind === 'SOA';
}

function mistakeAt({ line, column }: StatedRecord, message: string): Mistake {
  return { line, column, message };
}

function firstByOwner(records: readonly Owned[]): Map<FoldedName, Owned> {
  const first = new Map<FoldedName, Owned>();
  for (const record of records) if (!first.has(record.owner)) first.set(record.owner, record);
  return first;
}

function secondSoas(records: readonly Owned[]): Mistake[] {
  const [first, ...others] = records.filter(isSoa);
  return others.map((other) => mistakeAt(other, `a second SOA record; the first is on line ${first?.line}`));
}

function ownersOutside(records: readonly Owned[], soa: Owned): Mistake[] {
  return records
    .filter(({ owner, type }) => type !== TYPE.SOA && !isAtOrBelow(owner, soa.owner))
    .map((record) => mistakeAt(record, `${formatName(record.name)} is not in the zone ${formatName(soa.name)}`));
}

/** A name with a CNAME has one record (RFC 1034 §3.6.2, RFC 2181 §10.1). */
function aliasesBesideData(records: readonly Owned[], aliases: ReadonlyMap<FoldedName, Owned>): Mistake[] {
  const mistakes: Mistake[] = [];
  const told = new Set<FoldedName>();
  for (const record of records) {
    const alias = aliases.get(record.owner);
    if (alias === undefined || alias === record) continue;
    if (record.type === TYPE.CNAME) {
      // The same alias twice is a duplicate like any other.
      if (dataKey(record.data) === dataKey(alias.data)) continue;
      mistakes.push(
        mistakeAt(record, `a second CNAME of ${formatName(record.name)}; the first is on line ${alias.line}`),
      );
    } else if (!told.has(record.owner)) {
      told.add(record.owner);
      const other = `${formatType(record.type)} on line ${record.line}`;
      mistakes.push(mistakeAt(alias, `CNAME beside other data of ${formatName(alias.name)}: ${other}`));
    }
  }
  return mistakes;
}

/** Data that is equal in DNS terms has equal keys: names are compared without case, text is not. */
function dataKey(data: RecordData): string {
  const text = formatData(data);
  return targetOf(data) === undefined ? text : text.toLowerCase();
}

/** The name that a record points to. */
function targetOf(data: RecordData): Name | undefined {
  switch (data.kind) {
    case 'NS':
    case 'CNAME':
    case 'PTR':
    case 'SRV':
      return data.target;
    case 'MX':
      return data.exchange;
    case 'A':
    case 'AAAA':
    case 'SOA':
    case 'HINFO':
    case 'TXT':
    case 'OPT':
    case 'CAA':
    case 'unknown':
      return undefined;
  }
}

/** Records of one owner and type while they are gathered. */
interface Gathering {
  readonly first: Owned;
  readonly firstTtlSeconds: number;
  ttlSeconds: number;
  differs: boolean;
}

/** One record of a kind (RFC 2181 §5) and one TTL per RRset (§5.2). */
function mergeRRsets(
  records: readonly Owned[],
  minimumSeconds = 0,
): { readonly merged: readonly ResourceRecord[]; readonly warnings: Mistake[] } {
  const rrsets = new Map<string, Gathering>();
  const lines = new Map<string, number>();
  const kept: { readonly record: Owned; readonly rrset: Gathering }[] = [];
  const warnings: Mistake[] = [];
  for (const record of records) {
    // RFC 1035 §3.3.13: where nothing else gives a TTL, the SOA's minimum is it.
    const ttlSeconds = record.ttlSeconds ?? minimumSeconds;
    const key = `${record.type} ${record.owner}`;
    let rrset = rrsets.get(key);
    if (rrset === undefined) {
      rrset = { first: record, firstTtlSeconds: ttlSeconds, ttlSeconds, differs: false };
      rrsets.set(key, rrset);
    }
    if (ttlSeconds !== rrset.firstTtlSeconds && !rrset.differs) {
      rrset.differs = true;
      const other = `${rrset.firstTtlSeconds} on line ${rrset.first.line}`;
      warnings.push(mistakeAt(record, `TTL ${ttlSeconds} differs from ${other} in one RRset: the lowest is used`));
    }
    rrset.ttlSeconds = Math.min(rrset.ttlSeconds, ttlSeconds);
    const recordKey = `${key} ${dataKey(record.data)}`;
    const line = lines.get(recordKey);
    if (line === undefined) {
      lines.set(recordKey, record.line);
      kept.push({ record, rrset });
    } else {
      warnings.push(mistakeAt(record, `the same record as on line ${line}: one is kept`));
    }
  }
  const merged = kept.map(({ record: { name, type, data }, rrset: { ttlSeconds } }) => ({
    name,
    type,
    class: CLASS_IN,
    ttlSeconds,
    data,
  }));
  return { merged, warnings };
}

/** RFC 2181 §10.3 for NS and MX, RFC 2782 for SRV. */
function targetsThatAreAliases(records: readonly Owned[], aliases: ReadonlyMap<FoldedName, Owned>): Mistake[] {
  const warnings: Mistake[] = [];
  for (const record of records) {
    if (record.type !== TYPE.NS && record.type !== TYPE.MX && record.type !== TYPE.SRV) continue;
    const target = targetOf(record.data);
    const alias = target && aliases.get(foldName(target));
    if (target === undefined || alias === undefined) continue;
    const what = `${formatType(record.type)} target ${formatName(target)}`;
    warnings.push(
      mistakeAt(record, `${what} is an alias (CNAME on line ${alias.line}), which clients need not follow`),
    );
  }
  return warnings;
}

/** RFC 1034 §4.2.1. Only a warning: no other answer of this server depends on it. */
function missingServers(records: readonly Owned[], soa: Owned): Mistake[] {
  if (records.some(({ owner, type }) => type === TYPE.NS && owner === soa.owner)) return [];
  return [mistakeAt(soa, `no NS record at the apex ${formatName(soa.name)}: resolvers expect one`)];
}

/** What stands at or below a delegation is for the child's servers to answer, but for NS, DS and glue (RFC 1034 §4.2.1). */
function hiddenByDelegations(records: readonly Owned[], soa: Owned): Mistake[] {
  const servers = records.filter(({ type }) => type === TYPE.NS);
  const cuts = firstByOwner(servers.filter(({ owner }) => owner !== soa.owner));
  if (cuts.size === 0) return [];
  const serverNames = new Set(servers.map(({ data }) => targetOf(data)).map((target) => target && foldName(target)));
  const warnings: Mistake[] = [];
  for (const record of records) {
    const cut = highestCut(record.owner, cuts);
    if (cut === undefined) continue;
    const isParentSide = record.owner === cut.owner && (record.type === TYPE.NS || record.type === TYPE_DS);
    const isAddress = record.type === TYPE.A || record.type === TYPE.AAAA;
    if (isParentSide || (isAddress && serverNames.has(record.owner))) continue;
    warnings.push(mistakeAt(record, `hidden by the delegation of ${formatName(cut.name)} on line ${cut.line}`));
  }
  return warnings;
}

/** The delegation nearest to the apex, which is the one that a query meets first. */
function highestCut(owner: FoldedName, cuts: ReadonlyMap<FoldedName, Owned>): Owned | undefined {
  let highest: Owned | undefined;
  for (let name: FoldedName | undefined = owner; name !== undefined; name = parentName(name)) {
    highest = cuts.get(name) ?? highest;
  }
  return highest;
}
