// The kinds of values a setting can have: text from a command line, the environment or a file → a parsed value. Each
// kind says in words what it expects, which is all that a mistake and the help text need. Nothing here does I/O: a
// path is only a text, and whether a file is there is for its reader to find out.

import { KEY_MAX_OCTETS } from '../registry/instance.ts';
import type { NameMap } from '../registry/names.ts';
import { formatIpv4, formatIpv6, IPV4_OCTETS, IPV6_OCTETS, parseIpv4, parseIpv6 } from '../wire/address.ts';
import { NSID_MAX_OCTETS } from '../wire/edns.ts';
import { foldName, type Name, parseName, ROOT } from '../wire/name.ts';

/** One kind of value. */
export interface ValueKind<Value> {
  /** Completes the sentence "expected …". */
  readonly expects: string;
  /** For the help text, where there is one. */
  readonly range?: string;
  /** Undefined when the text is not what `expects` says. */
  parse(text: string): Value | undefined;
  /** Splits a list of such values; at every comma where a kind does not say otherwise. */
  split?(text: string): readonly string[];
}

/** An IP address in canonical text. */
export interface IpAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

export interface SocketAddress extends IpAddress {
  readonly port: number;
}

/** The addresses whose first `prefixBits` bits are those of `address`; its other bits mean nothing. */
export interface Cidr extends IpAddress {
  readonly prefixBits: number;
}

/** One `--map` as it is written: its zone is looked for once all zones are known. */
export type WrittenMap = Omit<NameMap, 'apex'>;

const PORT_MAX = 65535;

/** A decimal number without sign, fraction or leading zeros. */
export function wholeNumber(min: number, max: number, unit = ''): ValueKind<number> {
  const range = `${min} to ${max}${unit === '' ? '' : ` ${unit}`}`;
  return {
    expects: range,
    range,
    parse(text) {
      const value = parseDecimal(text);
      return value !== undefined && value >= min && value <= max ? value : undefined;
    },
  };
}

/** Port 0 lets the system choose a free one. */
export const PORT = wholeNumber(0, PORT_MAX);

const OCTETS_PER_UNIT: Readonly<Record<string, number>> = { '': 1, KiB: 1024, MiB: 1024 * 1024 };

/** A number of octets, with or without one of the binary units KiB and MiB. */
export function octets(min: string, max: string): ValueKind<number> {
  const parse = (text: string): number | undefined => {
    const [, digits = '', unit = ''] = /^(\d+)(KiB|MiB)?$/.exec(text) ?? [];
    const count = parseDecimal(digits);
    return count === undefined ? undefined : count * (OCTETS_PER_UNIT[unit] ?? 1);
  };
  const least = parse(min) ?? 0;
  const most = parse(max) ?? 0;
  return {
    range: `${min} to ${max}`,
    expects: `${min} to ${max}, such as 512KiB or 8388608`,
    parse(text) {
      const value = parse(text);
      return value !== undefined && value >= least && value <= most ? value : undefined;
    },
  };
}

/** One of a few words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): ValueKind<Word> {
  return {
    expects: words.join(', ').replace(/, ([^,]*)$/, ' or $1'),
    parse: (text) => words.find((word) => word === text),
  };
}

/** What a flag without a value stands for: `true` when it is given. */
export const SWITCH: ValueKind<boolean> = {
  expects: 'no value',
  parse: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
};

/** Any text but the empty one. */
function textOf(expects: string): ValueKind<string> {
  return { expects, parse: (text) => (text === '' ? undefined : text) };
}

export const FILE = textOf('a file');
export const DIRECTORY = textOf('a directory');
export const USER_NAME = textOf('a user name');

export const IP_ADDRESS: ValueKind<IpAddress> = {
  expects: 'an IPv4 or IPv6 address',
  parse: parseIpAddress,
};

/** A bare address is the network of that address alone. */
export const CIDR: ValueKind<Cidr> = {
  expects: 'a network such as 10.0.0.0/8 or fd00::/8',
  parse(text) {
    const [addressText = '', bitsText, ...more] = text.split('/');
    const ip = parseIpAddress(addressText);
    if (ip === undefined || more.length > 0) return undefined;
    const bitsMax = 8 * (ip.family === 4 ? IPV4_OCTETS : IPV6_OCTETS);
    const prefixBits = bitsText === undefined ? bitsMax : parseDecimal(bitsText);
    return prefixBits === undefined || prefixBits > bitsMax ? undefined : { ...ip, prefixBits };
  },
};

/** A server's identifier (RFC 5001 §2.3) in octets: those of a text in UTF-8, or any in hexadecimal digits behind `0x`. */
export const NSID: ValueKind<Uint8Array> = {
  expects: `a text or 0x and pairs of hexadecimal digits, of 1 to ${NSID_MAX_OCTETS} octets`,
  parse(text) {
    const [, digits] = /^0x((?:[0-9A-Fa-f]{2})+)$/.exec(text) ?? [];
    const identifier = digits === undefined ? Buffer.from(text, 'utf8') : Buffer.from(digits, 'hex');
    return identifier.length > 0 && identifier.length <= NSID_MAX_OCTETS ? identifier : undefined;
  },
};

/** `off`, or where to listen for HTTP. */
export const HTTP_LISTEN: ValueKind<SocketAddress | 'off'> = {
  expects: 'off, or an address and port such as 127.0.0.1:8053 or [::1]:8053',
  parse: (text) => (text === 'off' ? 'off' : parseSocketAddress(text)),
};

/** A DNS server to ask; `defaultPort` is that of a bare address. */
export function dnsServer(defaultPort: number): ValueKind<SocketAddress> {
  return {
    expects: `an address with or without port, such as 10.0.0.53, 127.0.0.1:${defaultPort} or [::1]:${defaultPort}`,
    parse(text) {
      const ip = parseIpAddress(text.replace(/^\[(.*)\]$/, '$1'));
      return ip === undefined ? parseSocketAddress(text, 1) : { ...ip, port: defaultPort };
    },
  };
}

/** etcd's own port for clients, for an endpoint that names none. */
const ETCD_PORT = 2379;

/** `scheme://host:port` in text, always with its port. */
export const ETCD_ENDPOINT: ValueKind<string> = {
  expects: 'a URL such as http://127.0.0.1:2379 or https://etcd.example:2379',
  parse(text) {
    const [, scheme, host, portText] =
      /^(https?):\/\/(\[[0-9A-Fa-f:.]+\]|[^\s:/?#@[\]]+)(?::(\d+))?\/?$/.exec(text) ?? [];
    if (scheme === undefined || host === undefined) return undefined;
    if (host.startsWith('[') && parseIpv6(host.slice(1, -1)) === undefined) return undefined;
    const port = portText === undefined ? ETCD_PORT : parsePort(portText, 1);
    return port === undefined ? undefined : `${scheme}://${host}:${port}`;
  },
};

/** In lower case, the form in which zones are compared. The root is no zone that registrations could live in. */
export const ZONE_NAME: ValueKind<Name> = {
  expects: 'a domain name such as svc.local',
  parse(text) {
    const name = parseDomainName(text);
    return name === undefined || name === ROOT ? undefined : foldName(name);
  },
};

export const NAME_MAP: ValueKind<WrittenMap> = {
  expects: 'PREFIX=NAME or PREFIX=NAME,subtree, such as /skydns/local/svc=svc.local',
  parse(text) {
    // The last "=": a key may hold one, a name needs none.
    const [, prefixText, nameText, option] = /^(.+)=([^=,]+)(,subtree)?$/s.exec(text) ?? [];
    if (prefixText === undefined || nameText === undefined) return undefined;
    const name = parseDomainName(nameText);
    // The keys of etcd are octets; a text on a command line stands for its UTF-8. `/` is all keys that begin with one.
    const prefix = `${Buffer.from(prefixText, 'utf8').toString('latin1').replace(/\/+$/, '')}/`;
    if (name === undefined || prefix.length > KEY_MAX_OCTETS) return undefined;
    return { prefix, name, subtree: option !== undefined };
  },
  // The word after a map's own comma belongs to that map.
  split: (text) => text.split(/,(?!subtree(?:,|$))/),
};

function parseDecimal(text: string): number | undefined {
  // 15 digits are exact in a double, and no setting has more.
  return /^(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : undefined;
}

function parsePort(text: string, min = 0): number | undefined {
  const port = parseDecimal(text);
  return port !== undefined && port >= min && port <= PORT_MAX ? port : undefined;
}

function parseIpAddress(text: string): IpAddress | undefined {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== undefined) return { address: formatIpv4(ipv4), family: 4 };
  const ipv6 = parseIpv6(text);
  return ipv6 === undefined ? undefined : { address: formatIpv6(ipv6), family: 6 };
}

/** `ADDRESS:PORT`, with brackets around IPv6 (RFC 3986 §3.2.2). */
function parseSocketAddress(text: string, portMin = 0): SocketAddress | undefined {
  const [, ipv6, ipv4, portText = ''] = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(text) ?? [];
  const ip = parseIpAddress(ipv6 ?? ipv4 ?? '');
  const port = parsePort(portText, portMin);
  if (ip === undefined || port === undefined) return undefined;
  // Brackets are for IPv6 and only for it.
  return (ip.family === 6) === (ipv6 !== undefined) ? { ...ip, port } : undefined;
}

function parseDomainName(text: string): Name | undefined {
  // "@" stands for an origin, and the settings have none.
  const name = text === '@' ? undefined : parseName(text);
  return typeof name === 'string' ? name : undefined;
}
