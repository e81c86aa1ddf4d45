// Runs every scenario of this folder. scenario.ts says how they are written.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'vitest';
import { parseScenarios, runScenario } from './scenario.ts';

for (const file of readdirSync(import.meta.dirname).filter((name) => name.endsWith('.scenario'))) {
  describe(file.replace('.scenario', '').replaceAll('-', ' '), () => {
    for (const scenario of parseScenarios(readFileSync(`${import.meta.dirname}/${file}`, 'utf8'))) {
      it(scenario.title, () => runScenario(scenario, file));
    }
  });
}
