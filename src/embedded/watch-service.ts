// etcd's Watch service: tells every open call of every commit.

import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Identity } from './answer.ts';
import type { Store } from './store.ts';
import type { WatchCall } from './watch-stream.ts';
import { WatchStream } from './watch-stream.ts';

/** etcd's interval between the progress responses of a watch that has no events. */
const PROGRESS_INTERVAL_MS = 10 * 60 * 1000;

/** The open Watch calls. */
export class WatchService {
  readonly #store: Store;
  readonly #identity: Identity;
  readonly #streams = new Set<WatchStream>();
  readonly #endCommits: () => void;
  readonly #progressTimer: NodeJS.Timeout;

  constructor(store: Store, identity: Identity) {
    this.#store = store;
    this.#identity = identity;
    this.#endCommits = store.onCommit(() => {
      for (const stream of this.#streams) stream.sendEvents();
    });
    this.#progressTimer = setInterval(() => {
      for (const stream of this.#streams) stream.sendProgress();
    }, PROGRESS_INTERVAL_MS);
  }

  get methods(): UntypedServiceImplementation {
    return { Watch: (call: WatchCall) => this.#open(call) };
  }

  close(): void {
    this.#endCommits();
    clearInterval(this.#progressTimer);
    this.#streams.clear();
  }

  #open(call: WatchCall): void {
    const stream = new WatchStream(call, this.#store, this.#identity);
    this.#streams.add(stream);
    // Only this ends a call: as with etcd, a client that has nothing more to ask still gets its events.
    call.on('cancelled', () => this.#streams.delete(stream));
  }
}
