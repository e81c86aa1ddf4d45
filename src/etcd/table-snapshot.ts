// A table as it was at one moment, to be read while events go on being applied to it. Nothing is copied but what changes
// meanwhile: a copy of 100 000 keys would hold queries up for some 30 ms.

import type { KeyOctets } from '../registry/change.ts';
import type { Write } from './write.ts';

export class TableSnapshot {
  /** How many keys there were. */
  readonly size: number;
  readonly #writes: ReadonlyMap<KeyOctets, Write>;
  /** What keys were that have changed since. */
  readonly #before = new Map<KeyOctets, Write | undefined>();

  /** @param writes of the table; before it changes a key there, it calls `keep` */
  constructor(writes: ReadonlyMap<KeyOctets, Write>) {
    this.size = writes.size;
    this.#writes = writes;
  }

  keep(key: KeyOctets): void {
    if (!this.#before.has(key)) this.#before.set(key, this.#writes.get(key));
  }

  get(key: KeyOctets): Write | undefined {
    return this.#before.has(key) ? this.#before.get(key) : this.#writes.get(key);
  }
}
