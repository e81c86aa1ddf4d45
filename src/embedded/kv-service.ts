// etcd's KV service.

import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Identity } from './answer.ts';
import { unary } from './answer.ts';
import type {
  CompactionRequest,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  ResponseHeader,
  TxnRequest,
} from './protocol.ts';
import { wireHeader } from './protocol.ts';
import { readRange, refuseRange } from './range.ts';
import type { Refusal } from './refusals.ts';
import { COMPACTED, FUTURE_REVISION, REQUEST_TOO_LARGE } from './refusals.ts';
import type { Store } from './store.ts';
import type { Tables } from './txn.ts';
import { deleteRange, put, txn } from './txn.ts';

/** etcd's default of --max-request-bytes. */
export const REQUEST_MAX_BYTES = 1.5 * 1024 * 1024;

const WRITING_METHODS = ['Put', 'DeleteRange', 'Txn'];

export function kvService(tables: Tables, identity: Identity): UntypedServiceImplementation {
  const { store } = tables;
  return {
    Range: unary(identity, (request: RangeRequest) => refuseRange(store, request) ?? readRange(store, request)),
    Put: unary(identity, (request: PutRequest) => put(tables, request)),
    DeleteRange: unary(identity, (request: DeleteRangeRequest) => deleteRange(tables, request)),
    Txn: unary(identity, (request: TxnRequest) => txn(tables, request)),
    Compact: unary(identity, (request: CompactionRequest) => compact(store, request)),
  };
}

/** The service with its writing methods bounded: a request that is too large is not even decoded. */
export function limitRequests(service: ServiceDefinition): ServiceDefinition {
  const limited = WRITING_METHODS.map((name) => {
    const method = service[name];
    if (method === undefined) throw new Error(`the protocol has no method ${name}`);
    const decode = method.requestDeserialize;
    return [
      name,
      {
        ...method,
        requestDeserialize: (bytes: Buffer): object =>
          bytes.length > REQUEST_MAX_BYTES ? REQUEST_TOO_LARGE : decode(bytes),
      },
    ] as const;
  });
  return { ...service, ...Object.fromEntries(limited) };
}

function compact(store: Store, request: CompactionRequest): { readonly header: ResponseHeader } | Refusal {
  const revision = BigInt(request.revision);
  if (revision <= store.compactedRevision) return COMPACTED;
  if (revision > store.revision) return FUTURE_REVISION;
  store.compact(revision);
  return { header: wireHeader(store.revision) };
}
