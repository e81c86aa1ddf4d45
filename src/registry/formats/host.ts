// A host as every format writes it: an IP address, or a host name (RFC 952, RFC 1123 §2.1, and the underscore that
// real names have).

import { labelsOf, parseName } from '../../wire/name.ts';
import { parseAddress } from '../address.ts';
import type { Host } from '../instance.ts';
import { type Problem, problem, shown } from './description.ts';

const HOST_CHARACTERS = /^[A-Za-z0-9_.-]+$/;

/**
 * A last label that older resolvers take for a part of an address, decimal or hexadecimal: `10.1` is 10.0.0.1 to them.
 * No top-level domain looks like this (RFC 3696 §2).
 */
const NUMERIC_LABEL = /^(?:[0-9]+|0[xX][0-9A-Fa-f]*)$/;

/** Reads an IP address without brackets, or a host name, which is absolute with and without its final dot. */
export function parseHost(text: string): Host | Problem {
  const address = parseAddress(text);
  if (address?.kind === 'forbidden') return problem('forbidden-address', `host ${shown(text)}: ${address.what}`);
  return address ?? parseHostName(text);
}

function parseHostName(text: string): Host | Problem {
  if (text === '') return badHost(text, 'expected an IP address or a host name');
  if (text.includes(':')) return badHost(text, 'has a colon and is no IPv6 address; a port does not belong here');
  if (!HOST_CHARACTERS.test(text)) return badHost(text, 'expected letters, digits, hyphens, underscores and dots');
  const name = parseName(text);
  if (typeof name !== 'string') return badHost(text, name.reason);
  const labels = labelsOf(name);
  const last = labels.at(-1);
  if (last === undefined) return badHost(text, 'the root is not a host');
  if (NUMERIC_LABEL.test(last)) return badHost(text, 'not a dotted quad, and a host name does not end in a number');
  if (labels.some((label) => label.startsWith('-') || label.endsWith('-'))) {
    return badHost(text, 'a label begins or ends with a hyphen');
  }
  return { kind: 'name', name };
}

function badHost(text: string, expectation: string): Problem {
  return problem('bad-host', `host ${shown(text)}: ${expectation}`);
}
