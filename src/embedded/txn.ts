// etcd's Put, DeleteRange and Txn. After the form of a request, the branches are chosen by the comparisons, all against
// the state before the first write; then the chosen operations are checked against that state. Only then is anything
// written, so a refused request changes nothing.

import { holds } from './compare.ts';
import type {
  DeleteRangeRequest,
  DeleteRangeResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RequestOp,
  ResponseOp,
  TxnRequest,
  TxnResponse,
} from './protocol.ts';
import { keyRange, octetsOf, wireHeader, wireKeyValue } from './protocol.ts';
import { readRange, refuseRange } from './range.ts';
import type { Refusal } from './refusals.ts';
import { EMPTY_KEY, KEY_NOT_FOUND, LEASE_NOT_FOUND, NO_SPACE } from './refusals.ts';
import type { Store, Transaction } from './store.ts';
import { refusePutForm, refuseTxnForm } from './txn-form.ts';

/** Bytes of keys, values and history above which puts are refused: well inside the default heap of Node. */
export const SPACE_QUOTA_BYTES = 512 * 1024 * 1024;

/** What a write needs to know. */
export interface Tables {
  readonly store: Store;
  readonly leases: { has(leaseId: bigint): boolean };
}

/** An operation of the chosen branches. */
type Step =
  | { readonly kind: 'range'; readonly request: RangeRequest }
  | { readonly kind: 'put'; readonly request: PutRequest }
  | { readonly kind: 'delete'; readonly request: DeleteRangeRequest }
  | { readonly kind: 'txn'; readonly plan: Plan };

/** A transaction with its branch chosen. */
interface Plan {
  readonly succeeded: boolean;
  readonly steps: readonly Step[];
}

export function put(tables: Tables, request: PutRequest): PutResponse | Refusal {
  const refusal = refusePutForm(request) ?? refusePut(tables, request);
  return refusal ?? tables.store.transact((transaction) => applyPut(transaction, request));
}

export function deleteRange({ store }: Tables, request: DeleteRangeRequest): DeleteRangeResponse | Refusal {
  if (request.key.length === 0) return EMPTY_KEY;
  return store.transact((transaction) => applyDelete(transaction, request));
}

export function txn(tables: Tables, request: TxnRequest): TxnResponse | Refusal {
  const refusal = refuseTxnForm(request);
  if (refusal !== undefined) return refusal;
  const plan = choose(tables.store, request);
  return refusePlan(tables, plan) ?? tables.store.transact((transaction) => applyPlan(transaction, plan));
}

function choose(store: Store, request: TxnRequest): Plan {
  const succeeded = request.compare.every((compare) => holds(store, compare));
  const operations = succeeded ? request.success : request.failure;
  return { succeeded, steps: operations.flatMap((operation) => stepOf(store, operation)) };
}

function stepOf(store: Store, operation: RequestOp): Step[] {
  if (operation.request_range !== undefined) return [{ kind: 'range', request: operation.request_range }];
  if (operation.request_put !== undefined) return [{ kind: 'put', request: operation.request_put }];
  if (operation.request_delete_range !== undefined) {
    return [{ kind: 'delete', request: operation.request_delete_range }];
  }
  if (operation.request_txn !== undefined) return [{ kind: 'txn', plan: choose(store, operation.request_txn) }];
  return [];
}

function refusePlan(tables: Tables, plan: Plan): Refusal | undefined {
  for (const step of plan.steps) {
    const refusal = refuseStep(tables, step);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function refuseStep(tables: Tables, step: Step): Refusal | undefined {
  switch (step.kind) {
    case 'range':
      return refuseRange(tables.store, step.request);
    case 'put':
      return refusePut(tables, step.request);
    case 'delete':
      return undefined;
    case 'txn':
      return refusePlan(tables, step.plan);
  }
}

function refusePut({ store, leases }: Tables, request: PutRequest): Refusal | undefined {
  if (store.sizeBytes > SPACE_QUOTA_BYTES) return NO_SPACE;
  if ((request.ignore_value || request.ignore_lease) && store.get(octetsOf(request.key)) === undefined) {
    return KEY_NOT_FOUND;
  }
  return request.lease !== '0' && !leases.has(BigInt(request.lease)) ? LEASE_NOT_FOUND : undefined;
}

function applyPlan(transaction: Transaction, plan: Plan): TxnResponse {
  const responses = plan.steps.map((step) => applyStep(transaction, step));
  return { header: wireHeader(transaction.revision), succeeded: plan.succeeded, responses };
}

function applyStep(transaction: Transaction, step: Step): ResponseOp {
  switch (step.kind) {
    case 'range':
      return { response_range: readRange(transaction, step.request) };
    case 'put':
      return { response_put: applyPut(transaction, step.request) };
    case 'delete':
      return { response_delete_range: applyDelete(transaction, step.request) };
    case 'txn':
      // etcd leaves the header of an inner one at zero.
      return { response_txn: { ...applyPlan(transaction, step.plan), header: wireHeader(0n) } };
  }
}

function applyPut(transaction: Transaction, request: PutRequest): PutResponse {
  const key = octetsOf(request.key);
  const previous = transaction.get(key);
  const value = request.ignore_value ? (previous?.value ?? '') : octetsOf(request.value);
  const leaseId = request.ignore_lease ? (previous?.leaseId ?? 0n) : BigInt(request.lease);
  transaction.put(key, value, leaseId);
  return {
    header: wireHeader(transaction.revision),
    prev_kv: request.prev_kv && previous !== undefined ? wireKeyValue(previous) : null,
  };
}

function applyDelete(transaction: Transaction, request: DeleteRangeRequest): DeleteRangeResponse {
  const deleted = transaction.delete(keyRange(request.key, request.range_end));
  return {
    header: wireHeader(transaction.revision),
    deleted: String(deleted.length),
    prev_kvs: request.prev_kv ? deleted.map(wireKeyValue) : [],
  };
}
