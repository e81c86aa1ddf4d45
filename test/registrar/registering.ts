// What the tests of the registrar share: an etcd, registrations in it, and a view of the store that is independent of them
// and measures how soon an instance is back.

import { Etcd3 } from 'etcd3';
import { expect, type TestContext } from 'vitest';
import { Connection, within } from '../../src/etcd/connection.ts';
import type { RegisterOptions } from '../../src/registrar/register.ts';
import { register } from '../../src/registrar/register.ts';
import type { Registration, RegistrationState } from '../../src/registrar/registration.ts';
import { type EtcdMember, type EtcdStart, startEtcd } from '../support/etcd.ts';
import { until } from '../support/until.ts';

/** Milliseconds from etcd's first answer: what is promised for every fault. */
const BACK_MS = 2000;

/** Milliseconds for one read of the view: etcd may be away. */
const READ_MS = 1000;

/** Milliseconds between looks at a key that should stay: shorter than it takes to put it again. */
const LOOK_MS = 20;

/** The key that `registerOne` registers. */
export const KEY = '/specServer/1';
export const VALUE = 'http://10.0.0.1:8080';

export async function startOne({ onTestFinished }: TestContext, start?: EtcdStart): Promise<EtcdMember> {
  const etcd = await startEtcd(start);
  onTestFinished(() => etcd.close());
  return etcd;
}

/** A registration, closed with the test, and all states it was in. */
export interface Registered {
  readonly registration: Registration;
  readonly states: RegistrationState[];
}

/** Registers `/specServer/1` with 10.0.0.1:8080, unless told otherwise. */
export function registerOne(
  { onTestFinished }: TestContext,
  endpoints: readonly string[],
  options: Partial<RegisterOptions> = {},
): Registered {
  const registration = register({
    name: 'specServer',
    id: '1',
    address: VALUE,
    leaseSeconds: 2,
    ...options,
    etcd: { endpoints, ...options.etcd },
  });
  const states: RegistrationState[] = [];
  registration.on('state', (state) => states.push(state));
  onTestFinished(() => registration.close());
  return { registration, states };
}

export interface KeyView {
  readonly value: string;
  /** 0 for none. */
  readonly leaseId: string;
}

/** Reads a key; undefined when there is none. Rejects when etcd does not answer at once. */
export async function readKey(etcd: { readonly endpoint: string }, key = KEY): Promise<KeyView | undefined> {
  // A connection for each read, so that no back-off of an old one hides when etcd answers.
  const connection = new Connection(etcd.endpoint, { endpoints: [] });
  try {
    const { kvs } = await connection.kv.range({ key: Buffer.from(key, 'latin1') }, within(READ_MS));
    const [kv] = kvs;
    return kv && { value: kv.value.toString('utf8'), leaseId: kv.lease };
  } finally {
    connection.close();
  }
}

export async function untilValue(etcd: EtcdMember, expected: string | undefined, key = KEY): Promise<void> {
  await until(`${key} is ${expected}`, async () => {
    const found = await readKey(etcd, key).catch(() => 'no answer');
    return typeof found === 'object' ? found.value === expected : found === expected;
  });
}

/** Waits for etcd to answer, then for the key to be there, and checks that the second came soon after the first. */
export async function expectBackInTime(etcd: { readonly endpoint: string }, key = KEY): Promise<void> {
  let answeredMs: number | undefined;
  await until(
    `${key} is back`,
    async () => {
      const found = await readKey(etcd, key).catch(() => 'no answer' as const);
      if (found === 'no answer') return false;
      answeredMs ??= performance.now();
      return found !== undefined;
    },
    30_000,
  );
  expect(performance.now() - (answeredMs ?? 0)).toBeLessThan(BACK_MS);
}

/** Watches the key for so long, and checks that it is there all the time, whenever etcd answers. */
export async function expectToStay(etcd: EtcdMember, forMs: number, key = KEY): Promise<void> {
  const connection = new Connection(etcd.endpoint, { endpoints: [] });
  const endMs = performance.now() + forMs;
  try {
    while (performance.now() < endMs) {
      const answer = await connection.kv.range({ key: Buffer.from(key, 'latin1') }).catch(() => undefined);
      if (answer !== undefined) expect(answer.kvs).toHaveLength(1);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  } finally {
    connection.close();
  }
}

/** A client of etcd's that shares nothing with the code under test. */
export function clientOf({ onTestFinished }: TestContext, { endpoint }: EtcdMember): Etcd3 {
  const client = new Etcd3({ hosts: endpoint });
  onTestFinished(() => client.close());
  return client;
}
