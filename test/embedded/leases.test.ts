import { beforeEach, describe, expect, test } from 'vitest';
import { LEASES_MAX, Leases } from '../../src/embedded/leases.ts';
import { Store } from '../../src/embedded/store.ts';

let nowMs: number;
let leases: Leases;

beforeEach(() => {
  nowMs = 1_000_000;
  const ids = [7n, 7n, 8n].values();
  leases = new Leases(
    () => nowMs,
    () => ids.next().value ?? 9n,
  );
});

describe('a lease', () => {
  test('lasts its whole TTL and then is ended', () => {
    leases.grant(5n, 10n);
    nowMs += 9_999;
    expect(leases.ended()).toEqual([]);
    expect(leases.find(5n)).toMatchObject({ ttlSeconds: 0n, grantedTtlSeconds: 10n });
    nowMs += 1;
    expect(leases.ended()).toEqual([5n]);
  });

  test('has its whole TTL again after each keepalive', () => {
    leases.grant(5n, 10n);
    nowMs += 9_000;
    expect(leases.renew(5n)).toBe(10n);
    nowMs += 9_999;
    expect(leases.ended()).toEqual([]);
    expect(leases.find(5n)?.ttlSeconds).toBe(0n);
  });

  test('is not brought back by a keepalive that comes too late', () => {
    leases.grant(5n, 10n);
    nowMs += 10_000;
    expect(leases.renew(5n)).toBe(0n);
    expect(leases.ended()).toEqual([5n]);
  });

  test('is given a free id when none is asked for', () => {
    expect(leases.grant(0n, 10n)).toMatchObject({ id: 7n });
    expect(leases.grant(0n, 10n)).toMatchObject({ id: 8n });
  });

  test.for([
    [-1n, 2n],
    [0n, 2n],
    [1n, 2n],
    [2n, 2n],
    [3n, 3n],
    [9_000_000_000n, 9_000_000_000n],
  ] as const)('of %s s is granted for %s s', ([asked, granted]) => {
    expect(leases.grant(5n, asked)).toMatchObject({ grantedTtlSeconds: granted });
  });

  test('holds the keys whose last write named it', () => {
    const store = new Store();
    store.onCommit((commit) => leases.follow(commit));
    leases.grant(5n, 10n);
    leases.grant(6n, 10n);
    store.transact((transaction) => {
      for (const key of ['/stays', '/moves', '/leaves', '/goes']) transaction.put(key, '', 5n);
    });
    store.transact((transaction) => {
      transaction.put('/moves', '', 6n);
      transaction.put('/leaves', '', 0n);
      transaction.delete({ from: '/goes', to: '/goes\0' });
    });
    expect(leases.find(5n)?.keys).toEqual(['/stays']);
    expect(leases.revoke(6n)).toEqual(['/moves']);
    expect(leases.has(6n)).toBe(false);
  });

  test('is refused when there are too many', () => {
    for (let id = 1n; id < BigInt(LEASES_MAX); id += 1n) leases.grant(id, 10n);
    expect(leases.grant(1_000_001n, 10n)).toMatchObject({ id: 1_000_001n });
    expect(leases.grant(1_000_002n, 10n)).toMatchObject({ kind: 'refusal', details: 'etcdserver: too many requests' });
    leases.revoke(1n);
    expect(leases.grant(1_000_002n, 10n)).toMatchObject({ id: 1_000_002n });
  });
});
