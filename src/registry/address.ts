// Which addresses may be registered. A registry is written by many, so an address that cannot be one instance, or that
// means something else on every client's machine, is refused: unspecified, multicast, broadcast, link-local (the cloud
// metadata service among them) and anything with a zone id. An IPv4-mapped IPv6 address is taken as IPv4. Loopback is
// allowed: a registry for one machine is a real use.

import {
  formatIpv4,
  formatIpv6,
  IPV4_OCTETS,
  IPV6_OCTETS,
  isIpv4Mapped,
  parseIpv4,
  parseIpv6,
} from '../wire/address.ts';
import type { Host } from './instance.ts';

/** A host that is an address, in canonical text. */
export type Address = Exclude<Host, { readonly kind: 'name' }>;

/** An address that is well formed and may not be registered. */
export interface ForbiddenAddress {
  readonly kind: 'forbidden';
  /** What it is, for a person: `a multicast address`. */
  readonly what: string;
}

const LINK_LOCAL = 'a link-local address';
const MULTICAST = 'a multicast address';
const UNSPECIFIED = 'the unspecified address';

/**
 * Reads an IP address and judges it.
 *
 * @returns the address in canonical text, or why it is forbidden; undefined when the text is no address
 */
export function parseAddress(text: string): Address | ForbiddenAddress | undefined {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== undefined) return judgeIpv4(ipv4);
  const ipv6 = parseIpv6(text);
  if (ipv6 !== undefined) {
    return isIpv4Mapped(ipv6) ? judgeIpv4(ipv6.subarray(IPV6_OCTETS - IPV4_OCTETS)) : judgeIpv6(ipv6);
  }
  const zone = text.indexOf('%');
  if (zone !== -1 && parseIpv6(text.slice(0, zone)) !== undefined) {
    return { kind: 'forbidden', what: 'an address with a zone id, which only its own machine understands' };
  }
  return undefined;
}

function judgeIpv4(bytes: Uint8Array): Address | ForbiddenAddress {
  const what = forbiddenIpv4(bytes);
  return what === undefined ? { kind: 'ipv4', address: formatIpv4(bytes) } : { kind: 'forbidden', what };
}

function forbiddenIpv4(bytes: Uint8Array): string | undefined {
  const [first = 0, second = 0] = bytes;
  if (first === 0) return UNSPECIFIED; // 0.0.0.0/8, "this network" (RFC 1122 §3.2.1.3)
  if (first === 169 && second === 254) return LINK_LOCAL; // 169.254.0.0/16 (RFC 3927)
  if (first >= 224 && first <= 239) return MULTICAST; // 224.0.0.0/4 (RFC 5771)
  if (bytes.every((octet) => octet === 255)) return 'the broadcast address';
  return undefined;
}

function judgeIpv6(bytes: Uint8Array): Address | ForbiddenAddress {
  const what = forbiddenIpv6(bytes);
  return what === undefined ? { kind: 'ipv6', address: formatIpv6(bytes) } : { kind: 'forbidden', what };
}

function forbiddenIpv6(bytes: Uint8Array): string | undefined {
  const [first = 0, second = 0] = bytes;
  if (bytes.every((octet) => octet === 0)) return UNSPECIFIED;
  if (first === 0xfe && (second & 0xc0) === 0x80) return LINK_LOCAL; // fe80::/10 (RFC 4291 §2.5.6)
  if (first === 0xff) return MULTICAST; // ff00::/8 (RFC 4291 §2.7)
  return undefined;
}
