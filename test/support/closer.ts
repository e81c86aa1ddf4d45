// Who closes what a test opens: the test itself when it ends, or the file when all its tests share the thing.

import { afterAll } from 'vitest';

/** A test's context is one. */
export interface Closer {
  onTestFinished(close: () => Promise<void> | void): void;
}

/** Closes at the end of the file. To be made outside of tests and hooks. */
export function fileCloser(): Closer {
  const closes: (() => Promise<void> | void)[] = [];
  afterAll(async () => {
    for (const close of closes.reverse()) await close();
  });
  return {
    onTestFinished: (close) => {
      closes.push(close);
    },
  };
}
