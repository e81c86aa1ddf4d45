// etcd's Lease service, and the end of the leases that nobody keeps alive.

import type { ServerDuplexStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Identity } from './answer.ts';
import { unary, withIdentity } from './answer.ts';
import type { Leases } from './leases.ts';
import type { LeaseGrantRequest, LeaseRequest, LeaseTimeToLiveRequest, ResponseHeader } from './protocol.ts';
import { bytesOf, singleKey, wireHeader } from './protocol.ts';
import type { Refusal } from './refusals.ts';
import { isRefusal } from './refusals.ts';
import type { Store } from './store.ts';

interface LeaseKeepAliveResponse {
  readonly header: ResponseHeader;
  readonly ID: string;
  readonly TTL: string;
}

export function leaseService(store: Store, leases: Leases, identity: Identity): UntypedServiceImplementation {
  return {
    LeaseGrant: unary(identity, (request: LeaseGrantRequest) => {
      const lease = leases.grant(BigInt(request.ID), BigInt(request.TTL));
      if (isRefusal(lease)) return lease;
      return { header: wireHeader(store.revision), ID: String(lease.id), TTL: String(lease.grantedTtlSeconds) };
    }),
    LeaseRevoke: unary(
      identity,
      ({ ID }: LeaseRequest) => revoke(store, leases, BigInt(ID)) ?? { header: wireHeader(store.revision) },
    ),
    LeaseKeepAlive: (call: ServerDuplexStream<LeaseRequest, LeaseKeepAliveResponse>) => {
      call.on('data', ({ ID }: LeaseRequest) => {
        const TTL = String(leases.renew(BigInt(ID)));
        const response = { header: wireHeader(store.revision), ID, TTL };
        // A client that does not read its answers is not read from either.
        if (!call.write(withIdentity(response, identity))) call.pause();
      });
      call.on('drain', () => call.resume());
      call.on('end', () => call.end());
    },
    LeaseTimeToLive: unary(identity, ({ ID, keys }: LeaseTimeToLiveRequest) => {
      const header = wireHeader(store.revision);
      const lease = leases.find(BigInt(ID));
      if (lease === undefined) return { header, ID, TTL: '-1', grantedTTL: '0', keys: [] };
      return {
        header,
        ID,
        TTL: String(lease.ttlSeconds),
        grantedTTL: String(lease.grantedTtlSeconds),
        keys: keys ? lease.keys.map(bytesOf) : [],
      };
    }),
    LeaseLeases: unary(identity, () => ({
      header: wireHeader(store.revision),
      leases: leases.ids().map((id) => ({ ID: String(id) })),
    })),
  };
}

/** Revokes the leases whose time is over. */
export function revokeEnded(store: Store, leases: Leases): void {
  for (const id of leases.ended()) revoke(store, leases, id);
}

/** Ends a lease and deletes its keys, all in one revision. */
function revoke(store: Store, leases: Leases, id: bigint): Refusal | undefined {
  const keys = leases.revoke(id);
  if (isRefusal(keys)) return keys;
  store.transact((transaction) => {
    for (const key of keys) transaction.delete(singleKey(key));
  });
  return undefined;
}
