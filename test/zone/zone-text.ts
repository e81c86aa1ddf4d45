// Zone files as texts in, records and mistakes as texts out, for tests.

import type { Mistake } from '../../src/wire/fields.ts';
import { formatRecord } from '../../src/wire/message.ts';
import { nameOf } from '../../src/wire/name.ts';
import { parseZoneFile } from '../../src/zone/zone-file.ts';

/** What a zone file gives: its records or its mistakes; the latter and warnings as `LINE:COLUMN: MESSAGE`. */
export interface ZoneOutcome {
  readonly records: readonly string[];
  readonly mistakes: readonly string[];
  readonly warnings: readonly string[];
}

/** Parses a zone file; `origin` is the zone that it is named after, null when its name says nothing. */
export function outcomeOf(text: string, origin: string | null = 'svc.local.'): ZoneOutcome {
  const result = parseZoneFile(text, origin === null ? undefined : nameOf(origin));
  if (result.kind === 'mistakes') return { records: [], mistakes: result.mistakes.map(formatMistake), warnings: [] };
  const { zone, warnings } = result;
  return { records: zone.records.map(formatRecord), mistakes: [], warnings: warnings.map(formatMistake) };
}

function formatMistake({ line, column, message }: Mistake): string {
  return `${line}:${column}: ${message}`;
}

/** Three lines that make a zone of whatever follows. */
export const APEX = '$TTL 300\n@ SOA ns1 host 1 3600 600 604800 2\n NS ns1\n';

/** The records of a zone file that begins with `APEX`, its own left out. */
export function recordsAfterApex(text: string): readonly string[] {
  const { records, mistakes } = outcomeOf(APEX + text);
  return mistakes.length > 0 ? mistakes : records.slice(2);
}
