// Reading from etcd: a list of whole prefixes as they were at one revision, page by page; a summary of a prefix; and the
// cheapest read that only a member with a quorum can answer.

import type { IKeyValue, IRangeRequest, IRangeResponse, IResponseHeader } from 'etcd3';
import type { KeyOctets, KeyPut } from '../registry/change.ts';
import { type Connection, within } from './connection.ts';
import { type Fault, type FaultReason, fault, faultOf } from './fault.ts';
import type { KeyRange } from './key-range.ts';
import type { Digest } from './key-table.ts';

/** Which store answered, and how far it was. */
export interface StoreHeader {
  readonly kind: 'header';
  readonly clusterId: string;
  readonly revision: bigint;
}

/** All keys of some ranges at one revision. */
export interface Listing {
  readonly kind: 'listing';
  readonly clusterId: string;
  readonly revision: bigint;
  /** One map per range, in the order asked. A value is a view into its page: whoever keeps it should copy it. */
  readonly keys: readonly ReadonlyMap<KeyOctets, KeyPut>[];
  readonly pages: number;
}

/** Keys. etcd 3.4 walks all that follows for every page: 100 000 keys take 3.2 s in pages of 1000, 1.1 s in pages of 5000.
 *  Queries wait while a page is decoded, some 20 ms. */
const PAGE_KEYS = 5000;

/** Keys of a page over a link on which a full one takes too long: with values of 4 KiB, 1 MB. */
const SLOW_PAGE_KEYS = 250;

/** Milliseconds for a page, or a summary: ten times what one takes on a busy machine. */
const READ_DEADLINE_MS = 3000;

/** Lists all keys of the ranges as they were at the revision of the first page. */
export async function listRanges(connection: Connection, ranges: readonly KeyRange[]): Promise<Listing | Fault> {
  const keys: Map<KeyOctets, KeyPut>[] = [];
  let header: StoreHeader | undefined;
  let limit = PAGE_KEYS;
  let pages = 0;
  for (const { key, rangeEnd } of ranges) {
    const listed = new Map<KeyOctets, KeyPut>();
    keys.push(listed);
    let from: Buffer | undefined = key;
    while (from !== undefined) {
      const request: IRangeRequest = { key: from, range_end: rangeEnd, limit };
      if (header !== undefined) request.revision = String(header.revision);
      const page: Page | Fault = await readRange(connection, request, READ_DEADLINE_MS);
      if (page.kind === 'fault') {
        const smaller = smallerLimit(limit, page.reason);
        if (smaller === undefined) return page;
        limit = smaller;
        continue;
      }
      // gRPC reconnects by itself, perhaps to another member or store.
      if (header !== undefined && page.header.clusterId !== header.clusterId) {
        return fault('other-cluster', 'the store changed between two pages of a list');
      }
      header ??= page.header;
      pages += 1;
      for (const kv of page.response.kvs) {
        const put = putOf(kv);
        listed.set(put.key, put);
      }
      from = page.response.more ? keyAfter(page.response.kvs) : undefined;
    }
  }
  if (header === undefined) return fault('protocol', 'nothing to list');
  return { kind: 'listing', clusterId: header.clusterId, revision: header.revision, keys, pages };
}

/** How many keys to ask for after a page that failed, if fewer may succeed. */
function smallerLimit(limit: number, reason: FaultReason): number | undefined {
  if (reason === 'too-large' && limit > 1) return Math.ceil(limit / 2);
  if (reason === 'timeout' && limit > SLOW_PAGE_KEYS) return SLOW_PAGE_KEYS;
  return undefined;
}

/** Summarises a range at a revision, the current one when none is given. Of many written keys it has the newest. */
export async function digestRange(
  connection: Connection,
  { key, rangeEnd }: KeyRange,
  writtenAfter: bigint,
  revision: bigint | undefined,
): Promise<({ readonly kind: 'digest' } & Digest) | Fault> {
  const request: IRangeRequest = {
    key,
    range_end: rangeEnd,
    min_mod_revision: String(writtenAfter + 1n),
    keys_only: true,
    limit: PAGE_KEYS,
    sort_target: 'Mod',
    sort_order: 'Descend',
  };
  if (revision !== undefined) request.revision = String(revision);
  const page = await readRange(connection, request, READ_DEADLINE_MS);
  if (page.kind === 'fault') return page;
  const { count, kvs } = page.response;
  const written = new Map(kvs.map((kv) => [kv.key.toString('latin1'), BigInt(kv.mod_revision)]));
  return { kind: 'digest', count: Number(count), written };
}

/**
 * Asks whether the key at the start of the range exists: linearizable, so only a member in touch with a majority answers,
 * and only after it has applied everything that was committed when it was asked.
 */
export async function probe(
  connection: Connection,
  { key }: KeyRange,
  deadlineMs: number,
): Promise<StoreHeader | Fault> {
  const page = await readRange(connection, { key, count_only: true }, deadlineMs);
  return page.kind === 'fault' ? page : page.header;
}

interface Page {
  readonly kind: 'page';
  readonly header: StoreHeader;
  readonly response: IRangeResponse;
}

async function readRange(connection: Connection, request: IRangeRequest, deadlineMs: number): Promise<Page | Fault> {
  let response: IRangeResponse;
  try {
    response = await connection.kv.range(request, within(deadlineMs));
  } catch (error) {
    return faultOf(error);
  }
  const header = headerOf(response);
  return header.kind === 'fault' ? header : { kind: 'page', header, response };
}

/** The header of a response, which gRPC lets a server leave out. */
export function headerOf(response: { readonly header: IResponseHeader | null }): StoreHeader | Fault {
  if (response.header === null) return fault('protocol', 'a response without a header');
  return { kind: 'header', clusterId: response.header.cluster_id, revision: BigInt(response.header.revision) };
}

export function putOf(kv: IKeyValue): KeyPut {
  return {
    kind: 'put',
    key: kv.key.toString('latin1'),
    value: kv.value,
    modRevision: BigInt(kv.mod_revision),
    leaseId: kv.lease,
  };
}

/** The first key that can follow the last one of a page; undefined for an empty page, which ends any list. */
function keyAfter(kvs: readonly IKeyValue[]): Buffer | undefined {
  const last = kvs.at(-1);
  return last === undefined ? undefined : Buffer.concat([last.key, Buffer.from([0])]);
}
