// The gateway example, run as its reader would: it starts everything itself, and tells with its exit code whether the
// clients of the gateway got what svcdns promises.

import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'vitest';
import { temporaryDirectory } from '../support/etcd.ts';
import { Program } from '../support/program.ts';
import { CHECKOUT } from '../support/svcdns.ts';

/** Seconds to look on after each change. The lease is the default of 10: a busy machine may lose a shorter one. */
const PHASE_SECONDS = 1;

/** Milliseconds. Goodbyes, leases and TTLs are waited for: some 30 seconds on an idle machine. */
const TIMEOUT_MS = 150_000;

/** A PATH without etcd. Both are where Debian has them. */
function pathWithoutEtcd(context: TestContext): string {
  const directory = temporaryDirectory(context);
  for (const program of ['/usr/bin/setpriv', '/usr/sbin/nginx']) {
    symlinkSync(program, join(directory, program.slice(program.lastIndexOf('/') + 1)));
  }
  return directory;
}

const STORES = [
  { store: 'etcd', environment: () => ({}) },
  { store: 'the store of svcdns dev', environment: (context: TestContext) => ({ PATH: pathWithoutEtcd(context) }) },
];

describe.concurrent.each(STORES)('with $store', ({ environment }) => {
  it(
    'loses no request to instances that come and leave, and some for a while to one that is killed',
    async (context) => {
      const { expect } = context;
      const command = [process.execPath, join(CHECKOUT, 'examples/gateway/run.mjs'), '--phase', String(PHASE_SECONDS)];
      const run = Program.start(context, command, { env: environment(context) });
      const code = await run.ended();
      expect(`${run.stdout}${run.stderr}`).not.toContain('BROKEN');
      expect(code).toBe(0);

      const failed = (phase: string) =>
        new RegExp(`^${phase} +\\d+ +(\\d+) +\\d+ +(\\d+)$`, 'm').exec(run.stdout)?.slice(1);
      expect(failed('four instances')).toEqual(['0', '0']);
      expect(failed('two more come')).toEqual(['0', '0']);
      expect(failed('two leave politely')).toEqual(['0', '0']);
      // Without a second try the kill is noticed, or the load would prove nothing.
      expect(failed('one is killed')).toEqual(['0', expect.stringMatching(/^[1-9]/)]);
    },
    TIMEOUT_MS,
  );
});
