// What a command is given and what it gives back. Commands never touch `process`: main.ts does it for them.

import type { SettingName, Settings } from '../config.ts';
import type { EtcdOptions } from '../etcd/options.ts';

export interface Output {
  write(text: string): unknown;
  /** Whether a person is looking: a terminal. */
  readonly isTTY?: boolean;
}

export interface CommandContext {
  readonly settings: Settings;
  /** The settings that somebody wrote; the others have their defaults. */
  readonly written: ReadonlySet<SettingName>;
  readonly etcd: EtcdOptions;
  readonly version: string;
  /** What stands on the command line besides flags. */
  readonly arguments: readonly string[];
  readonly stdout: Output;
  readonly stderr: Output;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  /** Calls back for each SIGHUP, until the function that it returns is called. */
  readonly onHangup: (reload: () => void) => () => void;
}

/** 0 for success, 1 for what was asked and failed. Mistakes of the call are 2, and found before a command runs. */
export type ExitCode = 0 | 1;
