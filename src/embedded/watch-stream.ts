// One Watch call: the watches that the client created on it, and the responses that leave through it. Events are taken
// out of the history only while the client reads; the client's own requests wait meanwhile too.

import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Identity } from './answer.ts';
import { withIdentity } from './answer.ts';
import type { WatchCreateRequest, WatchRequest, WatchResponse } from './protocol.ts';
import { wireHeader } from './protocol.ts';
import type { Store } from './store.ts';
import { refuseWatch, Watch } from './watch.ts';

export type WatchCall = ServerDuplexStream<WatchRequest, WatchResponse>;

/** Every commit visits every watch: ten times what one client of svcdns could want, and still under a millisecond. */
const WATCHES_PER_STREAM_MAX = 1000;

/** The id of a response that is about the whole stream, as in etcd. */
const ALL_WATCHES = '-1';

/** The watches of one call. */
export class WatchStream {
  readonly #call: WatchCall;
  readonly #store: Store;
  readonly #identity: Identity;
  readonly #watches = new Map<string, Watch>();
  #nextId = 0;
  /** The client does not read as fast as it is sent to. */
  #blocked = false;
  /** The client asked how far the stream is; answered once all is sent that happened before. */
  #progressAsked = false;

  constructor(call: WatchCall, store: Store, identity: Identity) {
    this.#call = call;
    this.#store = store;
    this.#identity = identity;
    call.on('data', (request: WatchRequest) => this.#receive(request));
    call.on('drain', () => {
      this.#blocked = false;
      this.sendEvents();
      if (!this.#blocked) call.resume();
    });
  }

  /** Sends what the store has and the watches have not, as far as the client reads. */
  sendEvents(): void {
    for (const watch of this.#watches.values()) {
      while (!this.#blocked) {
        const step = watch.take(this.#store);
        if (step.kind === 'idle') break;
        if (step.kind === 'compacted') {
          this.#watches.delete(watch.id);
          this.#send(step.response);
          break;
        }
        for (const response of step.responses) this.#send(response);
      }
    }
    if (this.#progressAsked && !this.#blocked) {
      this.#progressAsked = false;
      this.#send({ header: wireHeader(this.#store.revision), watch_id: ALL_WATCHES });
    }
  }

  /** Tells the watches that asked for it and had no events since the last call how far the store is. */
  sendProgress(): void {
    for (const watch of this.#watches.values()) {
      if (watch.progressNotify && watch.quiet && !this.#blocked) {
        this.#send({ header: wireHeader(this.#store.revision), watch_id: watch.id });
      }
      watch.quiet = true;
    }
  }

  #receive(request: WatchRequest): void {
    if (request.create_request !== undefined) this.#create(request.create_request);
    else if (request.cancel_request !== undefined) this.#cancel(request.cancel_request.watch_id);
    else if (request.progress_request !== undefined) this.#progressAsked = true;
    this.sendEvents();
  }

  #create(request: WatchCreateRequest): void {
    const header = wireHeader(this.#store.revision);
    const reason =
      this.#watches.size < WATCHES_PER_STREAM_MAX
        ? refuseWatch(request, this.#watches)
        : 'etcdserver: too many requests';
    if (reason !== undefined) {
      this.#send({ header, watch_id: ALL_WATCHES, created: true, canceled: true, cancel_reason: reason });
      return;
    }
    const watch = new Watch(this.#idFor(request), request, this.#store.revision);
    this.#watches.set(watch.id, watch);
    this.#send({ header, watch_id: watch.id, created: true });
  }

  #idFor(request: WatchCreateRequest): string {
    if (request.watch_id !== '0') return request.watch_id;
    while (this.#watches.has(String(this.#nextId))) this.#nextId += 1;
    const id = String(this.#nextId);
    this.#nextId += 1;
    return id;
  }

  #cancel(watchId: string): void {
    if (!this.#watches.delete(watchId)) return;
    this.#send({ header: wireHeader(this.#store.revision), watch_id: watchId, canceled: true });
  }

  #send(response: WatchResponse): void {
    if (this.#call.write(withIdentity(response, this.#identity))) return;
    this.#blocked = true;
    this.#call.pause();
  }
}
