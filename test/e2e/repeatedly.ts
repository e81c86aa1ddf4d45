// A client that never rests, to find out whether something fails meanwhile.

import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds between the end of one call and the next: some hundred a second, and time for the servers. */
const PAUSE_MS = 5;

export interface Repeated<Result> {
  readonly results: readonly Result[];
  /** What the calls were rejected with. */
  readonly failures: readonly string[];
}

/** Calls `action` again and again, one call at a time, until stopped. */
export function repeatedly<Result>(action: () => Promise<Result>): { stop(): Promise<Repeated<Result>> } {
  const results: Result[] = [];
  const failures: string[] = [];
  let stopped = false;
  const run = async (): Promise<void> => {
    while (!stopped) {
      try {
        results.push(await action());
      } catch (error) {
        failures.push(String(error));
      }
      await delay(PAUSE_MS);
    }
  };
  const running = run();
  return {
    stop: async () => {
      stopped = true;
      await running;
      return { results, failures };
    },
  };
}
