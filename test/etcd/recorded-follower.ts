// A follower with the table that its batches build, and a record of all it said: what the tests compare with etcd.

import { Etcd3 } from 'etcd3';
import { expect } from 'vitest';
import type { FollowEvent, SyncState } from '../../src/etcd/follow-event.ts';
import { Follower } from '../../src/etcd/follower.ts';
import type { EtcdOptions } from '../../src/etcd/options.ts';
import type { ChangeBatch, KeyOctets } from '../../src/registry/change.ts';
import { until } from '../support/until.ts';

export interface RecordOptions {
  readonly prefixes?: readonly KeyOctets[];
  readonly onBatch?: (batch: ChangeBatch) => void;
  readonly log?: (event: FollowEvent) => void;
  readonly monotonicMs?: () => number;
}

export class RecordedFollower {
  readonly follower: Follower;
  readonly table = new Map<KeyOctets, string>();
  readonly batches: ChangeBatch[] = [];
  readonly states: SyncState[] = [];
  readonly events: FollowEvent[] = [];
  /** Whether the table was empty after it had held something. */
  wasEmptied = false;

  constructor(etcd: EtcdOptions, options: RecordOptions = {}) {
    this.follower = new Follower({
      etcd,
      prefixes: options.prefixes ?? ['/'],
      onBatch: (batch) => {
        this.#apply(batch);
        options.onBatch?.(batch);
      },
      onState: (state) => this.states.push(state),
      log: (event) => {
        this.events.push(event);
        options.log?.(event);
      },
      monotonicMs: options.monotonicMs,
    });
    this.follower.start();
  }

  #apply(batch: ChangeBatch): void {
    this.batches.push(batch);
    const held = this.table.size > 0;
    for (const change of batch.changes) {
      if (change.kind === 'put') this.table.set(change.key, Buffer.from(change.value).toString('latin1'));
      else this.table.delete(change.key);
    }
    if (held && this.table.size === 0) this.wasEmptied = true;
  }

  /** What the log said of one kind. */
  eventsOf<K extends FollowEvent['kind']>(kind: K): Extract<FollowEvent, { kind: K }>[] {
    return this.events.filter((event): event is Extract<FollowEvent, { kind: K }> => event.kind === kind);
  }

  async live(deadlineMs?: number): Promise<void> {
    await until('the follower is live', () => this.follower.state === 'live', deadlineMs);
  }

  async stale(deadlineMs?: number): Promise<void> {
    await until('the follower is stale', () => this.follower.state === 'stale', deadlineMs);
  }

  /** Waits until the table is what etcd holds, and checks that it was reached in order and without an empty moment. */
  async equals(store: () => Promise<ReadonlyMap<string, string>>, deadlineMs?: number): Promise<void> {
    let expected = await store();
    const equal = async () => {
      expected = await store();
      return this.follower.state === 'live' && sameEntries(this.table, expected);
    };
    await until('the table is what etcd holds', equal, deadlineMs).catch(() => expect(this.table).toEqual(expected));
    expect(this.wasEmptied).toBe(false);
    expect(firstFall(this.batches)).toBeUndefined();
  }
}

function sameEntries(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean {
  if (left.size !== right.size) return false;
  for (const [key, value] of left) if (right.get(key) !== value) return false;
  return true;
}

/** The first batch whose revision is below the one before, other than a list's. */
function firstFall(batches: readonly ChangeBatch[]): ChangeBatch | undefined {
  return batches.find((batch, at) => batch.source === 'watch' && batch.revision < (batches[at - 1]?.revision ?? 0n));
}

/** A client of etcd3's own, independent of the code under test, for what instances and operators do. */
export class StoreClient {
  readonly #client: Etcd3;

  constructor(endpoint: string) {
    // No limit, so that it can read whatever the tests put.
    this.#client = new Etcd3({ hosts: endpoint, grpcOptions: { 'grpc.max_receive_message_length': -1 } });
  }

  async put(key: string, value: string | Buffer): Promise<void> {
    await this.#client.kv.put({ key: Buffer.from(key, 'latin1'), value: Buffer.from(value) });
  }

  /** Puts `count` keys `PREFIX0`, `PREFIX1`…, in transactions of 100, with the same value. */
  async putMany(prefix: string, count: number, value: string | Buffer): Promise<void> {
    for (let from = 0; from < count; from += 100) {
      const puts = Array.from({ length: Math.min(100, count - from) }, (_, at) => ({
        request_put: { key: Buffer.from(prefix + (from + at), 'latin1'), value: Buffer.from(value) },
      }));
      await this.#client.kv.txn({ success: puts });
    }
  }

  async delete(key: string): Promise<void> {
    await this.#client.kv.deleteRange({ key: Buffer.from(key, 'latin1') });
  }

  /** Deletes and puts in one transaction. */
  async move(from: string, to: string, value: string): Promise<void> {
    await this.#client.kv.txn({
      success: [
        { request_delete_range: { key: Buffer.from(from) } },
        { request_put: { key: Buffer.from(to), value: Buffer.from(value) } },
      ],
    });
  }

  /** Forgets all revisions before the present one. */
  async compact(): Promise<void> {
    await this.#client.kv.compact({ revision: await this.revision(), physical: true });
  }

  async revision(): Promise<string> {
    return (await this.#client.kv.range({ key: Buffer.from('/') })).header.revision;
  }

  /** The keys from `/` to before `0`, which is all that tests put, and their values. */
  async content(): Promise<ReadonlyMap<string, string>> {
    const { kvs } = await this.#client.kv.range({ key: Buffer.from('/'), range_end: Buffer.from('0') });
    return new Map(kvs.map(({ key, value }) => [key.toString('latin1'), value.toString('latin1')]));
  }

  close(): void {
    this.#client.close();
  }
}
