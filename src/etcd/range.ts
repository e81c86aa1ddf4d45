// Reading from etcd: prefixes as they were at one revision, page by page or as a whole; and the cheapest read that only a
// member with a quorum can answer.

import type { IKeyValue, IRangeRequest, IRangeResponse, IResponseHeader } from 'etcd3';
import type { KeyOctets, KeyPut } from '../registry/change.ts';
import { type Connection, within } from './connection.ts';
import { type Fault, type FaultReason, fault, faultOf } from './fault.ts';
import type { KeyRange } from './key-range.ts';

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
const LIST_PAGE_KEYS = 5000;

/** Keys of a page over a link on which a full one takes too long: with values of 4 KiB, 1 MB. */
const SLOW_PAGE_KEYS = 250;

/** Milliseconds for a page: ten times what one takes on a busy machine. */
const READ_DEADLINE_MS = 3000;

/** Lists all keys of the ranges as they were at the revision of the first page. */
export async function listRanges(connection: Connection, ranges: readonly KeyRange[]): Promise<Listing | Fault> {
  const keys = ranges.map(() => new Map<KeyOctets, KeyPut>());
  let header: StoreHeader | undefined;
  let pages = 0;
  for await (const page of readPages(connection, ranges, { pageKeys: LIST_PAGE_KEYS })) {
    if (page.kind === 'fault') return page;
    header ??= page.header;
    pages += 1;
    for (const put of page.puts) keys[page.rangeIndex]?.set(put.key, put);
  }
  if (header === undefined) return fault('protocol', 'nothing to list');
  return { kind: 'listing', clusterId: header.clusterId, revision: header.revision, keys, pages };
}

/** Some keys of a range, in their order. */
export interface Page {
  readonly kind: 'page';
  readonly header: StoreHeader;
  /** Which of the ranges it belongs to. */
  readonly rangeIndex: number;
  /** How many keys the whole range has, also those that were not asked for. */
  readonly count: number;
  readonly puts: readonly KeyPut[];
}

export interface ReadOptions {
  /** Keys of a page; fewer, when one is too large or too slow. */
  readonly pageKeys: number;
  /** Leaves out what was written before this revision. etcd reads it all the same, for every page. */
  readonly writtenFrom?: bigint;
  /** The state to read; that of the first page when undefined. */
  readonly revision?: bigint | undefined;
}

/** Reads ranges page by page, one at least for each and all at one revision. A fault is the last that comes. */
export async function* readPages(
  connection: Connection,
  ranges: readonly KeyRange[],
  { pageKeys, writtenFrom = 0n, revision }: ReadOptions,
): AsyncGenerator<Page | Fault, void> {
  let at = revision;
  let clusterId: string | undefined;
  let limit = pageKeys;
  for (const [rangeIndex, { key, rangeEnd }] of ranges.entries()) {
    let count: number | undefined;
    let from: Buffer | undefined = key;
    while (from !== undefined) {
      const request: IRangeRequest = { key: from, range_end: rangeEnd, limit, min_mod_revision: String(writtenFrom) };
      if (at !== undefined) request.revision = String(at);
      const answer: Answer | Fault = await readRange(connection, request, READ_DEADLINE_MS);
      if (answer.kind === 'fault') {
        const smaller = smallerLimit(limit, answer.reason);
        if (smaller === undefined) {
          yield answer;
          return;
        }
        limit = smaller;
        continue;
      }
      const { header, response } = answer;
      // gRPC reconnects by itself, perhaps to another member or store.
      if (clusterId !== undefined && header.clusterId !== clusterId) {
        yield fault('other-cluster', 'the store changed between two pages');
        return;
      }
      clusterId = header.clusterId;
      at ??= header.revision;
      // etcd counts from the first key of a page on.
      count ??= Number(response.count);
      yield { kind: 'page', header, rangeIndex, count, puts: response.kvs.map(putOf) };
      from = response.more ? keyAfter(response.kvs) : undefined;
    }
  }
}

/** How many keys to ask for after a page that failed, if fewer may succeed. */
function smallerLimit(limit: number, reason: FaultReason): number | undefined {
  if (reason === 'too-large' && limit > 1) return Math.ceil(limit / 2);
  if (reason === 'timeout' && limit > SLOW_PAGE_KEYS) return SLOW_PAGE_KEYS;
  return undefined;
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
  const answer = await readRange(connection, { key, count_only: true }, deadlineMs);
  return answer.kind === 'fault' ? answer : answer.header;
}

interface Answer {
  readonly kind: 'answer';
  readonly header: StoreHeader;
  readonly response: IRangeResponse;
}

async function readRange(connection: Connection, request: IRangeRequest, deadlineMs: number): Promise<Answer | Fault> {
  let response: IRangeResponse;
  try {
    response = await connection.kv.range(request, within(deadlineMs));
  } catch (error) {
    return faultOf(error);
  }
  const header = headerOf(response);
  return header.kind === 'fault' ? header : { kind: 'answer', header, response };
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
