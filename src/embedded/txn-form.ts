// What is wrong with a Put or Txn request itself, whatever the store holds: fields that contradict each other, too many
// operations, a key that one transaction would write twice.

import type { PutRequest, RequestOp, TxnRequest } from './protocol.ts';
import { keyRange, octetsOf } from './protocol.ts';
import type { Refusal } from './refusals.ts';
import {
  DUPLICATE_KEY,
  EMPTY_KEY,
  isRefusal,
  KEY_NOT_FOUND,
  LEASE_PROVIDED,
  TOO_MANY_OPERATIONS,
  VALUE_PROVIDED,
} from './refusals.ts';
import type { KeyRange, Octets } from './store.ts';
import { covers } from './store.ts';

/** etcd's default of --max-txn-ops: operations of one list, and what nesting may add up to. */
const TXN_MAX_OPERATIONS = 128;

/** Operations of all lists together. Eight full lists; the keys of all are compared with one another. */
const TXN_MAX_OPERATIONS_NESTED = 1024;

/** Transactions inside one another. etcd stops at its operations; the codec stops before, only after the writes. */
const TXN_MAX_DEPTH = 32;

/** Why a put contradicts itself; undefined when it does not. */
export function refusePutForm(request: PutRequest): Refusal | undefined {
  if (request.key.length === 0) return EMPTY_KEY;
  if (request.ignore_value && request.value.length > 0) return VALUE_PROVIDED;
  if (request.ignore_lease && request.lease !== '0') return LEASE_PROVIDED;
  return undefined;
}

/** Why a transaction cannot be taken whatever the store holds; undefined when it can. */
export function refuseTxnForm(request: TxnRequest): Refusal | undefined {
  const refusal = refuseLists(request, TXN_MAX_OPERATIONS, TXN_MAX_DEPTH);
  if (refusal !== undefined) return refusal;
  if (countOperations(request) > TXN_MAX_OPERATIONS_NESTED) return TOO_MANY_OPERATIONS;
  const writes = writesOf(request);
  return isRefusal(writes) ? writes : undefined;
}

function countOperations(request: TxnRequest): number {
  let count = 0;
  for (const { request_txn: inner } of [...request.success, ...request.failure]) {
    count += 1 + (inner === undefined ? 0 : countOperations(inner));
  }
  return count;
}

/** @param budget operations that one list may have at this depth; what a list uses is not left for those inside it */
function refuseLists(request: TxnRequest, budget: number, depth: number): Refusal | undefined {
  const operations = Math.max(request.compare.length, request.success.length, request.failure.length);
  if (operations > budget || depth === 0) return TOO_MANY_OPERATIONS;
  if (request.compare.some((compare) => compare.key.length === 0)) return EMPTY_KEY;
  for (const operation of [...request.success, ...request.failure]) {
    const refusal = refuseOperation(operation, budget - operations, depth - 1);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function refuseOperation(operation: RequestOp, budget: number, depth: number): Refusal | undefined {
  if (operation.request_range !== undefined) return operation.request_range.key.length === 0 ? EMPTY_KEY : undefined;
  if (operation.request_put !== undefined) return refusePutForm(operation.request_put);
  if (operation.request_delete_range !== undefined) {
    return operation.request_delete_range.key.length === 0 ? EMPTY_KEY : undefined;
  }
  if (operation.request_txn !== undefined) return refuseLists(operation.request_txn, budget, depth);
  return KEY_NOT_FOUND;
}

/** The keys that a request may put and the ranges it may delete, both branches of inner ones included. */
interface Writes {
  readonly puts: ReadonlySet<Octets>;
  readonly deletes: readonly KeyRange[];
}

function writesOf(request: TxnRequest): Writes | Refusal {
  const success = writesOfList(request.success);
  if (isRefusal(success)) return success;
  const failure = writesOfList(request.failure);
  if (isRefusal(failure)) return failure;
  // Only one of the branches is taken: a key in both is written once.
  return {
    puts: new Set([...success.puts, ...failure.puts]),
    deletes: [...success.deletes, ...failure.deletes],
  };
}

/** A key may be put once, and not be put and deleted. As in etcd, what an inner request deletes binds only those after it. */
function writesOfList(operations: readonly RequestOp[]): Writes | Refusal {
  const puts = new Set<Octets>();
  const deletes: KeyRange[] = [];
  for (const { request_delete_range: request } of operations) {
    if (request !== undefined) deletes.push(keyRange(request.key, request.range_end));
  }
  const isTaken = (key: Octets) => puts.has(key) || deletes.some((keys) => covers(keys, key));
  for (const { request_txn: request } of operations) {
    if (request === undefined) continue;
    const inner = writesOf(request);
    if (isRefusal(inner)) return inner;
    for (const key of inner.puts) {
      if (isTaken(key)) return DUPLICATE_KEY;
    }
    for (const key of inner.puts) puts.add(key);
    deletes.push(...inner.deletes);
  }
  for (const { request_put: request } of operations) {
    if (request === undefined) continue;
    const key = octetsOf(request.key);
    if (isTaken(key)) return DUPLICATE_KEY;
    puts.add(key);
  }
  return { puts, deletes };
}
