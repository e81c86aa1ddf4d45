// Lease ids that say who holds them. A key in etcd names the lease it hangs on, so a registrar that chooses the ids of its
// leases can tell its own keys from those of others without writing anything beside the value:
//
//   63 bits:  owner 32 │ incarnation 20 │ grant 11
//
// The owner is the same after a restart, the incarnation is not, and every lease of an incarnation has another grant.

import { hash, randomInt } from 'node:crypto';

const INCARNATION_BITS = 20n;
const GRANT_BITS = 11n;

/** Who a lease belongs to. */
export interface Holder {
  /** Of whoever would register the same instance again: 32 bits of a hash. */
  readonly owner: bigint;
  /** Of one registration in one process: random. */
  readonly incarnation: bigint;
}

/**
 * A new incarnation of an owner.
 *
 * @param identity all that a restarted instance has in common with its former self, and no other instance has
 */
export function newHolder(identity: readonly string[]): Holder {
  const digest = hash('sha256', JSON.stringify(identity), 'buffer');
  return { owner: BigInt(digest.readUInt32BE(0)), incarnation: BigInt(randomInt(2 ** Number(INCARNATION_BITS))) };
}

/** The id of the lease that a holder is granted as its `grant`-th, in decimal. Ids come again after 2048 grants. */
export function leaseIdOf({ owner, incarnation }: Holder, grant: number): string {
  const low = BigInt.asUintN(Number(GRANT_BITS), BigInt(grant));
  return String((((owner << INCARNATION_BITS) | incarnation) << GRANT_BITS) | low);
}

/** Whose a lease is, if a registrar chose its id. Those that etcd chose give an owner that nobody has. */
export function holderOf(leaseId: string): Holder {
  const holder = BigInt(leaseId) >> GRANT_BITS;
  return { owner: holder >> INCARNATION_BITS, incarnation: BigInt.asUintN(Number(INCARNATION_BITS), holder) };
}
