// The Dockerfile in parts, as far as tests ask for them.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../support/svcdns.ts';

export interface Instruction {
  readonly word: string;
  readonly rest: string;
}

/** Its instructions in order; comments are left out and continued lines joined. */
export function readDockerfile(): Instruction[] {
  const text = readFileSync(join(CHECKOUT, 'Dockerfile'), 'utf8').replace(/^#.*\n/gm, '');
  const lines = text.replace(/\\\n\s*/g, '').split('\n');
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const [, word = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
      return { word, rest };
    });
}

/** What the image runs, from the instructions of the last stage. */
export function readImage() {
  const all = readDockerfile();
  const stage = all.slice(all.findLastIndex(({ word }) => word === 'FROM'));
  const rest = (wanted: string): string => stage.find(({ word }) => word === wanted)?.rest ?? '';
  const words = (text: string): string[] => JSON.parse(text.slice(text.indexOf('['))) as string[];
  return {
    user: rest('USER'),
    environment: Object.fromEntries(
      rest('ENV')
        .split(' ')
        .map((pair) => pair.split('=')),
    ) as Record<string, string>,
    entrypoint: words(rest('ENTRYPOINT')),
    command: words(rest('CMD')),
    health: words(rest('HEALTHCHECK')),
  };
}
