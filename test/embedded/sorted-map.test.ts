import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SortedMap } from '../../src/embedded/sorted-map.ts';

/** Few distinct keys, so that sets overwrite and deletes find something, yet more than one chunk of them. */
const key = fc.integer({ min: 0, max: 2000 }).map((number) => `/${number.toString(36)}`);

const change = fc.record({ key, remove: fc.boolean() });

function valuesOf(map: SortedMap<string>, from: string, to: string | undefined): string[] {
  const values: string[] = [];
  map.visit(from, to, (value) => values.push(value));
  return values;
}

describe('a sorted map', () => {
  test('holds what a plain map holds, and visits any range of it in order', () => {
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1000, maxLength: 4000, size: 'max' }),
        key,
        fc.option(key, { nil: undefined }),
        (changes, from, to) => {
          const map = new SortedMap<string>();
          const model = new Map<string, string>();
          for (const [index, change] of changes.entries()) {
            // Three sets for a delete, so that the map grows over several chunks.
            if (change.remove && index % 2 === 0) {
              map.delete(change.key);
              model.delete(change.key);
            } else {
              map.set(change.key, `${change.key} ${index}`);
              model.set(change.key, `${change.key} ${index}`);
            }
          }
          const inRange = [...model.keys()].sort().filter((key) => key >= from && (to === undefined || key < to));
          expect(valuesOf(map, from, to)).toEqual(inRange.map((key) => model.get(key)));
          expect(map.size).toBe(model.size);
          for (const key of [from, to ?? '/']) expect(map.get(key)).toBe(model.get(key));
        },
      ),
      { numRuns: 30 },
    );
  });

  test('can be emptied and filled again', () => {
    const map = new SortedMap<string>();
    const keys = Array.from({ length: 1500 }, (_, index) => `/${(index * 7919) % 1500}`);
    for (const key of keys) map.set(key, key);
    for (const key of keys) map.delete(key);
    map.delete('/1');
    expect(map.size).toBe(0);
    expect(valuesOf(map, '', undefined)).toEqual([]);
    map.set('/b', 'b');
    map.set('/a', 'a');
    expect(valuesOf(map, '', undefined)).toEqual(['a', 'b']);
  });
});
