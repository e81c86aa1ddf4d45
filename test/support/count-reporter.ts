// Prints the count of all tests as the last line of a run, in the form that CI reads.

import type { Reporter, TestModule } from 'vitest/node';

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, errors: ReadonlyArray<unknown>): void {
    const counts = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) counts.failed += 1;
      for (const test of module.children.allTests()) counts[test.result().state] += 1;
    }
    // After the default reporter's own summary, which is written in the same turn.
    setImmediate(() => {
      const skipped = counts.skipped + counts.pending;
      process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${skipped} skipped\n`);
    });
  }
}
