// Keys to names: the path segments below a prefix, reversed, in front of the name that the prefix stands for
// (`/specServer/1` below `/=svc.local` is `1.specServer.svc.local`), and all other names that one instance answers at.

import { hash } from 'node:crypto';
import { countLabels, foldName, type Name, parentName, prependLabel } from '../wire/name.ts';
import type { KeyOctets } from './change.ts';
import type { Port } from './instance.ts';

/** One prefix of keys and the name it stands for. */
export interface NameMap {
  /** Ends with `/`. */
  readonly prefix: KeyOctets;
  /** The zone's apex, or a name below it. */
  readonly name: Name;
  readonly apex: Name;
  /** Whether a name answers with all instances below it, and not only with those directly below. */
  readonly subtree: boolean;
}

/** The names that an instance has by its key alone. */
export interface KeyNames {
  /** The key's own name. */
  readonly own: Name;
  /** The target of its SRV records: `own` when that is short, else a short name beside it. Both answer alike. */
  readonly target: Name;
  /** The names that answer with this instance among others, the nearest first. Never the apex. */
  readonly aggregates: readonly Name[];
}

/** What a service or an instance may be called in DNS as it is called in etcd. */
const LEGAL_LABEL = /^[A-Za-z0-9_-]{1,63}$/;

/**
 * An SRV target that stays as it is. Longer ones are replaced: nine SRV records with targets of 8 octets fit a
 * datagram of 512, and only six with UUIDs.
 */
const SHORT_HOST_LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,13}[A-Za-z0-9])?$/;

/** The names of the key `prefix + path` under `map`; undefined when one of them would be over 255 octets. */
export function namesOfKey(map: NameMap, key: KeyOctets): KeyNames | undefined {
  const segments = key.slice(map.prefix.length).split('/');
  let own = map.name;
  let end = map.prefix.length - 1;
  const above: Name[] = [];
  for (const segment of segments) {
    above.push(own);
    end += segment.length + 1;
    const name = prependLabel(LEGAL_LABEL.test(segment) ? segment : hashLabel(key.slice(0, end)), own);
    if (name === undefined) return undefined;
    own = name;
  }
  const parent = above.at(-1) ?? map.name;
  const last = segments.at(-1) ?? '';
  const isShort = SHORT_HOST_LABEL.test(last) || !LEGAL_LABEL.test(last);
  const target = isShort ? own : prependLabel(hashLabel(key), parent);
  if (target === undefined) return undefined;
  const candidates = map.subtree ? above.reverse() : [parent];
  const apex = foldName(map.apex);
  return { own, target, aggregates: candidates.filter((name) => foldName(name) !== apex) };
}

/**
 * The RFC 2782 names of a service: `_service._proto` in place of its first label for the main port, and
 * `_port._proto` in front of it for each port with a name. Names that would be too long are left out.
 *
 * @returns pairs of an SRV owner and the port that it stands for
 */
export function serviceNames(service: Name, apex: Name, ports: readonly Port[]): { name: Name; port: Port }[] {
  const names: { name: Name; port: Port }[] = [];
  const add = (label: string, port: Port, below: Name) => {
    const protocol = prependLabel(`_${port.protocol}`, below);
    const name = protocol === undefined ? undefined : prependLabel(`_${label}`, protocol);
    if (name !== undefined) names.push({ name, port });
  };
  const label = service.slice(1, 1 + service.charCodeAt(0));
  const above = parentName(service);
  const [main] = ports;
  if (main !== undefined && above !== undefined && !label.startsWith('_') && countLabels(service) > countLabels(apex)) {
    add(label, main, above);
  }
  for (const port of ports) if (port.name !== undefined) add(port.name, port, service);
  return names;
}

/**
 * Eight characters that stand for a key where its own text cannot be a label or is long: 40 bits of its SHA-256, so
 * that two of the thousands below one name do not meet, and every server gives the same.
 */
function hashLabel(key: KeyOctets): string {
  let bits = hash('sha256', Buffer.from(key, 'latin1'), 'buffer').readUIntBE(0, 5);
  let label = '';
  for (let at = 0; at < 8; at += 1) {
    label = HASH_ALPHABET.charAt(bits % 32) + label;
    bits = Math.floor(bits / 32);
  }
  return label;
}

/** Base32 (RFC 4648 §6), in lower case: 5 bits a character, all of them fit for a host name. */
const HASH_ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
