// Which log lines are written. A fault repeats itself thousands of times a second when a client or a registrar wants
// it to; five lines a second of each kind show it as well, and what was left out is counted. Reads no clock: the time
// is an argument, in milliseconds that only rise.

import { LRUCache } from 'lru-cache';

/** Of one kind in one second: enough to see what varies between lines, too few to fill a disk. */
export const LINES_PER_SECOND = 5;

const WINDOW_MS = 1_000;

/** A key that stays broken is said again after ten minutes, so that the log of any hour names it. */
export const KEY_REPEAT_MS = 10 * 60 * 1_000;

/** Keys whose last line is remembered. Keys come from strangers; a forgotten one only means one line more. */
export const KEYS_MAX = 10_000;

interface Window {
  startMs: number;
  written: number;
  dropped: number;
}

/** How many lines of a kind were left out in the window that ended. */
export interface DroppedLines {
  readonly kind: string;
  readonly count: number;
}

export class LineLimiter {
  /** Kinds are words of this program's own code, so this cannot grow with what strangers send. */
  readonly #windows = new Map<string, Window>();
  readonly #keys = new LRUCache<string, number>({ max: KEYS_MAX });
  /** Lines left out so far, of all kinds. */
  dropped = 0;

  /** Whether a line of this kind is to be written now. */
  admit(kind: string, nowMs: number): boolean {
    const window = this.#windows.get(kind);
    if (window === undefined || nowMs - window.startMs >= WINDOW_MS) {
      // What the last window dropped is not lost: it stays until `takeDropped` reports it.
      this.#windows.set(kind, { startMs: nowMs, written: 1, dropped: window?.dropped ?? 0 });
      return true;
    }
    if (window.written < LINES_PER_SECOND) {
      window.written += 1;
      return true;
    }
    window.dropped += 1;
    this.dropped += 1;
    return false;
  }

  /** The same for a line about one key, which is not repeated within `KEY_REPEAT_MS`. */
  admitKey(kind: string, key: string, nowMs: number): boolean {
    const lastMs = this.#keys.get(`${kind} ${key}`);
    if (lastMs !== undefined && nowMs - lastMs < KEY_REPEAT_MS) return false;
    // A key whose line fell to the limit of its kind has not been named yet.
    if (!this.admit(kind, nowMs)) return false;
    this.#keys.set(`${kind} ${key}`, nowMs);
    return true;
  }

  /** Hands over the counts of lines left out since the last call. */
  takeDropped(): DroppedLines[] {
    const dropped: DroppedLines[] = [];
    for (const [kind, window] of this.#windows) {
      if (window.dropped === 0) continue;
      dropped.push({ kind, count: window.dropped });
      window.dropped = 0;
    }
    return dropped;
  }
}
