// What can go wrong between us and etcd, as a value: a closed set of reasons that metrics can count, and a detail for a
// person. Everything here that talks to etcd returns a `Fault` instead of throwing.

import { status } from '@grpc/grpc-js';

/** The strings are the `reason` label of the metrics. */
export const FAULT_REASONS = [
  /** No connection, or it broke. */
  'unreachable',
  /** Connected, but silent past a deadline. */
  'timeout',
  /** The member sees no leader. */
  'no-leader',
  /** Wrong user or password, or a token that etcd refuses. */
  'authentication',
  /** The user may not read a prefix. */
  'permission',
  /** The revision that was asked for is no longer kept. */
  'compacted',
  /** etcd ended a watch, for another reason than compaction. */
  'canceled',
  /** A message above our limit. */
  'too-large',
  /** The store's revision fell: it was restored from a backup. */
  'revision-fell',
  /** Another cluster answers at the address. */
  'other-cluster',
  /** The table is not what etcd holds. */
  'audit',
  /** An answer that no etcd gives. */
  'protocol',
  /** Any other error of etcd. */
  'refused',
  /** We were told to stop. */
  'closed',
] as const;

export type FaultReason = (typeof FAULT_REASONS)[number];

export interface Fault {
  readonly kind: 'fault';
  readonly reason: FaultReason;
  readonly detail: string;
}

export function fault(reason: FaultReason, detail: string): Fault {
  return { kind: 'fault', reason, detail };
}

/** The fault that a rejected call or a broken stream stands for. */
export function faultOf(error: unknown): Fault {
  if (!isStatus(error)) return fault('refused', String(error));
  // grpc-js ends some texts with the heading of a note that it does not have.
  return fault(reasonOf(error), error.details.replace(/\.? *Resolution note: *$/, ''));
}

/** What grpc-js puts into every error of a call. */
interface CallStatus {
  readonly code: number;
  readonly details: string;
}

function isStatus(error: unknown): error is CallStatus {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    'details' in error &&
    typeof error.details === 'string'
  );
}

/** An expired token, one of before a restart, and one of before a change of users or roles. */
const TOKEN_REFUSED = /invalid auth token|revision of auth store is old/;

/** A wrong user or password; none, where etcd wants one. */
const LOGIN_REFUSED = /authentication failed|user name is empty/;

/** Whether a call failed only for its token: with a fresh one it may succeed. */
export function isRefusedToken(error: unknown): boolean {
  return isStatus(error) && TOKEN_REFUSED.test(error.details);
}

function reasonOf({ code, details }: CallStatus): FaultReason {
  // etcd has one gRPC code for several conditions, so its texts decide first; its own clients match on them too.
  if (details.includes('no leader')) return 'no-leader';
  if (details.includes('has been compacted')) return 'compacted';
  if (LOGIN_REFUSED.test(details) || TOKEN_REFUSED.test(details)) return 'authentication';
  switch (code) {
    case status.UNAVAILABLE:
    case status.CANCELLED:
      return 'unreachable';
    case status.DEADLINE_EXCEEDED:
      return 'timeout';
    case status.PERMISSION_DENIED:
      return 'permission';
    case status.UNAUTHENTICATED:
      return 'authentication';
    case status.RESOURCE_EXHAUSTED:
      return 'too-large';
    default:
      return 'refused';
  }
}
