// etcd's Range: which keys of a range, at which revision, in which order, and how many of them.

import type { RangeRequest, RangeResponse } from './protocol.ts';
import { keyRange, wireHeader, wireKeyValue } from './protocol.ts';
import type { Refusal } from './refusals.ts';
import { COMPACTED, EMPTY_KEY, FUTURE_REVISION } from './refusals.ts';
import type { KeyRange, KeyValue, Store } from './store.ts';

/** What a range is read from: the store, or a transaction that sees its own writes. */
interface View {
  readonly revision: bigint;
  visit(keys: KeyRange, revision: bigint, visitor: (kv: KeyValue) => void): void;
}

/** Why a range cannot be read; undefined when it can. */
export function refuseRange(store: Store, request: RangeRequest): Refusal | undefined {
  if (request.key.length === 0) return EMPTY_KEY;
  const revision = BigInt(request.revision);
  if (revision > store.revision) return FUTURE_REVISION;
  if (revision > 0n && revision < store.compactedRevision) return COMPACTED;
  return undefined;
}

/** Reads a range that `refuseRange` had nothing against. */
export function readRange(view: View, request: RangeRequest): RangeResponse {
  const revision = BigInt(request.revision);
  const accepts = revisionFilter(request);
  const limit = Number(request.limit);
  // Without an order the first keys are enough, and one more that shows whether there are others. That holds for a
  // sort target without an order too: etcd then sorts only what the limit left.
  const enough = limit > 0 && request.sort_order === 0 && accepts === undefined ? limit + 1 : Number.POSITIVE_INFINITY;
  let kvs: KeyValue[] = [];
  let count = 0;
  view.visit(keyRange(request.key, request.range_end), revision > 0n ? revision : view.revision, (kv) => {
    count += 1;
    if (!request.count_only && kvs.length < enough && accepts?.(kv) !== false) kvs.push(kv);
  });
  const order = comparison(request);
  if (order !== undefined) kvs.sort(order);
  const more = limit > 0 && kvs.length > limit;
  if (more) kvs = kvs.slice(0, limit);
  return {
    header: wireHeader(view.revision),
    kvs: kvs.map((kv) => wireKeyValue(request.keys_only ? { ...kv, value: '' } : kv)),
    more,
    // Of the whole range, whatever the limit and the bounds on revisions leave out.
    count: String(count),
  };
}

/** The test that the bounds on revisions ask for, 0 being no bound; undefined when there are none. */
function revisionFilter(request: RangeRequest): ((kv: KeyValue) => boolean) | undefined {
  const minMod = BigInt(request.min_mod_revision);
  const maxMod = BigInt(request.max_mod_revision);
  const minCreate = BigInt(request.min_create_revision);
  const maxCreate = BigInt(request.max_create_revision);
  if (minMod === 0n && maxMod === 0n && minCreate === 0n && maxCreate === 0n) return undefined;
  return (kv) =>
    kv.modRevision >= minMod &&
    (maxMod === 0n || kv.modRevision <= maxMod) &&
    kv.createRevision >= minCreate &&
    (maxCreate === 0n || kv.createRevision <= maxCreate);
}

const SORT_KEYS = ['key', 'version', 'createRevision', 'modRevision', 'value'] as const;

const DESCENDING = 2;

/** How to sort what was read in key order; undefined when that is the order asked for. */
function comparison(request: RangeRequest): ((a: KeyValue, b: KeyValue) => number) | undefined {
  const field = SORT_KEYS[request.sort_target] ?? 'key';
  const sign = request.sort_order === DESCENDING ? -1 : 1;
  if (field === 'key' && sign === 1) return undefined;
  return (a, b) => (a[field] < b[field] ? -sign : a[field] > b[field] ? sign : 0);
}
