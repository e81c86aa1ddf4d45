// How a call is answered: with a response that says in its header who answers, or with etcd's status for a refusal.

import type { handleUnaryCall } from '@grpc/grpc-js';
import type { ResponseHeader } from './protocol.ts';
import type { Refusal } from './refusals.ts';
import { isRefusal } from './refusals.ts';

/** The ids in every header: those of the one-member cluster that an embedded store is. */
export interface Identity {
  readonly cluster_id: string;
  readonly member_id: string;
  readonly raft_term: string;
}

interface Response {
  readonly header: ResponseHeader;
}

/** Adds the ids to the header of a response. */
export function withIdentity<R extends Response>(response: R, identity: Identity): R {
  return { ...response, header: { ...response.header, ...identity } };
}

/** The handler of a method with one request and one response. A request may arrive as the refusal it deserves. */
export function unary<Request extends object, R extends Response>(
  identity: Identity,
  handle: (request: Request) => R | Refusal,
): handleUnaryCall<Request | Refusal, R> {
  return ({ request }, answer) => {
    const result = isRefusal(request) ? request : handle(request);
    if (isRefusal(result)) answer({ code: result.code, details: result.details });
    else answer(null, withIdentity(result, identity));
  };
}
