// A command with its settings, run in the test's process, and what it writes.

import { readFileSync } from 'node:fs';
import type { CommandContext, ExitCode } from '../../src/commands/command.ts';
import { readEtcdOptions } from '../../src/commands/etcd-options.ts';
import { readSettings } from '../../src/config/read.ts';

/** A run of a command. */
export interface CommandRun {
  /** So far. */
  readonly stdout: () => string;
  /** So far. */
  readonly stderr: () => string;
  readonly stop: () => void;
  readonly exited: Promise<ExitCode>;
}

/** @param argv the command's name and what follows it */
export function runCommand(command: (context: CommandContext) => Promise<ExitCode>, ...argv: string[]): CommandRun {
  const call = readSettings({ argv, env: {}, readFile: () => '' });
  if (call.kind !== 'settings') throw new Error(`expected settings: ${JSON.stringify(call)}`);
  const etcd = readEtcdOptions(call.settings, (path) => readFileSync(path));
  if (etcd.kind !== 'options') throw new Error(`expected files: ${etcd.mistakes.join()}`);
  const stop = new AbortController();
  const written = { stdout: '', stderr: '' };
  const exited = command({
    ...call,
    etcd: etcd.options,
    version: '0.0.0',
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
    signal: stop.signal,
    onHangup: () => () => {},
  });
  return { stdout: () => written.stdout, stderr: () => written.stderr, stop: () => stop.abort(), exited };
}
