// The rows of `svcdns list` and `svcdns watch` in print. Whatever is registered by a stranger is escaped.

import { escapeText, formatKey } from '../ops/escape.ts';
import {
  DEFAULT_PRIORITY,
  DEFAULT_WEIGHT,
  type Host,
  type Instance,
  type Port,
  type Rejection,
} from '../registry/instance.ts';
import { formatName } from '../wire/name.ts';
import type { RegisteredRow } from './registered-row.ts';

/** Without the final dot, as one would type it; a hyphen where there is none. */
export function formatRowName({ name }: RegisteredRow): string {
  return name === undefined ? '-' : formatName(name).slice(0, -1);
}

/** Host and ports: `10.0.0.1:8080`, `[fd00::1]:8080(http),9090(grpc)`, `db.example.com`. */
export function formatSocket(host: Host, ports: readonly Port[]): string {
  const text = host.kind === 'name' ? formatName(host.name).slice(0, -1) : host.address;
  if (ports.length === 0) return text;
  const portTexts = ports.map(({ name, number, protocol }) => {
    const suffix = protocol === 'tcp' ? '' : `/${escapeText(protocol)}`;
    return `${number}${suffix}${name === undefined ? '' : `(${escapeText(name)})`}`;
  });
  return `${host.kind === 'ipv6' ? `[${text}]` : text}:${portTexts.join(',')}`;
}

/** What an instance sets beside its address, where it is not the default. */
export function formatOptions({ priority, weight, ttlSeconds, group }: Instance): string {
  const options = [
    priority === DEFAULT_PRIORITY ? undefined : `priority=${priority}`,
    weight === DEFAULT_WEIGHT ? undefined : `weight=${weight}`,
    ttlSeconds === undefined ? undefined : `ttl=${ttlSeconds}`,
    group === undefined ? undefined : `group=${escapeText(group)}`,
  ];
  return options.filter((option) => option !== undefined).join(' ');
}

/** The lease in hexadecimal, as etcdctl prints and takes it; undefined when none holds the key. */
export function formatLease({ leaseId }: Instance): string | undefined {
  if (leaseId === '0') return undefined;
  return BigInt.asUintN(64, BigInt(leaseId)).toString(16).padStart(16, '0');
}

/** `!`, the name, the key, why its value cannot be used, and what that means for the answers. */
export function formatRejection(row: RegisteredRow, { reason, detail }: Rejection): string {
  const kept = row.instance === undefined ? '' : ' (the value before is still answered)';
  return `! ${formatRowName(row)} ${formatKey(row.key)} ${reason}: ${escapeText(detail)}${kept}`;
}

/** The fields of a row, for JSON. */
export function rowObject({ key, name, instance, ports, rejection }: RegisteredRow): object {
  return {
    name: name === undefined ? null : formatName(name),
    key: formatKey(key),
    ...(instance && {
      host: instance.host.kind === 'name' ? formatName(instance.host.name) : instance.host.address,
      ports,
      priority: instance.priority,
      weight: instance.weight,
      ttlSeconds: instance.ttlSeconds,
      group: instance.group,
      texts: instance.texts.map((text) => Buffer.from(text, 'latin1').toString('utf8')),
      state: instance.up ? 'up' : 'down',
      lease: formatLease(instance),
      revision: instance.modRevision,
    }),
    ...(rejection && { reason: rejection.reason, detail: rejection.detail, isAnswered: instance !== undefined }),
  };
}
