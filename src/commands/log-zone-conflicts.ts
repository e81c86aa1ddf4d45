// What zone files take away from registrations, or from settings, as lines of the log: none of it is a mistake of a file
// alone, so no check of the file shows it.

import type { Log } from '../ops/log.ts';
import { formatName, isAtOrBelow } from '../wire/name.ts';
import type { Authority } from '../zone/authority.ts';
import { aliasConflicts } from '../zone/lookup.ts';

/** @param negativeTtlSeconds where somebody set it, and so expects it to count */
export function logZoneConflicts(log: Log, authority: Authority, negativeTtlSeconds: number | undefined): void {
  const zones = [...authority.zones.values()];
  for (const { fixed, isRegistered } of zones) {
    const zone = formatName(fixed.name);
    if (isRegistered) {
      for (const name of aliasConflicts(authority, fixed.nodes.keys())) logAliasConflict(log, formatName(name));
      for (const cut of fixed.cuts) {
        const message = 'a delegation: registrations at this name and below it are not served';
        log.warn('delegation', message, { zone, name: formatName(cut) });
      }
      const { minimumSeconds } = fixed.soa;
      if (negativeTtlSeconds !== undefined && minimumSeconds !== negativeTtlSeconds) {
        log.warn('negative-ttl', 'the SOA of the zone file counts, and not --negative-ttl', { zone, minimumSeconds });
      }
    } else if (zones.some((other) => other.isRegistered && isAtOrBelow(fixed.apex, other.fixed.apex))) {
      log.warn('inner-zone', 'a zone file for part of another zone: registrations in it are not served', { zone });
    }
  }
}

/** Tells of a name at which a CNAME stands beside other records. */
export function logAliasConflict(log: Log, name: string): void {
  log.warn('alias-conflict', 'a CNAME cannot stand beside other records, and is not served', { name });
}
