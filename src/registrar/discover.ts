// The consumer's side, for Node programs that would rather be told than ask: the instances of one service, as etcd has
// them, kept up to date by a watch. What they mean is read by the server's own parser.

import { EventEmitter } from 'node:events';
import type { SyncState } from '../etcd/follow-event.ts';
import { Follower } from '../etcd/follower.ts';
import type { EtcdOptions } from '../etcd/options.ts';
import type { Instance } from '../registry/instance.ts';
import { Registry } from '../registry/registry.ts';
import { formatName, nameOf } from '../wire/name.ts';
import { DEFAULT_ETCD } from './defaults.ts';

export interface DiscoverOptions {
  /** `http://127.0.0.1:2379` when absent. */
  readonly etcd?: EtcdOptions | undefined;
  /** What keys begin with; `/` when absent. */
  readonly prefix?: string | undefined;
}

export interface DiscoveredInstance {
  /** What the key has behind the service. */
  readonly id: string;
  /** An IPv4 or IPv6 address without brackets, or a host name. */
  readonly host: string;
  /** The main port; undefined where none was registered. */
  readonly port: number | undefined;
  /** The ports with a name. */
  readonly ports: Readonly<Record<string, number>>;
  readonly priority: number;
  readonly weight: number;
  /** The pairs of its TXT strings `key=value`. */
  readonly metadata: Readonly<Record<string, string>>;
}

interface Events {
  /** All instances, after some have changed. */
  instances: [readonly DiscoveredInstance[]];
  /** `stale`: etcd is away, and the list is what it was. */
  state: [SyncState];
}

/** More than a service has; a bound on what one prefix of a store can cost its readers. */
const MAX_INSTANCES = 100_000;

/** Any name does, as nobody asks for it. */
const APEX = nameOf('svc.local.');
const SERVICE = nameOf('service.svc.local.');

/**
 * Watches the instances that are registered directly below a service.
 *
 * @param name of the service: `specServer`, or several segments as in `eu/specServer`
 */
export function discover(name: string, { etcd = DEFAULT_ETCD, prefix = '/' }: DiscoverOptions = {}): Discovery {
  return new Discovery(etcd, Buffer.from(`${prefix.replace(/\/*$/, '/')}${name}/`, 'utf8').toString('latin1'));
}

/** The instances of a service. Emits `instances` and `state`; as an iterable, it gives the list now and after changes. */
export class Discovery
  extends EventEmitter<Events>
  implements AsyncDisposable, AsyncIterable<readonly DiscoveredInstance[]>
{
  readonly #prefix: string;
  readonly #registry: Registry;
  readonly #follower: Follower;
  readonly #stop = new AbortController();
  #instances: readonly DiscoveredInstance[] | undefined;

  constructor(etcd: EtcdOptions, prefix: string) {
    super();
    this.#prefix = prefix;
    this.#registry = new Registry({
      maps: [{ prefix, name: SERVICE, apex: APEX, subtree: false }],
      maxInstances: MAX_INSTANCES,
    });
    this.#follower = new Follower({
      etcd,
      prefixes: [prefix],
      onBatch: (batch) => {
        this.#registry.apply(batch);
        this.#instances = this.#list();
        this.emit('instances', this.#instances);
      },
      onState: (state) => this.emit('state', state),
      log: () => {},
    });
    this.#follower.start();
  }

  get state(): SyncState {
    return this.#follower.state;
  }

  /** Those that are up; empty before etcd was read. A fault of etcd never empties the list. */
  get instances(): readonly DiscoveredInstance[] {
    return this.#instances ?? [];
  }

  /** Waits for the first list, then for each that differs; a reader that is slow misses those in between. Ends with `close()`. */
  async *[Symbol.asyncIterator](): AsyncGenerator<readonly DiscoveredInstance[], void> {
    let seen: readonly DiscoveredInstance[] | undefined;
    while (!this.#stop.signal.aborted) {
      if (this.#instances === undefined || this.#instances === seen) await this.#change();
      else {
        seen = this.#instances;
        yield seen;
      }
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#follower.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Resolves with the next list, or when this is closed. */
  #change(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.off('instances', done);
        this.#stop.signal.removeEventListener('abort', done);
        resolve();
      };
      this.on('instances', done);
      this.#stop.signal.addEventListener('abort', done);
    });
  }

  #list(): DiscoveredInstance[] {
    const found: DiscoveredInstance[] = [];
    for (const { key, instance } of this.#registry.registrations()) {
      const id = key.slice(this.#prefix.length);
      if (instance?.up === true && !id.includes('/')) found.push(discovered(id, instance));
    }
    return found;
  }
}

function discovered(id: string, { host, ports, priority, weight, texts }: Instance): DiscoveredInstance {
  const named = ports.flatMap(({ name, number }) => (name === undefined ? [] : [[name, number] as const]));
  const pairs = texts.map((text) => Buffer.from(text, 'latin1').toString('utf8').split(/=(.*)/s));
  return {
    id: Buffer.from(id, 'latin1').toString('utf8'),
    host: host.kind === 'name' ? formatName(host.name).slice(0, -1) : host.address,
    port: ports[0]?.number,
    ports: Object.fromEntries(named),
    priority,
    weight,
    metadata: Object.fromEntries(pairs.map(([name = '', value = '']) => [name, value])),
  };
}
