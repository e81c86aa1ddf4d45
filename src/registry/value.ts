// From the value of a key to an instance, or to the reason why there is none. Pure: no I/O, no clock, no state, and no
// throw for anything that a peer can write; time is linear in a value whose length is limited first. The formats are
// in `formats/`: JSON objects begin with a brace, everything else is `host:port` or a URL.

import { Buffer, isUtf8 } from 'node:buffer';
import type { KeyPut } from './change.ts';
import { type Adjustment, type Description, type Problem, problem } from './formats/description.ts';
import { parseEndpoint } from './formats/endpoint.ts';
import { describeJson } from './formats/json.ts';
import { DEFAULT_PRIORITY, DEFAULT_WEIGHT, type Instance, type Rejection, VALUE_MAX_OCTETS } from './instance.ts';

export { ADJUSTMENTS, type Adjustment } from './formats/description.ts';

/** What a value comes to. `adjusted` names each field that fell back to its default or was clamped, once. */
export type ParsedValue =
  | { readonly kind: 'instance'; readonly instance: Instance; readonly adjusted: readonly Adjustment[] }
  | { readonly kind: 'rejection'; readonly rejection: Rejection };

/** Control characters other than those that people end and indent lines with. */
const CONTROL_CHARACTER = /[^\P{Cc}\t\n\r]/u;

/** Reads the value that a key was given. */
export function parseValue(put: KeyPut): ParsedValue {
  const adjusted = new Set<Adjustment>();
  const described = describe(put, adjusted);
  if (described.kind === 'problem') {
    return { kind: 'rejection', rejection: { key: put.key, reason: described.reason, detail: described.detail } };
  }
  const instance: Instance = {
    key: put.key,
    host: described.host,
    ports: described.ports,
    priority: described.priority ?? DEFAULT_PRIORITY,
    weight: described.weight ?? DEFAULT_WEIGHT,
    ttlSeconds: described.ttlSeconds,
    texts: described.texts ?? [],
    up: described.up ?? true,
    group: described.group,
    targetStrip: described.targetStrip ?? 0,
    mail: described.mail ?? false,
    leaseId: put.leaseId,
    modRevision: put.modRevision,
  };
  return { kind: 'instance', instance, adjusted: [...adjusted] };
}

function describe(put: KeyPut, adjusted: Set<Adjustment>): Description | Problem {
  if (put.value.length > VALUE_MAX_OCTETS) {
    return problem('value-too-long', `value of ${put.value.length} octets: expected at most ${VALUE_MAX_OCTETS}`);
  }
  if (!isUtf8(put.value)) return problem('not-text', 'value: expected UTF-8');
  // `etcdctl put` of what `echo` prints ends in a line feed.
  const text = Buffer.from(put.value).toString('utf8').trim();
  if (text === '') return problem('empty', 'value: expected host:port, a URL or a JSON object');
  if (CONTROL_CHARACTER.test(text)) return problem('not-text', 'value: expected no control characters');
  if (text.startsWith('{')) return describeJson(text, adjusted);
  const endpoint = parseEndpoint(text, adjusted);
  if (endpoint.kind === 'problem') return endpoint;
  return { kind: 'description', host: endpoint.host, ports: endpoint.port === undefined ? [] : [endpoint.port] };
}
