#!/usr/bin/env node
// The command line of svcdns: settings from flags, environment and file; then one command; then an exit code. Nothing
// else in the program touches `process`.

import { readFileSync } from 'node:fs';
import { check } from './commands/check.ts';
import { dev } from './commands/dev.ts';
import { readEtcdOptions } from './commands/etcd-options.ts';
import { list } from './commands/list.ts';
import { query } from './commands/query.ts';
import { type RegisterContext, register } from './commands/register.ts';
import { serve } from './commands/serve.ts';
import { watch } from './commands/watch.ts';
import { readSettings } from './config/read.ts';
import type { Command } from './config.ts';

/** A call that cannot be carried out as it is written. */
const EXIT_BAD_CALL = 2;

const COMMAND_FUNCTIONS: Readonly<Record<Command, (context: RegisterContext) => Promise<number>>> = {
  serve,
  dev,
  query,
  list,
  watch,
  register,
  check: (context) => check(context.arguments, context.stdout),
};

async function main(): Promise<number> {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const call = readSettings({
    argv: process.argv.slice(2),
    env: process.env,
    readFile: (path) => readFileSync(path, 'utf8'),
  });
  switch (call.kind) {
    case 'help':
      process.stdout.write(call.text);
      return 0;
    case 'version':
      process.stdout.write(`svcdns ${version}\n`);
      return 0;
    case 'mistakes':
      return complain(call.mistakes);
    case 'settings': {
      const etcd = readEtcdOptions(call.settings, (path) => readFileSync(path));
      if (etcd.kind === 'mistakes') return complain(etcd.mistakes);
      return COMMAND_FUNCTIONS[call.command]({
        ...call,
        etcd: etcd.options,
        version,
        stdout: process.stdout,
        stderr: process.stderr,
        signal: stopSignal(),
        onHangup: (reload) => {
          process.on('SIGHUP', reload);
          return () => void process.off('SIGHUP', reload);
        },
        onSignal: (name, callback) => void process.on(name, callback),
      });
    }
  }
}

function complain(mistakes: readonly string[]): number {
  for (const mistake of mistakes) process.stderr.write(`svcdns: ${mistake}\n`);
  return EXIT_BAD_CALL;
}

/** Aborted by the first SIGINT or SIGTERM. A second one ends the process, should something not stop. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  return stop.signal;
}

// Listing into `head` closes the pipe early, which is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

try {
  process.exitCode = await main();
} catch (error) {
  // The environment refused something: a taken port, say. One sentence tells what and what to do.
  process.stderr.write(`svcdns: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
