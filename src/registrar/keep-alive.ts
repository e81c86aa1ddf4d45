// One stream that renews many leases. It also tells at once when the connection below it breaks, which calls alone would
// find out only when the next one is made.

import type { Connection } from '../etcd/connection.ts';
import { type Fault, fault, faultOf } from '../etcd/fault.ts';

/** Milliseconds for the answer to a renewal. etcd answers from memory; a follower asks its leader first. */
const RENEW_DEADLINE_MS = 1000;

export interface Renewal {
  readonly kind: 'renewal';
  /** 0 for a lease that is no more. */
  readonly ttlSeconds: number;
}

type KeepAliveDuplex = Awaited<ReturnType<Connection['lease']['leaseKeepAlive']>>;

export class KeepAlive {
  readonly #stream: KeepAliveDuplex;
  readonly #onEnd: (reason: Fault) => void;
  readonly #pending = new Map<string, (answer: Renewal | Fault) => void>();
  #ended = false;

  private constructor(stream: KeepAliveDuplex, onEnd: (reason: Fault) => void) {
    this.#stream = stream;
    this.#onEnd = onEnd;
    stream.on('data', ({ ID, TTL }) => this.#pending.get(ID)?.({ kind: 'renewal', ttlSeconds: Number(TTL) }));
    stream.on('error', (error) => this.#end(faultOf(error)));
    stream.on('end', () => this.#end(fault('unreachable', 'the stream of keepalives ended')));
  }

  /** @param onEnd called once, when the stream breaks or is closed */
  static async open(connection: Connection, onEnd: (reason: Fault) => void): Promise<KeepAlive | Fault> {
    try {
      return new KeepAlive(await connection.lease.leaseKeepAlive(), onEnd);
    } catch (error) {
      return faultOf(error);
    }
  }

  /** Gives a lease its whole TTL again. One renewal of a lease at a time. */
  renew(leaseId: string): Promise<Renewal | Fault> {
    return new Promise((resolve) => {
      if (this.#ended) {
        resolve(fault('unreachable', 'the stream of keepalives has ended'));
        return;
      }
      const settle = (answer: Renewal | Fault): void => {
        clearTimeout(timer);
        this.#pending.delete(leaseId);
        resolve(answer);
      };
      const timer = setTimeout(() => settle(fault('timeout', 'no answer to a keepalive')), RENEW_DEADLINE_MS);
      this.#pending.set(leaseId, settle);
      this.#stream.write({ ID: leaseId });
    });
  }

  close(): void {
    this.#end(fault('closed', 'the stream of keepalives was closed'));
  }

  #end(reason: Fault): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stream.cancel();
    for (const settle of [...this.#pending.values()]) settle(reason);
    this.#onEnd(reason);
  }
}
