// A clock that is set moves no deadline of a registration. In a file of its own, as the clock is that of the process.

import { expect, it, vi } from 'vitest';
import { expectToStay, readKey, registerOne, startOne } from './registering.ts';

const HOUR_MS = 3_600_000;

it.for([HOUR_MS, -HOUR_MS])('an instance stays when the clock jumps by %i ms', async (jumpMs, context) => {
  const etcd = await startOne(context);
  const { registration, states } = registerOne(context, [etcd.endpoint], { leaseSeconds: 4 });
  await registration.registered();
  const before = await readKey(etcd);
  context.onTestFinished(() => void vi.useRealTimers());
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(Date.now() + jumpMs);
  await expectToStay(etcd, 6000);
  expect(await readKey(etcd)).toEqual(before);
  expect(states.map(({ kind }) => kind)).toEqual(['registered']);
});
