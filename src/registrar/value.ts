// What is written for an instance: its description, in one of the formats that svcdns and other programs read. The result
// is read back with the server's own parser, so nothing is registered that would only be rejected.

import type { KeyOctets } from '../registry/change.ts';
import { parseValue } from '../registry/value.ts';

export const VALUE_FORMATS = ['url', 'hostport', 'json', 'skydns', 'grpc'] as const;

export type ValueFormat = (typeof VALUE_FORMATS)[number];

/** What can be said of an instance. */
export interface InstanceFields {
  /** Port of each name, the main port first. */
  readonly ports?: Readonly<Record<string, number>> | undefined;
  /** 0 to 65535; a higher one gets more of the load. */
  readonly weight?: number | undefined;
  /** 0 to 65535; only those with the lowest are used. */
  readonly priority?: number | undefined;
  /** TXT strings `key=value`. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** Where an instance is reached. */
export interface InstanceSocket {
  /** `http` of a URL; undefined where nobody said. */
  readonly scheme: string | undefined;
  /** An address without brackets, or a host name. */
  readonly host: string;
  readonly port: number;
}

export type WrittenValue =
  | { readonly kind: 'value'; readonly text: string }
  /** `reason` says what was found and what was expected. */
  | { readonly kind: 'mistake'; readonly reason: string };

interface Format {
  /** The fields that it has a place for. */
  readonly fields: readonly (keyof InstanceFields)[];
  readonly write: (socket: InstanceSocket, fields: InstanceFields) => string;
}

const ALL_FIELDS = ['ports', 'weight', 'priority', 'metadata'] as const;

const FORMATS: Readonly<Record<ValueFormat, Format>> = {
  // Without a scheme: what most instances speak, and what a proxy would try.
  url: { fields: [], write: (socket) => `${socket.scheme ?? 'http'}://${hostPort(socket)}` },
  hostport: { fields: [], write: hostPort },
  json: { fields: ALL_FIELDS, write: writeOwn },
  skydns: {
    fields: ['weight', 'priority'],
    write: ({ host, port }, { priority, weight }) => JSON.stringify({ host, port, priority, weight }),
  },
  grpc: {
    fields: ['metadata'],
    write: (socket, { metadata }) => JSON.stringify({ Op: 0, Addr: hostPort(socket), Metadata: metadata }),
  },
};

/** Writes an instance's value: as a URL, or as JSON where a URL could not say all, unless a format is chosen. */
export function writeValue(
  key: KeyOctets,
  socket: InstanceSocket,
  fields: InstanceFields,
  chosen: ValueFormat | undefined,
): WrittenValue {
  const used = ALL_FIELDS.filter((name) => fields[name] !== undefined);
  const name = chosen ?? (used.length === 0 ? 'url' : 'json');
  const format = FORMATS[name];
  const missing = used.filter((field) => !format.fields.includes(field));
  if (missing.length > 0) {
    return {
      kind: 'mistake',
      reason: `format ${name} has no place for ${missing.join(' and ')}, expected format json`,
    };
  }
  const text = format.write(socket, fields);
  const read = parseValue({ kind: 'put', key, value: Buffer.from(text, 'utf8'), modRevision: 0n, leaseId: '0' });
  if (read.kind === 'rejection') return { kind: 'mistake', reason: read.rejection.detail };
  const [changed] = read.adjusted;
  if (changed !== undefined) return { kind: 'mistake', reason: `${changed}: not as a server would take it` };
  return { kind: 'value', text };
}

/** With brackets around IPv6 (RFC 3986 §3.2.2). */
function hostPort({ host, port }: InstanceSocket): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The format of svcdns. A scheme becomes the name of the port, as it does when a URL is read; `tcp` names nothing. */
function writeOwn({ scheme, host, port }: InstanceSocket, { ports, ...others }: InstanceFields): string {
  const isNamed = Object.values(ports ?? {}).includes(port);
  const main = scheme === 'udp' ? { port, proto: scheme } : port;
  const named = scheme === undefined || scheme === 'tcp' || isNamed ? ports : { [scheme]: main, ...ports };
  return JSON.stringify({ address: host, port, ports: named, ...others });
}
