// The format of go-kratos: {"id":"…","name":"…","version":"…","metadata":{},"endpoints":["http://10.0.0.1:8000",
// "grpc://10.0.0.1:9000?isSecure=false"]}. The first endpoint that can be used gives the address, and every endpoint
// on that address is a port with the name of its scheme. An instance has one address here: endpoints on others are
// left out and counted.

import { foldName } from '../../wire/name.ts';
import type { Host, Port } from '../instance.ts';
import { type Adjustment, type Description, type Problem, problem, shown } from './description.ts';
import { parseEndpoint } from './endpoint.ts';
import { type JsonObject, readMetadata } from './fields.ts';

export function describeKratos(value: JsonObject, adjusted: Set<Adjustment>): Description | Problem {
  const { endpoints, metadata } = value;
  if (!Array.isArray(endpoints) || endpoints.length === 0) {
    return problem('bad-host', `endpoints ${shown(endpoints)}: expected a list of URLs`);
  }
  let host: Host | undefined;
  let firstProblem: Problem | undefined;
  const ports: Port[] = [];
  for (const text of endpoints) {
    const endpoint = readEndpoint(text, adjusted);
    if (endpoint.kind === 'problem') {
      firstProblem ??= endpoint;
      adjusted.add('endpoints');
      continue;
    }
    host ??= endpoint.host;
    if (!isSameHost(host, endpoint.host)) adjusted.add('endpoints');
    else if (endpoint.port !== undefined) ports.push(endpoint.port);
  }
  if (host === undefined) return firstProblem ?? problem('bad-host', 'endpoints: none can be used');
  return { kind: 'description', host, ports, texts: readMetadata(metadata, adjusted) };
}

function readEndpoint(text: unknown, adjusted: Set<Adjustment>) {
  return typeof text === 'string'
    ? parseEndpoint(text, adjusted)
    : problem('bad-host', `endpoint ${shown(text)}: expected a URL`);
}

function isSameHost(one: Host, other: Host): boolean {
  if (one.kind === 'name' || other.kind === 'name') {
    return one.kind === 'name' && other.kind === 'name' && foldName(one.name) === foldName(other.name);
  }
  return one.address === other.address;
}
