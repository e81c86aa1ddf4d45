// The provider of examples/providers in Go.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/etcd.ts';
import { live, PROVIDERS, type Registry, startRegistry } from './provider-life.ts';

/** Milliseconds; the first build compiles net/http of the standard library too. */
const TIMEOUT_MS = 300_000;

let registry: Registry;

beforeAll(async () => {
  registry = await startRegistry();
});

afterAll(() => registry.close());

it(
  'a provider in Go is in DNS while it serves',
  async (context) => {
    const directory = temporaryDirectory(context);
    const provider = join(directory, 'provider');
    const { PATH, HOME } = process.env;
    // Of one file and the standard library: nothing is fetched.
    const env = { PATH, HOME, GOTOOLCHAIN: 'local', GOPROXY: 'off', GOFLAGS: '' };
    await promisify(execFile)('go', ['build', '-o', provider, join(PROVIDERS, 'provider.go')], { env });
    const outcome = await live(context, registry, 'go', (port) => [provider, String(port)]);
    expect(outcome).toEqual({ answered: 'hello from Go\n', code: 0 });
  },
  TIMEOUT_MS,
);
