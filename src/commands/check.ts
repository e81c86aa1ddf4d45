// `svcdns check`: everything that the server would say about zone files, said before it gets them.

import { stat } from 'node:fs/promises';
import { ZoneDirectory } from '../ops/zone-directory.ts';
import { fileError, formatProblem, parseZoneText, readZoneText, type ZoneProblem } from '../ops/zone-source.ts';

/**
 * Checks zone files, and the `*.zone` files of directories as the server would take them together. Prints a line for
 * each error and warning, and a summary.
 *
 * @returns the exit code: 1 when there is an error
 */
export async function check(paths: readonly string[], out: { write(text: string): void }): Promise<0 | 1> {
  const found = { error: 0, warning: 0 };
  let zones = 0;
  const onProblem = (problem: ZoneProblem): void => {
    found[problem.severity] += 1;
    out.write(`${formatProblem(problem)}\n`);
  };
  for (const path of paths) {
    if (await isDirectory(path)) {
      const errorsBefore = found.error;
      const directory = new ZoneDirectory(path, { onZones: (served) => (zones += served.size), onProblem });
      await directory.load();
      const isEmpty = directory.zones.size === 0 && found.error === errorsBefore;
      if (isEmpty) onProblem(fileError(path, 'no file in it ends in .zone'));
      continue;
    }
    const content = await readZoneText(path);
    if (content.kind === 'problem') {
      onProblem(content);
      continue;
    }
    const { zone, problems } = parseZoneText(content);
    if (zone !== undefined) zones += 1;
    for (const problem of problems) onProblem(problem);
  }
  out.write(`${count(zones, 'zone')}, ${count(found.error, 'error')}, ${count(found.warning, 'warning')}\n`);
  return found.error === 0 ? 0 : 1;
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // Reading it as a file says what is wrong.
    return false;
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
