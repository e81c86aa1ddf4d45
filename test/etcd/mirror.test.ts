import { expect, it } from 'vitest';
import { rangeOfPrefix } from '../../src/etcd/key-range.ts';
import { Mirror } from '../../src/etcd/mirror.ts';
import type { Listing } from '../../src/etcd/range.ts';
import type { KeyPut } from '../../src/registry/change.ts';

function listing(revision: bigint, ...ranges: readonly (readonly string[])[]): Listing {
  const putOf = (key: string): KeyPut => {
    return { kind: 'put', key, value: Buffer.from('10.0.0.1:8080'), modRevision: revision, leaseId: '0' };
  };
  const keys = ranges.map((listed) => new Map(listed.map((key) => [key, putOf(key)])));
  return { kind: 'listing', clusterId: '1', revision, keys, pages: ranges.length };
}

it('puts all keys of a list before it deletes any, whichever prefix they are below', () => {
  const mirror = new Mirror([rangeOfPrefix('/a/'), rangeOfPrefix('/b/')]);
  mirror.replace(listing(5n, ['/a/1', '/a/2'], ['/b/1']));
  const { changes, source, revision } = mirror.replace(listing(9n, ['/a/3'], ['/b/1', '/b/2']));
  expect({ source, revision }).toEqual({ source: 'list', revision: 9n });
  expect(changes.map(({ kind, key }) => `${kind} ${key}`)).toEqual([
    'put /a/3',
    'put /b/1',
    'put /b/2',
    'delete /a/1',
    'delete /a/2',
  ]);
});
