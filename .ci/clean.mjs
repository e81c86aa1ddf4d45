// Empties dist/, so that a file whose source was removed cannot be run or published.
import { rmSync } from 'node:fs';

rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true });
