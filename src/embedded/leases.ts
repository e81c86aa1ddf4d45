// The leases of the embedded store: how long each still has, and which keys go with it. Time is an argument, and it
// must be monotonic: a clock that is set must not end anything.

import type { Refusal } from './refusals.ts';
import { LEASE_EXISTS, LEASE_NOT_FOUND, LEASE_TTL_TOO_LARGE, TOO_MANY_REQUESTS } from './refusals.ts';
import type { Commit, Octets } from './store.ts';

/** Seconds. etcd's minimum with its default election timeout (1.5 s, rounded up); a shorter TTL becomes this one. */
const TTL_MIN_SECONDS = 2n;

/** Seconds. etcd's bound: milliseconds of it are still exact in a number. */
const TTL_MAX_SECONDS = 9_000_000_000n;

/** Twice the instances that svcdns is made for, each with a lease of its own. */
export const LEASES_MAX = 200_000;

/** A lease as it stands. */
export interface LeaseState {
  readonly id: bigint;
  readonly grantedTtlSeconds: bigint;
  /** Whole seconds that remain. */
  readonly ttlSeconds: bigint;
  /** In byte order. */
  readonly keys: readonly Octets[];
}

interface Lease {
  readonly ttlSeconds: bigint;
  readonly keys: Set<Octets>;
  endsAtMs: number;
}

/** The table of leases. */
export class Leases {
  readonly #leases = new Map<bigint, Lease>();
  readonly #nowMs: () => number;
  readonly #randomId: () => bigint;

  /**
   * @param nowMs monotonic
   * @param randomId a positive int64 for a lease that is granted without an id
   */
  constructor(nowMs: () => number, randomId: () => bigint) {
    this.#nowMs = nowMs;
    this.#randomId = randomId;
  }

  has(id: bigint): boolean {
    return this.#leases.has(id);
  }

  /** @param id 0 for any that is free */
  grant(id: bigint, ttlSeconds: bigint): LeaseState | Refusal {
    if (ttlSeconds > TTL_MAX_SECONDS) return LEASE_TTL_TOO_LARGE;
    if (this.#leases.has(id)) return LEASE_EXISTS;
    if (this.#leases.size >= LEASES_MAX) return TOO_MANY_REQUESTS;
    let grantedId = id;
    while (grantedId === 0n || this.#leases.has(grantedId)) grantedId = this.#randomId();
    const ttl = ttlSeconds < TTL_MIN_SECONDS ? TTL_MIN_SECONDS : ttlSeconds;
    const lease: Lease = { ttlSeconds: ttl, keys: new Set(), endsAtMs: 0 };
    this.#extend(lease);
    this.#leases.set(grantedId, lease);
    return this.#state(grantedId, lease);
  }

  /** Gives a lease its whole TTL again. Returns the TTL; 0 for a lease that is no more, as etcd answers. */
  renew(id: bigint): bigint {
    const lease = this.#leases.get(id);
    // A lease that has ended is over even before `takeEnded` has found it: its keys are as good as gone.
    if (lease === undefined || lease.endsAtMs <= this.#nowMs()) return 0n;
    this.#extend(lease);
    return lease.ttlSeconds;
  }

  find(id: bigint): LeaseState | undefined {
    const lease = this.#leases.get(id);
    return lease === undefined ? undefined : this.#state(id, lease);
  }

  /** The ids of all leases, the one that ends first in front. */
  ids(): bigint[] {
    return [...this.#leases].sort(([, a], [, b]) => a.endsAtMs - b.endsAtMs).map(([id]) => id);
  }

  /** Ends a lease. Returns its keys, in byte order, for the caller to delete. */
  revoke(id: bigint): Octets[] | Refusal {
    const lease = this.#leases.get(id);
    if (lease === undefined) return LEASE_NOT_FOUND;
    this.#leases.delete(id);
    return [...lease.keys].sort();
  }

  /** The leases whose time is over. They stay until they are revoked. */
  ended(): bigint[] {
    const nowMs = this.#nowMs();
    const ended: bigint[] = [];
    for (const [id, lease] of this.#leases) {
      if (lease.endsAtMs <= nowMs) ended.push(id);
    }
    return ended;
  }

  /** Keeps in step with the keys: a key goes with the lease of its last write. */
  follow(commit: Commit): void {
    for (const { kv, previous } of commit.events) {
      if (previous !== undefined) this.#leases.get(previous.leaseId)?.keys.delete(kv.key);
      this.#leases.get(kv.leaseId)?.keys.add(kv.key);
    }
  }

  #extend(lease: Lease): void {
    lease.endsAtMs = this.#nowMs() + Number(lease.ttlSeconds) * 1000;
  }

  #state(id: bigint, lease: Lease): LeaseState {
    const remainingMs = Math.max(0, lease.endsAtMs - this.#nowMs());
    return {
      id,
      grantedTtlSeconds: lease.ttlSeconds,
      ttlSeconds: BigInt(Math.floor(remainingMs / 1000)),
      keys: [...lease.keys].sort(),
    };
  }
}
