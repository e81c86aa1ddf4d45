// One registered instance, whatever format its value was written in, and the reasons for which a value cannot be used.

import type { Name } from '../wire/name.ts';
import type { KeyOctets } from './change.ts';

/** Where an instance is reached. Addresses are in canonical text (dotted quad, RFC 5952). */
export type Host =
  | { readonly kind: 'ipv4'; readonly address: string }
  | { readonly kind: 'ipv6'; readonly address: string }
  | { readonly kind: 'name'; readonly name: Name };

/** A port of an instance. The name is a URL scheme or the key in `ports`; in lower case, without the underscore. */
export interface Port {
  readonly name: string | undefined;
  readonly number: number;
  /** `tcp`, `udp`, `sctp`…: the `_proto` label of RFC 2782, in lower case, without the underscore. */
  readonly protocol: string;
}

/** What one key stands for. */
export interface Instance {
  readonly key: KeyOctets;
  readonly host: Host;
  /** The first one is the instance's main port: what SRV at the service's own name gives. */
  readonly ports: readonly Port[];
  readonly priority: number;
  readonly weight: number;
  /** Seconds; undefined where the value sets none. Already within 1 to 300. */
  readonly ttlSeconds: number | undefined;
  /** TXT strings in octets, each at most 255: `key=value` of the metadata, or SkyDNS `text`. */
  readonly texts: readonly string[];
  /** `state: down`, `Op: 1`: registered, but to be answered for by nobody. */
  readonly up: boolean;
  /** SkyDNS `group`; undefined for none. */
  readonly group: string | undefined;
  /** SkyDNS `targetstrip`: labels to take off the front of the SRV target. */
  readonly targetStrip: number;
  /** SkyDNS `mail`: the name has an MX for this host. */
  readonly mail: boolean;
  readonly leaseId: string;
  readonly modRevision: bigint;
}

/** Middle of what the operator can want on either side; the defaults of SkyDNS and CoreDNS, so a mixed registry is even. */
export const DEFAULT_PRIORITY = 10;
export const DEFAULT_WEIGHT = 100;

/** Octets of a value; a larger one is not parsed. No format needs more, and one writer must not slow the others. */
export const VALUE_MAX_OCTETS = 4096;

/** Octets of a key; a larger one is not parsed. */
export const KEY_MAX_OCTETS = 512;

/** Seconds. A TTL of 0 is not cached at all by some and for ever by others; more than 300 outlives any deployment. */
export const TTL_MIN_SECONDS = 1;
export const TTL_MAX_SECONDS = 300;

/** Why a value cannot be used. The strings are the `reason` label of the metrics: never free text. */
export const REJECTION_REASONS = [
  'key-too-long',
  'name-too-long',
  'value-too-long',
  'empty',
  'not-text',
  'bad-syntax',
  'bad-json',
  'unknown-format',
  'bad-host',
  'forbidden-address',
  'bad-port',
  'missing-port',
  'too-many-instances',
] as const;

export type RejectionReason = (typeof REJECTION_REASONS)[number];

/** A value that cannot be used. */
export interface Rejection {
  readonly key: KeyOctets;
  readonly reason: RejectionReason;
  /** For a person: what was found and what was expected, at most 200 characters, control characters escaped. */
  readonly detail: string;
}

/** Whether two values of one key give the same records. Leases and revisions may differ. */
export function sameAnswers(a: Instance, b: Instance): boolean {
  return (
    hostText(a.host) === hostText(b.host) &&
    a.priority === b.priority &&
    a.weight === b.weight &&
    a.ttlSeconds === b.ttlSeconds &&
    a.up === b.up &&
    a.group === b.group &&
    a.targetStrip === b.targetStrip &&
    a.mail === b.mail &&
    a.texts.length === b.texts.length &&
    a.texts.every((text, at) => text === b.texts[at]) &&
    a.ports.length === b.ports.length &&
    a.ports.every((port, at) => samePort(port, b.ports[at]))
  );
}

function hostText(host: Host): string {
  return host.kind === 'name' ? host.name : host.address;
}

function samePort(a: Port, b: Port | undefined): boolean {
  return a.name === b?.name && a.number === b?.number && a.protocol === b?.protocol;
}
