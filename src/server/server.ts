// All sockets of one DNS server: UDP and TCP on every address, on one port.

import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { performance } from 'node:perf_hooks';
import { BindError, codeOf } from './bind-error.ts';
import type { QueryCounters } from './counters.ts';
import type { Responder } from './respond.ts';
import { TcpListener } from './tcp.ts';
import { type TcpLimits, TcpPool } from './tcp-pool.ts';
import { UdpListener } from './udp.ts';

export interface DnsServerOptions {
  /** In canonical text; `0.0.0.0` and `::` stand for all addresses of their family. */
  readonly listen: readonly string[];
  /** 0 for any that is free on all addresses. */
  readonly port: number;
  readonly responder: Responder;
  readonly counters: QueryCounters;
  readonly receiveBufferOctets: number;
  readonly tcp: TcpLimits;
  /** Told of an address behind a wildcard: once when it cannot be served, and without an error when it is later on. */
  readonly onAddress: (address: string, error: unknown) => void;
}

/**
 * Milliseconds between looks for addresses that came or went. A wildcard is one socket for each address, because the
 * system chooses the source address of what a wildcard socket sends, and clients drop replies from another one.
 */
const RESCAN_MS = 10_000;

/** Milliseconds between looks at the time limits of TCP connections: one timer for all of them. */
const SWEEP_MS = 250;

/** What the system says of `::1` on a host without IPv6, and on one where it is switched off. */
const WITHOUT_IPV6: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL']);

/** Tries for one port that is free on all addresses. */
const FREE_PORT_TRIES = 20;

export class DnsServer {
  readonly #options: DnsServerOptions;
  readonly #pool: TcpPool;
  readonly #udp = new Map<string, UdpListener>();
  readonly #tcp: TcpListener[] = [];
  /** Addresses that `onAddress` was told an error of. */
  readonly #unserved = new Set<string>();
  #sweep: NodeJS.Timeout | undefined;
  #rescan: NodeJS.Timeout | undefined;
  #following: Promise<void> | undefined;
  #port = 0;

  private constructor(options: DnsServerOptions) {
    this.#options = options;
    this.#pool = new TcpPool(options.tcp);
  }

  /**
   * Opens all sockets, or none. A host without IPv6 is served without `::1`, which is listened to by default.
   *
   * @throws BindError
   */
  static async listen(options: DnsServerOptions): Promise<DnsServer> {
    for (let tries = FREE_PORT_TRIES; ; tries -= 1) {
      const server = new DnsServer(options);
      try {
        await server.#open(options.port);
        return server;
      } catch (error) {
        await server.close();
        // A port that the system chose for the first socket may be taken for another.
        const mayTryAgain = options.port === 0 && systemCode(error) === 'EADDRINUSE' && tries > 0;
        if (!mayTryAgain) throw error;
      }
    }
  }

  get port(): number {
    return this.#port;
  }

  /** Addresses that are answered on over UDP. */
  get addresses(): readonly string[] {
    return [...this.#udp.keys()];
  }

  /** What the system gave as receive buffer, in octets: the least of all sockets. */
  get receiveBufferOctets(): number {
    return Math.min(...Array.from(this.#udp.values(), (listener) => listener.receiveBufferOctets));
  }

  async #open(port: number): Promise<void> {
    this.#port = port;
    const { listen } = this.#options;
    let skipped: unknown;
    for (const address of new Set(listen)) {
      try {
        await this.#openAll(address);
      } catch (error) {
        if (address !== '::1' || !WITHOUT_IPV6.has(systemCode(error))) throw error;
        skipped = error;
      }
    }
    if (this.#udp.size === 0) throw skipped ?? new BindError(`any address of ${listen.join(', ')}`, undefined);
    this.#sweep = setInterval(() => this.#pool.checkLimits(performance.now()), SWEEP_MS);
    if (listen.some(isWildcard)) {
      this.#rescan = setInterval(() => {
        this.#following ??= this.#followAddresses().finally(() => {
          this.#following = undefined;
        });
      }, RESCAN_MS);
    }
  }

  /** Opens the sockets of one address of the settings. */
  async #openAll(address: string): Promise<void> {
    for (const local of expand(address)) {
      try {
        await this.#openUdp(local);
      } catch (error) {
        // The system still checks whether another host has the address (RFC 4862 §5.4); it is looked at again.
        if (!isWildcard(address) || systemCode(error) !== 'EADDRNOTAVAIL') throw error;
        this.#onUnserved(local, error);
      }
    }
    const { listen } = this.#options;
    const isCovered = !isWildcard(address) && listen.some((other) => isWildcard(other) && isSameFamily(other, address));
    if (isCovered) return;
    this.#tcp.push(await TcpListener.bind(address, this.#port, { ...this.#options, pool: this.#pool }));
  }

  async #openUdp(address: string): Promise<void> {
    if (this.#udp.has(address)) return;
    const listener = await UdpListener.bind(address, this.#port, this.#options);
    this.#udp.set(address, listener);
    this.#port = listener.port;
  }

  /** Opens and closes sockets as addresses of the host come and go. */
  async #followAddresses(): Promise<void> {
    const { listen } = this.#options;
    let present: Set<string>;
    try {
      present = new Set(listen.filter(isWildcard).flatMap(expand));
    } catch {
      // Asking takes a descriptor, and there may be none left. What is served stays so, and the next look is soon.
      return;
    }
    for (const address of present) {
      if (this.#udp.has(address)) continue;
      try {
        await this.#openUdp(address);
      } catch (error) {
        this.#onUnserved(address, error);
        continue;
      }
      this.#unserved.delete(address);
      this.#options.onAddress(address, undefined);
    }
    for (const address of this.#unserved) if (!present.has(address)) this.#unserved.delete(address);
    for (const [address, listener] of this.#udp) {
      if (present.has(address) || listen.includes(address)) continue;
      this.#udp.delete(address);
      await listener.close();
    }
  }

  #onUnserved(address: string, error: unknown): void {
    if (this.#unserved.has(address)) return;
    this.#unserved.add(address);
    this.#options.onAddress(address, error);
  }

  /** Closes all sockets, open connections too. */
  async close(): Promise<void> {
    clearInterval(this.#rescan);
    clearInterval(this.#sweep);
    await this.#following;
    this.#pool.closeAll();
    await Promise.all([...this.#udp.values(), ...this.#tcp].map((listener) => listener.close()));
    this.#udp.clear();
  }
}

function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

function isSameFamily(address: string, other: string): boolean {
  return isIPv4(address) === isIPv4(other);
}

/** The system's code for why a socket could not be bound. */
function systemCode(error: unknown): string {
  return error instanceof BindError ? codeOf(error.cause) : '';
}

/** The addresses that an address to listen on stands for. */
function expand(address: string): string[] {
  if (!isWildcard(address)) return [address];
  const local: string[] = [];
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    for (const found of addresses ?? []) {
      if (!isSameFamily(found.address, address)) continue;
      // A link-local address is one of its interface and not of the host (RFC 4007 §11).
      local.push(found.address.startsWith('fe80:') ? `${found.address}%${name}` : found.address);
    }
  }
  return local;
}

/**
 * The addresses of this host that a server on `listen` is reached at; of the loopback only where there are no others,
 * since to anybody else they mean another host.
 */
export function reachableAddresses(listen: readonly string[]): string[] {
  const addresses = listen.flatMap(expand).filter((address) => !address.includes('%'));
  const others = addresses.filter((address) => address !== '::1' && !address.startsWith('127.'));
  return others.length > 0 ? others : addresses;
}
