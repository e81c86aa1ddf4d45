// What the follower of etcd tells, as lines of the log.

import type { FollowEvent } from '../etcd/follow-event.ts';
import type { Log } from '../ops/log.ts';

/** Writes one line for one event. */
export function logFollowEvent(log: Log, event: FollowEvent): void {
  const { kind, ...fields } = event;
  switch (event.kind) {
    case 'listed':
      log.info(kind, 'read all registrations', { ...fields, elapsedMs: Math.round(event.elapsedMs) });
      return;
    case 'watching':
      log.debug(kind, 'following changes', fields);
      return;
    case 'store-changed':
      log.warn(kind, 'etcd is another cluster, or was restored: all registrations are read again', fields);
      return;
    case 'probe-failed':
      log.debug(kind, 'etcd did not answer a probe', fields);
      return;
    case 'audit-failed':
      log.warn(kind, 'the registrations could not be compared with etcd', fields);
      return;
    case 'audit-difference':
      log.error(kind, 'the registrations differ from etcd: all are read again', fields);
      return;
    case 'session-ended':
      // An etcd that is away for a day fails some 100 000 times: the first, second, fourth, eighth… are told.
      log[Number.isInteger(Math.log2(event.failures)) ? 'warn' : 'debug'](kind, 'lost etcd, trying again', {
        ...fields,
        retryMs: Math.round(event.retryMs),
      });
      return;
  }
}
