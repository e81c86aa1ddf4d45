// The two formats that are not JSON: `host:port` and a URL. They are scanned here and never by `URL`, which reads
// `svc-1:8080` as a scheme, rewrites `010.0.0.1` to another address and forgets ports 80 and 443. Time is
// linear in the text, whatever is written.

import type { Host, Port } from '../instance.ts';
import { type Adjustment, type Problem, problem, shown } from './description.ts';
import { parseHost } from './host.ts';
import { DEFAULT_PROTOCOL, PORT_EXPECTATION, parsePortNumber, parseServiceLabel } from './port.ts';

/** An address or name and, where the text has or implies one, a port. */
export interface Endpoint {
  readonly kind: 'endpoint';
  readonly host: Host;
  readonly port: Port | undefined;
}

/** The ports that the WHATWG URL Standard (§4.2) gives to schemes. For any other scheme a port would be a guess. */
const SCHEME_PORTS: ReadonlyMap<string, number> = new Map([
  ['http', 80],
  ['https', 443],
  ['ws', 80],
  ['wss', 443],
  ['ftp', 21],
]);

/** Schemes that name the transport and no service: `udp://10.0.0.1:53`. Their port has no name. */
const TRANSPORT_SCHEMES: ReadonlySet<string> = new Set(['tcp', 'udp']);

/** Scheme and authority (RFC 3986 §3); path, query and fragment say nothing about where the instance is. */
const URL_START = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)/;

/**
 * Reads `host`, `host:port`, `[ipv6]`, `[ipv6]:port`, a bare IPv6 address or a URL.
 *
 * @param adjusted gets `port-name` when the scheme cannot be the name of a port
 */
export function parseEndpoint(text: string, adjusted: Set<Adjustment>): Endpoint | Problem {
  const endpoint = scanEndpoint(text, adjusted);
  // No host or port has an @, so user information always ends here. The first detail may repeat a part of a password.
  if (endpoint.kind === 'problem' && text.includes('@')) {
    return problem('bad-syntax', 'no endpoint, and not shown as it has an @: user information does not belong here');
  }
  return endpoint;
}

function scanEndpoint(text: string, adjusted: Set<Adjustment>): Endpoint | Problem {
  if (/\s/.test(text)) return problem('bad-syntax', `${shown(text)}: white space inside; one key holds one instance`);
  const url = URL_START.exec(text);
  if (url !== null) {
    const [, scheme = '', authority = ''] = url;
    return parseUrl(scheme.toLowerCase(), authority, adjusted);
  }
  if (text.includes('://')) return problem('bad-syntax', `${shown(text)}: expected a scheme such as http before ://`);
  return parsePlain(text);
}

function parsePlain(text: string): Endpoint | Problem {
  const authority = splitAuthority(text);
  if (authority.kind === 'problem') return authority;
  const host = parseHost(authority.host);
  if (host.kind === 'problem') return host;
  if (authority.port === undefined) {
    // One word is more likely a note such as `enabled` than a host.
    if (host.kind === 'name' && !text.includes('.')) {
      return problem('unknown-format', `${shown(text)}: expected host:port, a URL or a JSON object`);
    }
    return { kind: 'endpoint', host, port: undefined };
  }
  const number = parsePortNumber(authority.port);
  if (number === undefined) return badPort(authority.port);
  return { kind: 'endpoint', host, port: { name: undefined, number, protocol: DEFAULT_PROTOCOL } };
}

function parseUrl(scheme: string, text: string, adjusted: Set<Adjustment>): Endpoint | Problem {
  const authority = splitAuthority(text);
  if (authority.kind === 'problem') return authority;
  if (!authority.bracketed && authority.host.includes(':')) {
    return problem('bad-host', `host ${shown(authority.host)}: an IPv6 address in a URL needs brackets`);
  }
  const host = parseHost(authority.host);
  if (host.kind === 'problem') return host;
  const number = authority.port === undefined ? SCHEME_PORTS.get(scheme) : parsePortNumber(authority.port);
  if (number === undefined) {
    if (authority.port !== undefined) return badPort(authority.port);
    return problem('missing-port', `scheme ${shown(scheme)}: has no port of its own; write one behind the host`);
  }
  if (TRANSPORT_SCHEMES.has(scheme)) {
    return { kind: 'endpoint', host, port: { name: undefined, number, protocol: scheme } };
  }
  const name = parseServiceLabel(scheme);
  if (name === undefined) adjusted.add('port-name');
  return { kind: 'endpoint', host, port: { name, number, protocol: DEFAULT_PROTOCOL } };
}

interface Authority {
  readonly kind: 'authority';
  readonly host: string;
  readonly bracketed: boolean;
  /** Undefined when there is no colon for it; empty when nothing follows the colon. */
  readonly port: string | undefined;
}

/** Parts `host:port`. Several colons without brackets are an IPv6 address, which leaves none for a port. */
function splitAuthority(text: string): Authority | Problem {
  if (text.startsWith('[')) {
    const end = text.indexOf(']');
    const host = text.slice(1, end);
    const rest = text.slice(end + 1);
    if (end === -1 || (rest !== '' && !rest.startsWith(':'))) {
      return problem('bad-syntax', `${shown(text)}: expected [address] or [address]:port`);
    }
    if (!host.includes(':'))
      return problem('bad-host', `host ${shown(text)}: expected an IPv6 address in the brackets`);
    return { kind: 'authority', host, bracketed: true, port: rest === '' ? undefined : rest.slice(1) };
  }
  const colon = text.indexOf(':');
  if (colon === -1 || colon !== text.lastIndexOf(':')) {
    return { kind: 'authority', host: text, bracketed: false, port: undefined };
  }
  return { kind: 'authority', host: text.slice(0, colon), bracketed: false, port: text.slice(colon + 1) };
}

function badPort(text: string): Problem {
  return problem('bad-port', `port ${shown(text)}: ${PORT_EXPECTATION}`);
}
