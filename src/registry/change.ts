// What a store tells the registry: keys that were put and keys that went, in the order of their revisions.

/**
 * A key's octets, one character (U+0000 to U+00FF) per octet. etcd's keys are octets, not text: this keeps them apart
 * and comparable whatever they hold.
 */
export type KeyOctets = string;

/** A key that now has this value. */
export interface KeyPut {
  readonly kind: 'put';
  readonly key: KeyOctets;
  readonly value: Uint8Array;
  /** The revision of the write (etcd `mod_revision`). */
  readonly modRevision: bigint;
  /** The lease that holds the key, in decimal; `0` when none does. */
  readonly leaseId: string;
}

/** A key that was deleted, or whose lease ended. */
export interface KeyDelete {
  readonly kind: 'delete';
  readonly key: KeyOctets;
  readonly modRevision: bigint;
}

export type KeyChange = KeyPut | KeyDelete;

/** Changes that become visible together: one watch response, or the difference that a new list shows. */
export interface ChangeBatch {
  /**
   * The store's revision that the table stands at once the batch is applied: of the last event for a watch, of the
   * list for a list. May be lower than the one before only after a list of a restored or another cluster.
   */
  readonly revision: bigint;
  readonly changes: readonly KeyChange[];
  /** `list`: the changes bring the table to exactly what the store held at `revision`. */
  readonly source: 'list' | 'watch';
}
