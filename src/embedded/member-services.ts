// What etcd says about itself: the Maintenance and Cluster services for a cluster of one member, and the Auth service,
// which is there to say that authentication is off.

import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Identity } from './answer.ts';
import { unary } from './answer.ts';
import { wireHeader } from './protocol.ts';
import { AUTH_NOT_ENABLED } from './refusals.ts';
import type { Store } from './store.ts';

/** The etcd whose behaviour is followed. Clients choose what they send by this. */
const ETCD_VERSION = '3.4.23';

export function maintenanceService(store: Store, identity: Identity): UntypedServiceImplementation {
  return {
    Status: unary(identity, () => ({
      header: wireHeader(store.revision),
      version: ETCD_VERSION,
      dbSize: String(store.sizeBytes),
      dbSizeInUse: String(store.sizeBytes),
      leader: identity.member_id,
      // There is no log. The revision is what grows as a log's index does.
      raftIndex: String(store.revision),
      raftAppliedIndex: String(store.revision),
      raftTerm: identity.raft_term,
    })),
    // `etcdctl endpoint health` of etcd 3.5 and later asks for the alarms; there are never any.
    Alarm: unary(identity, () => ({ header: wireHeader(store.revision), alarms: [] })),
  };
}

/** @param endpoint the URL that clients reach the store at */
export function clusterService(store: Store, identity: Identity, endpoint: string): UntypedServiceImplementation {
  const member = { ID: identity.member_id, name: 'embedded', peerURLs: [], clientURLs: [endpoint] };
  return {
    MemberList: unary(identity, () => ({ header: wireHeader(store.revision), members: [member] })),
  };
}

export function authService(identity: Identity): UntypedServiceImplementation {
  return { Authenticate: unary(identity, () => AUTH_NOT_ENABLED) };
}
