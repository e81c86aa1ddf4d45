// The format of svcdns itself, the only one with several named ports and a state:
// {"address":"10.0.0.1","port":8080,"ports":{"grpc":{"port":9090,"proto":"tcp"}},"priority":10,"weight":100,"ttl":5,
//  "metadata":{"version":"3"},"state":"up"}. Only `address` is required.

import { z } from 'zod';
import type { Port } from '../instance.ts';
import { type Adjustment, type Description, type Problem, problem, shown } from './description.ts';
import { type JsonObject, readField, readMetadata, readTtlSeconds, readUint16 } from './fields.ts';
import { parseHost } from './host.ts';
import { DEFAULT_PROTOCOL, PORT_EXPECTATION, parsePortNumber, parseServiceLabel } from './port.ts';

const PORTS = z.record(z.string(), z.unknown());
const PORT_WITH_PROTOCOL = z.object({ port: z.unknown().optional(), proto: z.unknown().optional() });
const PROTOCOL = z.string().transform(parseServiceLabel).pipe(z.string());
const STATE = z.enum(['up', 'down']);

export function describeOwn(value: JsonObject, adjusted: Set<Adjustment>): Description | Problem {
  const { address, port, ports, priority, weight, ttl, metadata, state } = value;
  if (typeof address !== 'string') return problem('bad-host', `address ${shown(address)}: expected text`);
  const host = parseHost(address);
  if (host.kind === 'problem') return host;
  const all = readPorts(port, ports, adjusted);
  if ('kind' in all) return all;
  return {
    kind: 'description',
    host,
    ports: all,
    priority: readUint16(priority, 'priority', adjusted),
    weight: readUint16(weight, 'weight', adjusted),
    ttlSeconds: readTtlSeconds(ttl, adjusted),
    texts: readMetadata(metadata, adjusted),
    up: readField(STATE, state, 'state', adjusted) !== 'down',
  };
}

/** The ports, the main one first: `port`, with its name if `ports` gives it one; without `port` the first of `ports`. */
function readPorts(port: unknown, ports: unknown, adjusted: Set<Adjustment>): readonly Port[] | Problem {
  const named: Port[] = [];
  if (ports !== undefined && ports !== null) {
    const entries = PORTS.safeParse(ports);
    if (!entries.success) return problem('bad-port', `ports ${shown(ports)}: expected an object`);
    for (const [name, entry] of Object.entries(entries.data)) {
      const read = readNamedPort(name, entry, adjusted);
      if ('kind' in read) return read;
      named.push(read);
    }
  }
  if (port === undefined || port === null) return named;
  const number = parsePortNumber(port);
  if (number === undefined) return problem('bad-port', `port ${shown(port)}: ${PORT_EXPECTATION}`);
  const main = named.find((candidate) => candidate.number === number);
  if (main === undefined) return [{ name: undefined, number, protocol: DEFAULT_PROTOCOL }, ...named];
  return [main, ...named.filter((other) => other !== main)];
}

/** Reads `"http":8080` or `"dns":{"port":53,"proto":"udp"}`. A name that cannot be a label leaves the port unnamed. */
function readNamedPort(text: string, entry: unknown, adjusted: Set<Adjustment>): Port | Problem {
  const withProtocol = PORT_WITH_PROTOCOL.safeParse(entry);
  const { port, proto } = withProtocol.success ? withProtocol.data : { port: entry, proto: undefined };
  const number = parsePortNumber(port);
  if (number === undefined) {
    return problem('bad-port', `port ${shown(text)}: ${shown(port)}: ${PORT_EXPECTATION}`);
  }
  const name = parseServiceLabel(text);
  if (name === undefined) adjusted.add('port-name');
  return { name, number, protocol: readField(PROTOCOL, proto, 'protocol', adjusted) ?? DEFAULT_PROTOCOL };
}
