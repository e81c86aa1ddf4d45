// What etcd's own answers cannot show, because its limits lie elsewhere. The rest is in parity.test.ts.

import { describe, expect, test } from 'vitest';
import type { PutRequest, TxnRequest } from '../../src/embedded/protocol.ts';
import { Store } from '../../src/embedded/store.ts';
import { deleteRange, put, SPACE_QUOTA_BYTES, txn } from '../../src/embedded/txn.ts';
import { bytes } from './raw-client.ts';

const putRequest = (key: string): PutRequest => ({
  ...{ key: bytes(key), value: bytes('x'), lease: '0' },
  ...{ prev_kv: false, ignore_value: false, ignore_lease: false },
});

describe('a store that is full', () => {
  test('refuses puts as etcd does, still deletes, and takes puts again after that', () => {
    const tables = { store: new Store(), leases: { has: () => false } };
    const parts = 8;
    // One string, held once whatever the number of keys.
    const value = 'x'.repeat(SPACE_QUOTA_BYTES / parts);
    for (let index = 0; index < parts; index += 1) {
      expect(put(tables, putRequest(`/small/${index}`))).not.toHaveProperty('details');
      tables.store.transact((transaction) => transaction.put(`/large/${index}`, value, 0n));
    }
    const full = { details: 'etcdserver: mvcc: database space exceeded' };
    expect(put(tables, putRequest('/one/more'))).toMatchObject(full);
    const success = [{ request_put: putRequest('/one/more') }];
    expect(txn(tables, { compare: [], success, failure: [] })).toMatchObject(full);

    const large = { key: bytes('/large/'), range_end: bytes('/large0'), prev_kv: false };
    expect(deleteRange(tables, large)).toMatchObject({ deleted: String(parts) });
    tables.store.compact(tables.store.revision);
    expect(put(tables, putRequest('/one/more'))).not.toHaveProperty('details');
  });
});

describe('a transaction', () => {
  const nested = (depth: number): TxnRequest => ({
    compare: [],
    success: [depth === 1 ? { request_put: putRequest('/a') } : { request_txn: nested(depth - 1) }],
    failure: [],
  });

  test('holds others 32 deep, and is refused before it writes when they go deeper', () => {
    const tables = { store: new Store(), leases: { has: () => false } };
    expect(txn(tables, nested(33))).toMatchObject({ details: 'etcdserver: too many operations in txn request' });
    expect(tables.store.revision).toBe(1n);
    expect(txn(tables, nested(32))).toMatchObject({ succeeded: true });
    expect(tables.store.revision).toBe(2n);
  });

  test('holds 1024 operations in all', () => {
    const tables = { store: new Store(), leases: { has: () => false } };
    const request = (innerOperations: number): TxnRequest => ({
      compare: [],
      success: Array.from({ length: 64 }, (_, outer) => ({
        request_txn: {
          compare: [],
          success: Array.from({ length: outer === 0 ? innerOperations : 15 }, (_, inner) => ({
            request_put: putRequest(`/${outer}/${inner}`),
          })),
          failure: [],
        },
      })),
      failure: [],
    });
    expect(txn(tables, request(16))).toMatchObject({ details: 'etcdserver: too many operations in txn request' });
    expect(txn(tables, request(15))).toMatchObject({ succeeded: true });
  });
});
