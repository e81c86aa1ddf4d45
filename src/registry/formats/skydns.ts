// The format of SkyDNS, the CoreDNS etcd plugin and what writes for them (external-dns, registrator): {"host":"10.0.0.1",
// "port":8080,"priority":10,"weight":100,"ttl":60,"text":"…","group":"…","targetstrip":1,"mail":false}. Their writers
// leave out what is zero, and their readers take zero for left out; so does this one.

import { z } from 'zod';
import type { Port } from '../instance.ts';
import { type Adjustment, type Description, type Problem, problem, shown } from './description.ts';
import { type JsonObject, readField, readTtlSeconds, readUint16, splitText } from './fields.ts';
import { parseHost } from './host.ts';
import { DEFAULT_PROTOCOL, PORT_EXPECTATION, parsePortNumber } from './port.ts';

/** SkyDNS for "this host has no SRV record". */
const NO_PORT = -1;

// Schemas are built once: building one costs more than all else that reading a value does.
const TEXT = z.string();
const FLAG = z.boolean();

/** No name has more labels: each takes two octets at least. */
const TARGET_STRIP = z.int().min(0).max(127);

export function describeSkydns(value: JsonObject, adjusted: Set<Adjustment>): Description | Problem {
  const { host: hostText, port, priority, weight, ttl, text, group, targetstrip, mail } = value;
  if (typeof hostText !== 'string') return problem('bad-host', `host ${shown(hostText)}: expected text`);
  const host = parseHost(hostText);
  if (host.kind === 'problem') return host;
  const ports = readPort(port);
  if ('kind' in ports) return ports;
  return {
    kind: 'description',
    host,
    ports,
    priority: readUint16(unlessZero(priority), 'priority', adjusted),
    weight: readUint16(unlessZero(weight), 'weight', adjusted),
    ttlSeconds: readTtlSeconds(unlessZero(ttl), adjusted),
    texts: splitText(readField(TEXT, text, 'text', adjusted) ?? ''),
    group: readField(TEXT, group, 'group', adjusted) || undefined,
    targetStrip: readField(TARGET_STRIP, targetstrip, 'targetstrip', adjusted),
    mail: readField(FLAG, mail, 'mail', adjusted),
  };
}

function readPort(value: unknown): readonly Port[] | Problem {
  const port = unlessZero(value);
  if (port === undefined || port === null || port === NO_PORT) return [];
  const number = parsePortNumber(port);
  if (number === undefined) return problem('bad-port', `port ${shown(port)}: ${PORT_EXPECTATION}`);
  return [{ name: undefined, number, protocol: DEFAULT_PROTOCOL }];
}

function unlessZero(value: unknown): unknown {
  return value === 0 ? undefined : value;
}
