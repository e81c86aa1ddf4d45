// A map whose entries are kept in the order of their keys, in chunks of a bounded number of entries, so that an insert
// among 100 000 keys moves a few hundred references and not all of them. Keys compare by UTF-16 unit, which for
// strings of octets is byte order.

/** Entries of a chunk before it is split: a binary search of 9 steps, and at most 4 KiB of references to move. */
const CHUNK_MAX_ENTRIES = 512;

interface Chunk<V> {
  readonly keys: string[];
  readonly values: V[];
}

/** A map in key order with ranges. */
export class SortedMap<V> {
  /** In key order, none empty. */
  readonly #chunks: Chunk<V>[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    const chunk = this.#chunks[this.#chunkIndex(key)];
    if (chunk === undefined) return undefined;
    const at = lowerBound(chunk.keys, key);
    return chunk.keys[at] === key ? chunk.values[at] : undefined;
  }

  set(key: string, value: V): void {
    const index = this.#chunkIndex(key);
    const chunk = this.#chunks[index];
    if (chunk === undefined) {
      this.#chunks.push({ keys: [key], values: [value] });
      this.#size += 1;
      return;
    }
    const at = lowerBound(chunk.keys, key);
    if (chunk.keys[at] === key) {
      chunk.values[at] = value;
      return;
    }
    chunk.keys.splice(at, 0, key);
    chunk.values.splice(at, 0, value);
    this.#size += 1;
    if (chunk.keys.length > CHUNK_MAX_ENTRIES) {
      const half = CHUNK_MAX_ENTRIES / 2;
      this.#chunks.splice(index + 1, 0, { keys: chunk.keys.splice(half), values: chunk.values.splice(half) });
    }
  }

  delete(key: string): void {
    const index = this.#chunkIndex(key);
    const chunk = this.#chunks[index];
    if (chunk === undefined) return;
    const at = lowerBound(chunk.keys, key);
    if (chunk.keys[at] !== key) return;
    chunk.keys.splice(at, 1);
    chunk.values.splice(at, 1);
    this.#size -= 1;
    if (chunk.keys.length === 0) this.#chunks.splice(index, 1);
  }

  /**
   * Visits the values of the keys from `from` up to, not including, `to`, in order. No key may be added or removed
   * meanwhile. A callback and not an iterator: long ranges are the slow reads of a store, and a generator adds to them.
   *
   * @param to undefined for no end
   */
  visit(from: string, to: string | undefined, visitor: (value: V) => void): void {
    for (let index = this.#chunkIndex(from); index < this.#chunks.length; index += 1) {
      const { keys, values } = this.#chunks[index] as Chunk<V>;
      const first = keys[0] as string;
      if (to !== undefined && first >= to) return;
      const end = to === undefined ? keys.length : lowerBound(keys, to);
      for (let at = first < from ? lowerBound(keys, from) : 0; at < end; at += 1) visitor(values[at] as V);
    }
  }

  /** The chunk that holds the key or would take it: the last one that begins at or below it, else the first one. */
  #chunkIndex(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const first = this.#chunks[middle]?.keys[0];
      if (first !== undefined && first <= key) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

/** The index of the first key that is not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
