// Server cookies (RFC 7873, in the form of RFC 9018): who shows one has had an answer at its address before, so that the
// address is no forgery. No cookie is kept: each is a hash over the client's half, the time and the client's address,
// under a secret of this process that changes each day.

import { LRUCache } from 'lru-cache';
import { IPV6_OCTETS, parseIpv4, parseIpv6 } from '../wire/address.ts';
import { CLIENT_COOKIE_OCTETS } from '../wire/codes.ts';
import { COOKIE_OCTETS } from '../wire/edns.ts';
import { SIPHASH_OCTETS, SipHash } from '../wire/siphash.ts';

export interface ServerCookiesOptions {
  /** Whole seconds since 1970 (RFC 9018 §4.3). */
  readonly nowSeconds: () => number;
  /** 16 octets that nobody can guess. */
  readonly newSecret: () => Uint8Array;
}

/** The only version there is (RFC 9018 §4.1). */
const VERSION = 1;

/** Client cookie, version and three reserved octets, time: what the hash is over, in front of the address (§4.4). */
const TIME_AT = CLIENT_COOKIE_OCTETS + 4;
const HASH_AT = TIME_AT + 4;

/** Seconds that a cookie is good for, and seconds that the clock of its maker may be ahead (RFC 9018 §4.3). */
const AGE_MAX_SECONDS = 3600;
const AHEAD_MAX_SECONDS = 300;

/** Seconds. RFC 7873 §7.1 wants a secret to be used for no more than 26 hours. */
const SECRET_SECONDS = 24 * 3600;

/** Clients whose addresses are kept in octets. Parsing one of IPv6 takes 1 µs, where this takes 0.05. */
const KEPT_ADDRESSES = 10_000;

export class ServerCookies {
  readonly #options: ServerCookiesOptions;
  readonly #input = new Uint8Array(HASH_AT + IPV6_OCTETS);
  readonly #addresses = new LRUCache<string, Uint8Array>({ max: KEPT_ADDRESSES });
  readonly #expected = new Uint8Array(SIPHASH_OCTETS);
  #secret: SipHash;
  /** The secret before, for the cookies that are still good. */
  #previous: SipHash | undefined;
  #secretSinceSeconds: number;

  constructor(options: ServerCookiesOptions) {
    this.#options = options;
    this.#secret = new SipHash(options.newSecret());
    this.#secretSinceSeconds = options.nowSeconds();
  }

  /**
   * Writes a fresh cookie to `out`: the client's half as it came, and ours.
   *
   * @param message has the client's half at `cookieAt`
   * @param address of the client, in canonical text
   */
  write(message: Uint8Array, cookieAt: number, address: string, out: Uint8Array, at: number): void {
    const nowSeconds = this.#options.nowSeconds();
    this.#renewSecret(nowSeconds);
    const input = this.#input;
    for (let octet = 0; octet < CLIENT_COOKIE_OCTETS; octet += 1) input[octet] = message[cookieAt + octet] ?? 0;
    input.fill(0, CLIENT_COOKIE_OCTETS, TIME_AT);
    input[CLIENT_COOKIE_OCTETS] = VERSION;
    for (let octet = 0; octet < 4; octet += 1) input[TIME_AT + octet] = nowSeconds >>> (24 - 8 * octet);
    for (let octet = 0; octet < HASH_AT; octet += 1) out[at + octet] = input[octet] ?? 0;
    this.#secret.hash(input, this.#putAddress(address), out, at + HASH_AT);
  }

  /** Whether the cookie in `message[at, at + octets)` was made by this server for a client at `address`, and lately. */
  isValid(message: Uint8Array, at: number, octets: number, address: string): boolean {
    if (octets !== COOKIE_OCTETS || message[at + CLIENT_COOKIE_OCTETS] !== VERSION) return false;
    const nowSeconds = this.#options.nowSeconds();
    this.#renewSecret(nowSeconds);
    const input = this.#input;
    for (let octet = 0; octet < HASH_AT; octet += 1) input[octet] = message[at + octet] ?? 0;
    let madeSeconds = 0;
    for (let octet = 0; octet < 4; octet += 1) madeSeconds = (madeSeconds << 8) | (input[TIME_AT + octet] ?? 0);
    // 32 bits that begin again at zero some day (RFC 9018 §4.3).
    const ageSeconds = (nowSeconds - madeSeconds) | 0;
    if (ageSeconds > AGE_MAX_SECONDS || ageSeconds < -AHEAD_MAX_SECONDS) return false;
    const length = this.#putAddress(address);
    const hash = message.subarray(at + HASH_AT, at + COOKIE_OCTETS);
    return [this.#secret, this.#previous].some((secret) => {
      secret?.hash(input, length, this.#expected, 0);
      return secret !== undefined && isSame(this.#expected, hash);
    });
  }

  #renewSecret(nowSeconds: number): void {
    if (nowSeconds - this.#secretSinceSeconds < SECRET_SECONDS) return;
    this.#previous = this.#secret;
    this.#secret = new SipHash(this.#options.newSecret());
    this.#secretSinceSeconds = nowSeconds;
  }

  /** Puts the address behind what else is hashed; how much that is with it. */
  #putAddress(text: string): number {
    let octets = this.#addresses.get(text);
    if (octets === undefined) {
      octets = addressOctets(text);
      this.#addresses.set(text, octets);
    }
    this.#input.set(octets, HASH_AT);
    return HASH_AT + octets.length;
  }
}

function addressOctets(text: string): Uint8Array {
  // The zone id of a link-local address is of this host and not of the client.
  const [address = ''] = text.split('%', 1);
  const octets = parseIpv4(address) ?? parseIpv6(address);
  if (octets === undefined) throw new Error(`${text}: expected an address`);
  return octets;
}

/** Compares in a time that does not depend on where they differ, so that nobody can find a hash octet by octet. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0;
  for (let at = 0; at < SIPHASH_OCTETS; at += 1) difference |= (a[at] ?? 0) ^ (b[at] ?? 0);
  return difference === 0;
}
