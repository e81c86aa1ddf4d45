// IP addresses between text and the octets of A (RFC 1035 §3.4.1) and AAAA (RFC 3596 §2.2). One text per address is
// written: the dotted quad, and for IPv6 the form of RFC 5952. What is read is as strict as `isIP` of `node:net`, less
// the zone id, which has no octets in a record: no octal, short or hexadecimal IPv4. Nothing here throws.

/** Octets of an A record's data. */
export const IPV4_OCTETS = 4;

/** Octets of an AAAA record's data. */
export const IPV6_OCTETS = 16;

/** Characters of the longest IPv6 text: six groups of four digits and a dotted quad. Longer input is not looked at. */
const IPV6_MAX_CHARACTERS = 45;

/** 16-bit groups of an IPv6 address. */
const IPV6_GROUPS = 8;

const GROUP = /^[0-9A-Fa-f]{1,4}$/;

/**
 * Parses a dotted quad of four decimal numbers without leading zeros.
 *
 * @returns its 4 octets; undefined for any other text
 */
export function parseIpv4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(IPV4_OCTETS);
  let at = 0;
  // Digit by digit: it runs for every value that is parsed and every A record that is encoded.
  for (let octet = 0; octet < IPV4_OCTETS; octet += 1) {
    if (octet > 0 && text.charCodeAt(at++) !== DOT) return undefined;
    const start = at;
    let value = 0;
    for (let digit = digitAt(text, at); digit >= 0 && at - start < 3; digit = digitAt(text, ++at))
      value = value * 10 + digit;
    // A leading zero makes it octal to some resolvers: `010.0.0.1` is 8.0.0.1 to them and 10.0.0.1 to others.
    if (at === start || value > 255 || (at - start > 1 && digitAt(text, start) === 0)) return undefined;
    bytes[octet] = value;
  }
  return at === text.length ? bytes : undefined;
}

const DOT = 0x2e;

/** The decimal digit at `at`; -1 for anything else. */
function digitAt(text: string, at: number): number {
  const digit = text.charCodeAt(at) - 0x30;
  return digit >= 0 && digit <= 9 ? digit : -1;
}

/** Prints the 4 octets that begin at `at` as a dotted quad. */
export function formatIpv4(bytes: Uint8Array, at = 0): string {
  return bytes.subarray(at, at + IPV4_OCTETS).join('.');
}

/**
 * Parses the text forms of RFC 4291 §2.2, a dotted quad at the end included. A zone id is refused.
 *
 * @returns its 16 octets; undefined for any other text
 */
export function parseIpv6(text: string): Uint8Array | undefined {
  if (text.length > IPV6_MAX_CHARACTERS) return undefined;
  const gap = text.indexOf('::');
  const head = gap === -1 ? text : text.slice(0, gap);
  const tail = gap === -1 ? '' : text.slice(gap + 2);
  // A dotted quad ends the address, so the head may have one only where no "::" follows it.
  const before = parseGroups(head, gap === -1);
  const after = parseGroups(tail, true);
  if (before === undefined || after === undefined) return undefined;
  const missing = IPV6_GROUPS - before.length - after.length;
  // "::" stands for one group or more (RFC 4291 §2.2).
  if (gap === -1 ? missing !== 0 : missing < 1) return undefined;
  const bytes = new Uint8Array(IPV6_OCTETS);
  writeGroups(before, bytes, 0);
  writeGroups(after, bytes, IPV6_OCTETS - 2 * after.length);
  return bytes;
}

/** Reads groups between colons; the last may be a dotted quad, which counts as two. */
function parseGroups(text: string, quadAllowed: boolean): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (GROUP.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const quad = quadAllowed && index === parts.length - 1 ? parseIpv4(part) : undefined;
    if (quad === undefined) return undefined;
    const [a = 0, b = 0, c = 0, d = 0] = quad;
    groups.push((a << 8) | b, (c << 8) | d);
  }
  return groups;
}

function writeGroups(groups: readonly number[], bytes: Uint8Array, at: number): void {
  for (const [index, group] of groups.entries()) {
    bytes[at + 2 * index] = group >> 8;
    bytes[at + 2 * index + 1] = group & 0xff;
  }
}

/**
 * Prints the 16 octets that begin at `at` as RFC 5952 asks: lower case, no leading zeros, "::" for the first longest
 * run of two or more zero groups, and a dotted quad at the end of an IPv4-mapped address (§5).
 */
export function formatIpv6(bytes: Uint8Array, at = 0): string {
  if (isIpv4Mapped(bytes, at)) return `::ffff:${formatIpv4(bytes, at + IPV6_OCTETS - IPV4_OCTETS)}`;
  const groups: number[] = [];
  for (let group = 0; group < IPV6_GROUPS; group += 1) {
    groups.push(((bytes[at + 2 * group] ?? 0) << 8) | (bytes[at + 2 * group + 1] ?? 0));
  }
  const { start, length } = longestZeroRun(groups);
  if (length < 2) return hexGroups(groups);
  return `${hexGroups(groups.slice(0, start))}::${hexGroups(groups.slice(start + length))}`;
}

/** Whether the 16 octets that begin at `at` are an IPv4 address in `::ffff:0:0/96` (RFC 4291 §2.5.5.2). */
export function isIpv4Mapped(bytes: Uint8Array, at = 0): boolean {
  for (let octet = 0; octet < 10; octet += 1) {
    if (bytes[at + octet] !== 0) return false;
  }
  return bytes[at + 10] === 0xff && bytes[at + 11] === 0xff;
}

function hexGroups(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':');
}

/** The first of the longest runs of zero groups (RFC 5952 §4.2.3). */
function longestZeroRun(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: index + 1 - length, length };
  }
  return best;
}

/** An address and a port as one text: `10.0.0.1:53`, `[fd00::1]:53` (RFC 5952 §6). */
export function formatSocket(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
