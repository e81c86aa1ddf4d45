// A zone's fixed part: the records of its zone file by name, with what a lookup needs to know beside them. Names that
// only stand above others (empty non-terminals) are in the table too, with no records.

import { isIPv4 } from 'node:net';
import { CLASS_IN } from '../wire/codes.ts';
import {
  type FoldedName,
  firstLabel,
  foldName,
  isAtOrBelow,
  type Name,
  parentName,
  prependLabel,
} from '../wire/name.ts';
import { type RecordData, type SoaData, TYPE } from '../wire/record-types.ts';
import type { RRset } from './rrset.ts';
import type { ZoneFile } from './zone-file.ts';

export interface ZoneNode {
  readonly name: Name;
  readonly rrsets: ReadonlyMap<number, RRset>;
}

/** The records of one zone file. */
export interface FixedZone {
  readonly name: Name;
  readonly apex: FoldedName;
  readonly nodes: ReadonlyMap<FoldedName, ZoneNode>;
  /** The SOA's data as the file has it. */
  readonly soa: SoaData;
  readonly soaTtlSeconds: number;
  /** Names of delegations: NS records below the apex. */
  readonly cuts: ReadonlySet<FoldedName>;
  /** Whether a name begins with the label `*` (RFC 4592 §2.1.1). */
  readonly hasWildcards: boolean;
}

/** Sorts the records of a zone file into their names. */
export function buildZone(file: ZoneFile): FixedZone {
  const apex = foldName(file.origin);
  const nodes = new Map<FoldedName, { name: Name; rrsets: Map<number, RRset & { data: RecordData[] }> }>();
  const ensure = (name: Name) => {
    const folded = foldName(name);
    let node = nodes.get(folded);
    if (node === undefined) {
      node = { name, rrsets: new Map() };
      nodes.set(folded, node);
      const parent = folded === apex ? undefined : parentName(name);
      if (parent !== undefined) ensure(parent);
    }
    return node;
  };
  ensure(file.origin);
  for (const { name, type, ttlSeconds, data } of file.records) {
    const { rrsets } = ensure(name);
    const known = rrsets.get(type);
    // The parser has given one TTL to all records of an RRset.
    if (known === undefined) rrsets.set(type, { name, type, ttlSeconds, data: [data] });
    else known.data.push(data);
  }
  const names = [...nodes.keys()];
  const soa = nodes.get(apex)?.rrsets.get(TYPE.SOA);
  const [soaData] = soa?.data ?? [];
  if (soa === undefined || soaData?.kind !== 'SOA') throw new Error('a zone file without SOA passed its parser');
  return {
    name: file.origin,
    apex,
    nodes,
    soa: soaData,
    soaTtlSeconds: soa.ttlSeconds,
    cuts: new Set(names.filter((name) => name !== apex && nodes.get(name)?.rrsets.has(TYPE.NS))),
    hasWildcards: names.some((name) => firstLabel(name) === '*'),
  };
}

/** Times of a made-up SOA, in seconds. Nobody transfers a registry's zone, so only the minimum means anything. */
const SOA_REFRESH_SECONDS = 3600;
const SOA_RETRY_SECONDS = 600;
const SOA_EXPIRE_SECONDS = 604_800;

/** Seconds. The name server's own records change with the configuration and not with the registry. */
const NS_TTL_SECONDS = 300;

/** The zone file that a zone of registrations has when none is given: SOA and NS. */
export function makeUpZoneFile(name: Name, negativeTtlSeconds: number): ZoneFile {
  const at = (label: string) => prependLabel(label, name) ?? name;
  const soa: SoaData = {
    kind: 'SOA',
    mname: at('ns1'),
    rname: at('hostmaster'),
    serial: 0,
    refreshSeconds: SOA_REFRESH_SECONDS,
    retrySeconds: SOA_RETRY_SECONDS,
    expireSeconds: SOA_EXPIRE_SECONDS,
    minimumSeconds: negativeTtlSeconds,
  };
  const records = [
    { type: TYPE.SOA, data: soa },
    { type: TYPE.NS, data: { kind: 'NS', target: at('ns1') } as const },
  ];
  return {
    origin: name,
    records: records.map((record) => ({ name, class: CLASS_IN, ttlSeconds: NS_TTL_SECONDS, ...record })),
  };
}

/**
 * Gives this server's addresses to the name servers of a zone that are named in the zone and have none there.
 *
 * @param addresses in canonical text
 */
export function withServerAddresses(file: ZoneFile, addresses: readonly string[]): ZoneFile {
  const apex = foldName(file.origin);
  const addressed = new Set(
    file.records.filter(({ type }) => type === TYPE.A || type === TYPE.AAAA).map(({ name }) => foldName(name)),
  );
  const records = [...file.records];
  for (const { name, data } of file.records) {
    if (data.kind !== 'NS' || foldName(name) !== apex) continue;
    const server = foldName(data.target);
    if (!isAtOrBelow(server, apex) || addressed.has(server)) continue;
    for (const address of addresses) {
      const family = isIPv4(address)
        ? ({ type: TYPE.A, kind: 'A' } as const)
        : ({ type: TYPE.AAAA, kind: 'AAAA' } as const);
      records.push({
        name: data.target,
        type: family.type,
        class: CLASS_IN,
        ttlSeconds: NS_TTL_SECONDS,
        data: { kind: family.kind, address },
      });
    }
  }
  return { ...file, records };
}
