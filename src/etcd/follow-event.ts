// What the follower tells about its work: events for the log, integers for the metrics.

import type { FaultReason } from './fault.ts';

/** `syncing`: etcd's keys are not known yet. `live`: known and watched. `stale`: known, but no longer confirmed. */
export type SyncState = 'syncing' | 'live' | 'stale';

export type FollowEvent =
  /** All keys were read. `changes` is how many of them the table did not have. */
  | {
      readonly kind: 'listed';
      readonly endpoint: string;
      readonly revision: bigint;
      readonly keys: number;
      readonly changes: number;
      readonly pages: number;
      readonly elapsedMs: number;
    }
  /** Every prefix is watched, from the revision after this one. */
  | { readonly kind: 'watching'; readonly endpoint: string; readonly revision: bigint }
  /** Another cluster, or an older state of ours, answers: everything is listed again. */
  | { readonly kind: 'store-changed'; readonly endpoint: string; readonly reason: FaultReason; readonly detail: string }
  | { readonly kind: 'probe-failed'; readonly endpoint: string; readonly reason: FaultReason; readonly detail: string }
  /** A comparison with etcd could not be made. One with a table that is to be resumed gives way to a list. */
  | { readonly kind: 'audit-failed'; readonly endpoint: string; readonly reason: FaultReason; readonly detail: string }
  | { readonly kind: 'audit-difference'; readonly endpoint: string; readonly detail: string }
  | {
      readonly kind: 'session-ended';
      readonly endpoint: string;
      readonly reason: FaultReason;
      readonly detail: string;
      /** Sessions that ended one after the other, this one included, since etcd was last well for a while. */
      readonly failures: number;
      /** Milliseconds until the next endpoint is tried. */
      readonly retryMs: number;
    };

export interface FollowCounters {
  lists: number;
  /** Watch streams on which every prefix was confirmed. */
  watches: number;
  sessionsEnded: Record<FaultReason, number>;
  probesFailed: number;
  audits: number;
  auditDifferences: number;
  /** Events of watches that changed the table. */
  eventsApplied: number;
}
