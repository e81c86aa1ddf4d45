// What a command says when etcd cannot be read.

import type { FaultReason } from '../etcd/fault.ts';
import type { FollowEvent } from '../etcd/follow-event.ts';

/** What happened to a session with etcd, and what to do about it. */
export function describeFault({ endpoint, reason, detail }: Extract<FollowEvent, { kind: 'session-ended' }>): string {
  return `cannot read etcd at ${endpoint} (${reason}: ${detail}); ${adviceFor(reason)}`;
}

function adviceFor(reason: FaultReason): string {
  if (reason === 'authentication') return 'check --etcd-user and --etcd-password-file';
  if (reason === 'permission') return 'let the user of --etcd-user read the prefixes of --map';
  return 'check that etcd runs there, or name its endpoints with --etcd';
}
