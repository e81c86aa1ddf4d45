// Lease ids that say who holds them.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { holderOf, leaseIdOf, newHolder } from '../../src/registrar/lease-id.ts';

it('are positive int64 and give back their holder', () => {
  const holder = fc.record({ owner: fc.bigInt(0n, 2n ** 32n - 1n), incarnation: fc.bigInt(0n, 2n ** 20n - 1n) });
  fc.assert(
    fc.property(holder, fc.integer({ min: 1, max: 1_000_000 }), (of, grant) => {
      const id = leaseIdOf(of, grant);
      expect(holderOf(id)).toEqual(of);
      expect(BigInt(id)).toBeLessThan(2n ** 63n);
      expect(leaseIdOf(of, grant + 1)).not.toBe(id);
    }),
  );
});

it('have the same owner after a restart, and another for another identity', () => {
  const [one, again, other] = [newHolder(['host', '/a/1']), newHolder(['host', '/a/1']), newHolder(['host', '/a/2'])];
  expect(again.owner).toBe(one.owner);
  expect(other.owner).not.toBe(one.owner);
  // "host" with "/a/1" is not "host/a" with "/1".
  expect(newHolder(['host/a', '/1']).owner).not.toBe(one.owner);
});

it('take the ids that etcd chooses for those of somebody else', () => {
  const { owner } = newHolder(['host', '/a/1']);
  expect(holderOf('7587895471183838214').owner).not.toBe(owner);
  expect(holderOf('0').owner).not.toBe(owner);
});
