// Why the embedded store refuses a request: etcd's own gRPC codes and messages, letter by letter, because clients
// tell the reasons apart by them (etcd: api/v3rpc/rpctypes/error.go).

import { status } from '@grpc/grpc-js';

/** The status that a refused request is answered with. */
export interface Refusal {
  readonly kind: 'refusal';
  readonly code: status;
  readonly details: string;
}

export const EMPTY_KEY = refusal(status.INVALID_ARGUMENT, 'etcdserver: key is not provided');
export const KEY_NOT_FOUND = refusal(status.INVALID_ARGUMENT, 'etcdserver: key not found');
export const VALUE_PROVIDED = refusal(status.INVALID_ARGUMENT, 'etcdserver: value is provided');
export const LEASE_PROVIDED = refusal(status.INVALID_ARGUMENT, 'etcdserver: lease is provided');
export const TOO_MANY_OPERATIONS = refusal(status.INVALID_ARGUMENT, 'etcdserver: too many operations in txn request');
export const DUPLICATE_KEY = refusal(status.INVALID_ARGUMENT, 'etcdserver: duplicate key given in txn request');
export const REQUEST_TOO_LARGE = refusal(status.INVALID_ARGUMENT, 'etcdserver: request is too large');
export const COMPACTED = refusal(status.OUT_OF_RANGE, 'etcdserver: mvcc: required revision has been compacted');
export const FUTURE_REVISION = refusal(status.OUT_OF_RANGE, 'etcdserver: mvcc: required revision is a future revision');
export const NO_SPACE = refusal(status.RESOURCE_EXHAUSTED, 'etcdserver: mvcc: database space exceeded');
export const LEASE_NOT_FOUND = refusal(status.NOT_FOUND, 'etcdserver: requested lease not found');
export const LEASE_EXISTS = refusal(status.FAILED_PRECONDITION, 'etcdserver: lease already exists');
export const LEASE_TTL_TOO_LARGE = refusal(status.OUT_OF_RANGE, 'etcdserver: too large lease TTL');
export const TOO_MANY_REQUESTS = refusal(status.RESOURCE_EXHAUSTED, 'etcdserver: too many requests');
export const AUTH_NOT_ENABLED = refusal(status.FAILED_PRECONDITION, 'etcdserver: authentication is not enabled');

export function isRefusal(value: object): value is Refusal {
  return 'kind' in value && value.kind === 'refusal';
}

function refusal(code: status, details: string): Refusal {
  return { kind: 'refusal', code, details };
}
