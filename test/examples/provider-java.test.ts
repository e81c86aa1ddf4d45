// The provider of examples/providers in Java.

import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { live, PROVIDERS, type Registry, startRegistry } from './provider-life.ts';

/** What the JVM exits with when SIGTERM has ended it, whatever its shutdown hooks did. */
const JAVA_TERMINATED = 128 + 15;

let registry: Registry;

beforeAll(async () => {
  registry = await startRegistry();
});

afterAll(() => registry.close());

it('a provider in Java is in DNS while it serves', async (context) => {
  const outcome = await live(context, registry, 'java', (port) => [
    'java',
    join(PROVIDERS, 'Provider.java'),
    String(port),
  ]);
  expect(outcome).toEqual({ answered: 'hello from Java\n', code: JAVA_TERMINATED });
});
