// The comparisons of etcd's Txn.

import type { Compare } from './protocol.ts';
import { keyRange, octetsOf } from './protocol.ts';
import type { KeyValue, Store } from './store.ts';

/** What etcd compares for a key that does not exist; but its value is equal to nothing, not even to an empty one. */
const ABSENT = { version: 0n, createRevision: 0n, modRevision: 0n, leaseId: 0n, value: '' };

/** Whether a comparison is true for every key of its range. A target or result that etcd has not is never true. */
export function holds(store: Store, compare: Compare): boolean {
  const order = TARGETS[compare.target]?.(compare);
  const satisfies = RESULTS[compare.result];
  if (order === undefined || satisfies === undefined) return false;
  let found = false;
  let all = true;
  store.visit(keyRange(compare.key, compare.range_end), store.revision, (kv) => {
    found = true;
    all &&= satisfies(order(kv));
  });
  return found ? all : compare.target !== VALUE_TARGET && satisfies(order(ABSENT));
}

type Compared = Pick<KeyValue, 'version' | 'createRevision' | 'modRevision' | 'leaseId' | 'value'>;

/** How a key's compared field stands to the given one: below 0, 0, above 0. A field that is not given is zero or empty. */
type Order = (kv: Compared) => number;

const VALUE_TARGET = 3;

/** By the number of the target. */
const TARGETS: readonly ((compare: Compare) => Order)[] = [
  (compare) => integerOrder(compare.version, (kv) => kv.version),
  (compare) => integerOrder(compare.create_revision, (kv) => kv.createRevision),
  (compare) => integerOrder(compare.mod_revision, (kv) => kv.modRevision),
  (compare) => valueOrder(compare.value),
  (compare) => integerOrder(compare.lease, (kv) => kv.leaseId),
];

/** By the number of the result: equal, greater, less, not equal. */
const RESULTS: readonly ((order: number) => boolean)[] = [
  (order) => order === 0,
  (order) => order > 0,
  (order) => order < 0,
  (order) => order !== 0,
];

function integerOrder(given: string | undefined, field: (kv: Compared) => bigint): Order {
  const expected = BigInt(given ?? 0);
  return (kv) => Number(field(kv) > expected) - Number(field(kv) < expected);
}

function valueOrder(given: Buffer | undefined): Order {
  const expected = given === undefined ? '' : octetsOf(given);
  return (kv) => Number(kv.value > expected) - Number(kv.value < expected);
}
