// Zone files on the disk: which files of a directory are zones, what they hold, and everything that is wrong with them
// in the form that logs and `svcdns check` print.

import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Mistake } from '../wire/fields.ts';
import { parseName } from '../wire/name.ts';
import { parseZoneFile, ZONE_FILE_MAX_OCTETS, type ZoneFile } from '../zone/zone-file.ts';
import { escapeText } from './escape.ts';

const EXTENSION = '.zone';

/** Something wrong with a zone file or with a directory of them. */
export interface ZoneProblem {
  readonly kind: 'problem';
  /** The file or directory, as it was given. */
  readonly path: string;
  /** `error`: the content is not used. `warning`: it is, but may not mean what its author thinks. */
  readonly severity: 'error' | 'warning';
  /** 1-based; undefined for what concerns the whole file. */
  readonly place: { readonly line: number; readonly column: number } | undefined;
  readonly message: string;
}

/** The octets of a file, one per character, and a digest that tells them from any others. */
export interface ZoneText {
  readonly kind: 'text';
  readonly path: string;
  readonly text: string;
  readonly digest: string;
}

/** One line in the form that compilers and editors share: `FILE:LINE:COLUMN: error: MESSAGE`. */
export function formatProblem({ path, place, severity, message }: ZoneProblem): string {
  const where = place === undefined ? path : `${path}:${place.line}:${place.column}`;
  return escapeText(`${where}: ${severity}: ${message}`);
}

/** An error that concerns a whole file or directory. */
export function fileError(path: string, message: string): ZoneProblem {
  return { kind: 'problem', path, severity: 'error', place: undefined, message };
}

/** The zone files of a directory, sorted; hidden files are what editors leave behind. */
export async function listZoneFiles(directory: string): Promise<readonly string[] | ZoneProblem> {
  try {
    const names = await readdir(directory);
    const zoneNames = names.filter((name) => name.endsWith(EXTENSION) && !name.startsWith('.'));
    return zoneNames.sort().map((name) => join(directory, name));
  } catch (error) {
    return fileError(directory, reasonOf(error));
  }
}

/** Reads a zone file, if it is one that can be read to its end. */
export async function readZoneText(path: string): Promise<ZoneText | ZoneProblem> {
  try {
    const status = await stat(path);
    // A pipe or a device has no end.
    if (!status.isFile()) return fileError(path, 'expected a regular file');
    if (status.size > ZONE_FILE_MAX_OCTETS) {
      return fileError(path, `${status.size} octets, expected at most ${ZONE_FILE_MAX_OCTETS}`);
    }
    const octets = await readFile(path);
    const digest = createHash('sha256').update(octets).digest('hex');
    return { kind: 'text', path, text: octets.toString('latin1'), digest };
  } catch (error) {
    return fileError(path, reasonOf(error));
  }
}

/**
 * Parses what a zone file holds. Its relative names are below the zone that the file is named after, `svc.local.zone`
 * for svc.local, until a $ORIGIN says otherwise.
 */
export function parseZoneText({ path, text }: ZoneText): {
  /** Undefined when there is an error. */
  readonly zone: ZoneFile | undefined;
  readonly problems: readonly ZoneProblem[];
} {
  const origin = path.endsWith(EXTENSION) ? parseName(basename(path, EXTENSION)) : undefined;
  const result = parseZoneFile(text, typeof origin === 'string' ? origin : undefined);
  const problemsOf = (severity: ZoneProblem['severity'], mistakes: readonly Mistake[]) =>
    mistakes.map(({ line, column, message }): ZoneProblem => {
      return { kind: 'problem', path, severity, place: { line, column }, message };
    });
  switch (result.kind) {
    case 'zone':
      return { zone: result.zone, problems: problemsOf('warning', result.warnings) };
    case 'mistakes':
      return { zone: undefined, problems: problemsOf('error', result.mistakes) };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
