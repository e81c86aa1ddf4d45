// One watch: a place in the history of the store that moves on as its events are taken. Nothing is queued for a watch;
// the history is the queue, so a client that does not read costs no memory and in the end finds its place compacted.

import type { WatchCreateRequest, WatchResponse, WireEvent } from './protocol.ts';
import { keyRange, wireHeader, wireKeyValue } from './protocol.ts';
import type { KeyEvent, KeyRange, Store } from './store.ts';
import { covers } from './store.ts';

/** Revisions with events that one response takes together, as in etcd. */
const RESPONSE_MAX_REVISIONS = 1000;

/**
 * Bytes of events that one response or one fragment holds, if it holds more than one revision or event. As in etcd: its
 * request limit and what it adds for gRPC. Half of what gRPC clients accept unless told otherwise.
 */
const RESPONSE_MAX_BYTES = 2 * 1024 * 1024;

/** Upper bound of what an encoded event has beside its keys and values: tags, lengths and eight integers. */
const EVENT_OVERHEAD_BYTES = 100;

const FILTER_PUTS = 0;
const FILTER_DELETES = 1;

/** What the next events of a watch are. */
export type WatchStep =
  | { readonly kind: 'idle' }
  | { readonly kind: 'events'; readonly responses: readonly WatchResponse[] }
  | { readonly kind: 'compacted'; readonly response: WatchResponse };

/** A watch of one range of keys. */
export class Watch {
  readonly id: string;
  readonly progressNotify: boolean;
  /** Whether nothing was taken since this was last set: then progress is worth telling. */
  quiet = true;
  readonly #keys: KeyRange;
  readonly #request: WatchCreateRequest;
  /** The first revision that was not taken yet. */
  #nextRevision: bigint;

  constructor(id: string, request: WatchCreateRequest, currentRevision: bigint) {
    this.id = id;
    this.progressNotify = request.progress_notify;
    this.#keys = watchedKeys(request);
    this.#request = request;
    this.#nextRevision = BigInt(request.start_revision) || currentRevision + 1n;
  }

  /** Takes the next events out of the history: those of one response, whole revisions only. */
  take(store: Store): WatchStep {
    if (this.#nextRevision > store.revision) return { kind: 'idle' };
    if (this.#nextRevision < store.compactedRevision) {
      // etcd sets no revision in this header.
      const header = wireHeader(0n);
      const compact_revision = String(store.compactedRevision);
      return { kind: 'compacted', response: { header, watch_id: this.id, canceled: true, compact_revision } };
    }
    const events: KeyEvent[] = [];
    let revisions = 0;
    let bytes = 0;
    while (this.#nextRevision <= store.revision && revisions < RESPONSE_MAX_REVISIONS) {
      const commit = store.commitAt(this.#nextRevision);
      const wanted = commit?.events.filter((event) => this.#wants(event)) ?? [];
      for (const event of wanted) bytes += this.#eventBytes(event);
      if (bytes > RESPONSE_MAX_BYTES && events.length > 0) break;
      if (wanted.length > 0) revisions += 1;
      for (const event of wanted) events.push(event);
      this.#nextRevision += 1n;
    }
    if (events.length === 0) return { kind: 'idle' };
    this.quiet = false;
    return { kind: 'events', responses: this.#responses(events, store) };
  }

  #wants({ kv }: KeyEvent): boolean {
    const filter = kv.version === 0n ? FILTER_DELETES : FILTER_PUTS;
    return covers(this.#keys, kv.key) && !this.#request.filters.includes(filter);
  }

  #responses(events: readonly KeyEvent[], store: Store): WatchResponse[] {
    // As in etcd the header tells where the store stands, which can be ahead of the events.
    const header = wireHeader(store.revision);
    const parts = this.#request.fragment ? this.#fragments(events) : [events];
    return parts.map((part, index) => ({
      header,
      watch_id: this.id,
      fragment: index < parts.length - 1,
      events: part.map((event) => this.#wireEvent(event, store)),
    }));
  }

  #fragments(events: readonly KeyEvent[]): KeyEvent[][] {
    let bytes = 0;
    let fragment: KeyEvent[] = [];
    const fragments = [fragment];
    for (const event of events) {
      bytes += this.#eventBytes(event);
      if (bytes > RESPONSE_MAX_BYTES && fragment.length > 0) {
        bytes = this.#eventBytes(event);
        fragment = [];
        fragments.push(fragment);
      }
      fragment.push(event);
    }
    return fragments;
  }

  #wireEvent({ kv, previous }: KeyEvent, store: Store): WireEvent {
    // What a key was before the oldest readable revision is not told, even if it is still known.
    const tellsPrevious = this.#request.prev_kv && kv.modRevision > store.compactedRevision;
    return {
      type: kv.version === 0n ? 1 : 0,
      kv: wireKeyValue(kv),
      prev_kv: tellsPrevious && previous !== undefined ? wireKeyValue(previous) : null,
    };
  }

  #eventBytes({ kv, previous }: KeyEvent): number {
    const previousBytes =
      this.#request.prev_kv && previous !== undefined ? previous.key.length + previous.value.length : 0;
    return kv.key.length + kv.value.length + previousBytes + EVENT_OVERHEAD_BYTES;
  }
}

/** Why a watch cannot be created, in etcd's words; undefined when it can. */
export function refuseWatch(request: WatchCreateRequest, taken: { has(id: string): boolean }): string | undefined {
  if (request.watch_id !== '0' && taken.has(request.watch_id)) {
    return 'mvcc: duplicate watch ID provided on the WatchStream';
  }
  const keys = watchedKeys(request);
  return keys.to !== undefined && keys.to <= keys.from ? 'mvcc: watcher range is empty' : undefined;
}

function watchedKeys(request: WatchCreateRequest): KeyRange {
  // No key means the smallest one, which is a single zero octet.
  return request.key.length === 0
    ? keyRange(Buffer.of(0), request.range_end)
    : keyRange(request.key, request.range_end);
}
