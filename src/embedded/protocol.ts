// etcd's v3 messages as they arrive and leave, and the services they belong to, loaded from the .proto files of the
// etcd3 package. int64 fields are decimal strings, bytes are Buffers, enums are their numbers: the names in that
// package's files differ from etcd's own, the numbers do not. Fields of newer clients are ignored.

import { createRequire } from 'node:module';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { load } from '@grpc/proto-loader';
import type { KeyRange, KeyValue, Octets } from './store.ts';

type Int64 = string;

/** The revision is all that etcd sets in the headers inside a transaction; the server adds the rest to outer ones. */
export interface ResponseHeader {
  readonly revision: Int64;
}

export interface WireKeyValue {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly create_revision: Int64;
  readonly mod_revision: Int64;
  readonly version: Int64;
  readonly lease: Int64;
}

export interface RangeRequest {
  readonly key: Buffer;
  readonly range_end: Buffer;
  readonly limit: Int64;
  readonly revision: Int64;
  /** 0 none, 1 ascending, 2 descending. */
  readonly sort_order: number;
  /** 0 key, 1 version, 2 create revision, 3 mod revision, 4 value. */
  readonly sort_target: number;
  readonly keys_only: boolean;
  readonly count_only: boolean;
  readonly min_mod_revision: Int64;
  readonly max_mod_revision: Int64;
  readonly min_create_revision: Int64;
  readonly max_create_revision: Int64;
}

export interface RangeResponse {
  readonly header: ResponseHeader;
  readonly kvs: readonly WireKeyValue[];
  readonly more: boolean;
  readonly count: Int64;
}

export interface PutRequest {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly lease: Int64;
  readonly prev_kv: boolean;
  readonly ignore_value: boolean;
  readonly ignore_lease: boolean;
}

export interface PutResponse {
  readonly header: ResponseHeader;
  readonly prev_kv: WireKeyValue | null;
}

export interface DeleteRangeRequest {
  readonly key: Buffer;
  readonly range_end: Buffer;
  readonly prev_kv: boolean;
}

export interface DeleteRangeResponse {
  readonly header: ResponseHeader;
  readonly deleted: Int64;
  readonly prev_kvs: readonly WireKeyValue[];
}

/** One of the four is set; none when a newer client sent an operation that is not known here. */
export interface RequestOp {
  readonly request_range?: RangeRequest;
  readonly request_put?: PutRequest;
  readonly request_delete_range?: DeleteRangeRequest;
  readonly request_txn?: TxnRequest;
}

export type ResponseOp =
  | { readonly response_range: RangeResponse }
  | { readonly response_put: PutResponse }
  | { readonly response_delete_range: DeleteRangeResponse }
  | { readonly response_txn: TxnResponse };

export interface Compare {
  /** 0 equal, 1 greater, 2 less, 3 not equal. */
  readonly result: number;
  /** 0 version, 1 create revision, 2 mod revision, 3 value, 4 lease: which of the fields below counts. */
  readonly target: number;
  readonly key: Buffer;
  readonly range_end: Buffer;
  readonly version?: Int64;
  readonly create_revision?: Int64;
  readonly mod_revision?: Int64;
  readonly value?: Buffer;
  readonly lease?: Int64;
}

export interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly success: readonly RequestOp[];
  readonly failure: readonly RequestOp[];
}

export interface TxnResponse {
  readonly header: ResponseHeader;
  readonly succeeded: boolean;
  readonly responses: readonly ResponseOp[];
}

export interface CompactionRequest {
  readonly revision: Int64;
}

export interface WatchRequest {
  readonly create_request?: WatchCreateRequest;
  readonly cancel_request?: { readonly watch_id: Int64 };
  readonly progress_request?: object;
}

export interface WatchCreateRequest {
  readonly key: Buffer;
  readonly range_end: Buffer;
  readonly start_revision: Int64;
  readonly progress_notify: boolean;
  /** 0 no puts, 1 no deletes. */
  readonly filters: readonly number[];
  readonly prev_kv: boolean;
  readonly watch_id: Int64;
  readonly fragment: boolean;
}

export interface WireEvent {
  /** 0 put, 1 delete. */
  readonly type: number;
  readonly kv: WireKeyValue;
  readonly prev_kv: WireKeyValue | null;
}

/** Absent fields are sent as their zero. */
export interface WatchResponse {
  readonly header: ResponseHeader;
  readonly watch_id: Int64;
  readonly created?: boolean;
  readonly canceled?: boolean;
  readonly compact_revision?: Int64;
  readonly cancel_reason?: string;
  readonly fragment?: boolean;
  readonly events?: readonly WireEvent[];
}

export interface LeaseGrantRequest {
  readonly TTL: Int64;
  readonly ID: Int64;
}

/** Of the requests that name a lease and nothing else. */
export interface LeaseRequest {
  readonly ID: Int64;
}

export interface LeaseTimeToLiveRequest extends LeaseRequest {
  readonly keys: boolean;
}

/** The services that the embedded store serves, by their short names. */
export async function loadServices() {
  const proto = createRequire(import.meta.url).resolve('etcd3/proto/rpc.proto');
  const definitions = await load(proto, { keepCase: true, longs: String, defaults: true, oneofs: true });
  const service = (name: string) => definitions[`etcdserverpb.${name}`] as ServiceDefinition;
  return {
    kv: service('KV'),
    watch: service('Watch'),
    lease: service('Lease'),
    maintenance: service('Maintenance'),
    cluster: service('Cluster'),
    auth: service('Auth'),
  };
}

export function octetsOf(bytes: Buffer): Octets {
  return bytes.toString('latin1');
}

export function bytesOf(octets: Octets): Buffer {
  return Buffer.from(octets, 'latin1');
}

/** The keys that `key` and `range_end` mean: one key without an end, all from `key` on when the end is one zero octet. */
export function keyRange(key: Buffer, rangeEnd: Buffer): KeyRange {
  const from = octetsOf(key);
  if (rangeEnd.length === 0) return singleKey(from);
  const to = octetsOf(rangeEnd);
  return { from, to: to === '\0' ? undefined : to };
}

/** The range of this key alone: nothing sorts between a key and the same key with a zero octet behind it. */
export function singleKey(key: Octets): KeyRange {
  return { from: key, to: `${key}\0` };
}

export function wireHeader(revision: bigint): ResponseHeader {
  return { revision: String(revision) };
}

export function wireKeyValue(kv: KeyValue): WireKeyValue {
  return {
    key: bytesOf(kv.key),
    value: bytesOf(kv.value),
    create_revision: String(kv.createRevision),
    mod_revision: String(kv.modRevision),
    version: String(kv.version),
    lease: String(kv.leaseId),
  };
}
