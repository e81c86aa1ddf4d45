// Takes a batch of changes into the registry and the zones, and tells of what cannot be served.

import type { Log } from '../ops/log.ts';
import type { ChangeBatch } from '../registry/change.ts';
import type { Registry } from '../registry/registry.ts';
import { formatName } from '../wire/name.ts';
import type { Authority } from '../zone/authority.ts';
import { aliasConflicts } from '../zone/lookup.ts';
import { logAliasConflict } from './log-zone-conflicts.ts';

/** Changes of a list in one turn of the event loop: at 10 to 25 µs each, queries wait at most some 10 ms. */
const SLICE_CHANGES = 500;

/**
 * Applies a batch. What one watch response holds becomes visible together; a list is taken in slices, since each of its
 * changes stands for itself.
 */
export function* applyBatch(batch: ChangeBatch, registry: Registry, authority: Authority, log: Log): Iterable<void> {
  const sliceChanges = batch.source === 'list' ? SLICE_CHANGES : Math.max(batch.changes.length, 1);
  for (let at = 0; at < batch.changes.length; at += sliceChanges) {
    if (at > 0) yield;
    const applied = registry.apply({ ...batch, changes: batch.changes.slice(at, at + sliceChanges) });
    authority.changed(applied.apexes, batch.revision);
    for (const rejection of applied.rejections) log.rejectedKey(rejection);
    for (const name of aliasConflicts(authority, applied.names)) logAliasConflict(log, formatName(name));
  }
  // Before the first list nothing was known of any zone, so it changes all of them, the empty ones too.
  if (authority.knowledge === 'none') authority.changed(authority.zones.keys(), batch.revision);
}
