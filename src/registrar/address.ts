// An instance's address as a provider writes it: a URL, `host:port` or a host alone.

import { parseEndpoint } from '../registry/formats/endpoint.ts';
import { formatName } from '../wire/name.ts';
import type { InstanceSocket } from './value.ts';

/** What an address says; the port may be said elsewhere. */
export type WrittenAddress = Omit<InstanceSocket, 'port'> & { readonly port: number | undefined };

export type ParsedAddress =
  | ({ readonly kind: 'address' } & WrittenAddress)
  | { readonly kind: 'mistake'; readonly reason: string };

/** Reads it as a server would, so what a server would reject is a mistake here. */
export function parseInstanceAddress(text: string): ParsedAddress {
  const endpoint = parseEndpoint(text, new Set());
  if (endpoint.kind === 'problem') return { kind: 'mistake', reason: endpoint.detail };
  const { host, port } = endpoint;
  return {
    kind: 'address',
    scheme: /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(text)?.[1]?.toLowerCase(),
    host: host.kind === 'name' ? formatName(host.name).slice(0, -1) : host.address,
    port: port?.number,
  };
}
