import { configDefaults, defineConfig } from 'vitest/config';
import { leftOut } from './.ci/tools.mjs';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...leftOut().map(({ glob }) => glob)],
    reporters: ['default', './test/support/count-reporter.ts'],
    // A test that waits for etcd to notice a dead lease needs seconds; nothing needs minutes.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two processes, as the machines of CI have two cores: the tests of faults depend on timers that fire.
    maxWorkers: 2,
  },
});
