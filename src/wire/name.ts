// Domain names in wire form (RFC 1035 §3.1), held in a string with one character (U+0000 to U+00FF) per octet:
// length octet, label octets, …, zero octet. One name has exactly one such string, dots and NULs inside labels are
// plain data, parents are slices, and a string can be the key of a Map. Case is kept; `foldName` gives the form in
// which names are compared (RFC 4343: ASCII letters only).

/** A whole, absolute domain name in wire form, case kept. */
export type Name = string & { readonly __brand: 'Name' };

/** A `Name` with its ASCII letters in lower case: the form in which names are compared and looked up. */
export type FoldedName = Name & { readonly __folded: true };

/** Octets of a name, root label included (RFC 1035 §2.3.4). */
export const NAME_MAX_OCTETS = 255;

/** Octets of a label, without its length octet (RFC 1035 §2.3.4). */
export const LABEL_MAX_OCTETS = 63;

export const ROOT = '\0' as FoldedName;

const UPPER_CASE = /[A-Z]/;
const UPPER_CASE_ALL = /[A-Z]/g;

/** Lowers the ASCII letters of a name. Length octets are at most 63 and so never letters. */
export function foldName(name: Name): FoldedName {
  if (!UPPER_CASE.test(name)) return name as FoldedName;
  return name.replace(UPPER_CASE_ALL, (letter) => String.fromCharCode(letter.charCodeAt(0) + 32)) as FoldedName;
}

/**
 * Puts one label in front of a name.
 *
 * @param label its octets, one per character, 1 to 63 of them
 * @returns undefined when the label or the whole would be too long
 */
export function prependLabel(label: string, name: Name): Name | undefined {
  if (label.length === 0 || label.length > LABEL_MAX_OCTETS) return undefined;
  if (label.length + 1 + name.length > NAME_MAX_OCTETS) return undefined;
  return (String.fromCharCode(label.length) + label + name) as Name;
}

/** Puts the labels of a relative name (wire form without the root label) in front of `origin`. */
export function joinNames(relative: string, origin: Name): Name | undefined {
  return relative.length + origin.length > NAME_MAX_OCTETS ? undefined : ((relative + origin) as Name);
}

/** The name without its first label; undefined for the root. */
export function parentName<N extends Name>(name: N): N | undefined {
  const length = name.charCodeAt(0);
  return length === 0 ? undefined : (name.slice(length + 1) as N);
}

/** The first label's octets; empty for the root. */
export function firstLabel(name: Name): string {
  return name.slice(1, 1 + name.charCodeAt(0));
}

/** The labels from the left, the root label left out. */
export function labelsOf(name: Name): string[] {
  const labels: string[] = [];
  for (let at = 0; name.charCodeAt(at) !== 0; at += name.charCodeAt(at) + 1) {
    labels.push(name.slice(at + 1, at + 1 + name.charCodeAt(at)));
  }
  return labels;
}

/** How many labels the name has, the root label left out. */
export function countLabels(name: Name): number {
  let count = 0;
  for (let at = 0; name.charCodeAt(at) !== 0; at += name.charCodeAt(at) + 1) count += 1;
  return count;
}

/** The last `count` labels of the name; the whole name when it has no more than that. */
export function lastLabels<N extends Name>(name: N, count: number): N {
  let at = 0;
  for (let excess = countLabels(name) - count; excess > 0; excess -= 1) at += name.charCodeAt(at) + 1;
  return name.slice(at) as N;
}

/** Whether `name` is `ancestor` or below it. */
export function isAtOrBelow(name: FoldedName, ancestor: FoldedName): boolean {
  if (!name.endsWith(ancestor)) return false;
  // The ending must begin at a label: "xsvc.local" ends with the octets of no label of "svc.local" but might.
  const start = name.length - ancestor.length;
  let at = 0;
  while (at < start) at += name.charCodeAt(at) + 1;
  return at === start;
}

/** Why a text is not a domain name, with the 0-based offset of the character that shows it. */
export interface NameError {
  readonly kind: 'name-error';
  readonly reason: string;
  readonly offset: number;
}

/**
 * Parses the text form of a name (RFC 1035 §5.1): labels between dots, `\.` and `\DDD` escapes, `@` for the origin.
 * Characters above U+00FF are refused: write them as the `\DDD` escapes of the octets that are meant.
 *
 * @param origin appended to a name without a final dot; without it every name is taken as absolute
 */
export function parseName(text: string, origin: Name = ROOT): Name | NameError {
  if (text === '@') return origin;
  if (text === '.') return ROOT;
  if (text === '') return nameError('empty name', 0);
  let wire = '';
  let label = '';
  let at = 0;
  while (at < text.length) {
    const start = at;
    const character = text.charAt(at);
    if (character === '.') {
      if (label === '') return nameError('empty label', at);
      wire += String.fromCharCode(label.length) + label;
      label = '';
      at += 1;
      continue;
    }
    if (character === '\\') {
      const escaped = parseEscape(text, at);
      if (escaped === undefined) return nameError('expected \\DDD up to \\255, or a backslash and a character', at);
      label += escaped.octet;
      at = escaped.end;
    } else {
      if (character.charCodeAt(0) > 0xff) return nameError('a character that is not one octet', at);
      label += character;
      at += 1;
    }
    if (label.length > LABEL_MAX_OCTETS) return nameError(`a label of more than ${LABEL_MAX_OCTETS} octets`, start);
  }
  const absolute = label === '';
  if (!absolute) wire += String.fromCharCode(label.length) + label;
  const name = joinNames(wire, absolute ? ROOT : origin);
  return name ?? nameError(`a name of more than ${NAME_MAX_OCTETS} octets`, 0);
}

function nameError(reason: string, offset: number): NameError {
  return { kind: 'name-error', reason, offset };
}

/**
 * Reads the escape that begins with the backslash at `at` (RFC 1035 §5.1): `\DDD` is the octet of that decimal value,
 * `\X` is X itself.
 */
export function parseEscape(text: string, at: number): { readonly octet: string; readonly end: number } | undefined {
  const digits = text.slice(at + 1, at + 4);
  if (/^[0-9]{3}$/.test(digits)) {
    return Number(digits) > 255 ? undefined : { octet: String.fromCharCode(Number(digits)), end: at + 4 };
  }
  const character = text.charAt(at + 1);
  if (character === '' || /[0-9]/.test(character) || character.charCodeAt(0) > 0xff) return undefined;
  return { octet: character, end: at + 2 };
}

/** Prints a name in text form with its final dot; octets that a zone file could misread are escaped. */
export function formatName(name: Name): string {
  if (name === ROOT) return '.';
  let text = '';
  for (const label of labelsOf(name)) text += `${label.replace(UNSAFE_IN_LABEL, escapeOctet)}.`;
  return text;
}

/** All that is not a visible ASCII character, and the visible ones with a meaning in zone files. */
const UNSAFE_IN_LABEL = /[^!-~]|["().;\\@$]/g;

/** The zone-file escape of one octet: `\DDD`, or a backslash before a visible character. */
export function escapeOctet(octet: string): string {
  const code = octet.charCodeAt(0);
  return code > 0x20 && code < 0x7f ? `\\${octet}` : `\\${String(code).padStart(3, '0')}`;
}

/** The name for a text that is known to be right, such as a constant of this program. Throws on any other. */
export function nameOf(text: string): Name {
  const name = parseName(text);
  if (typeof name !== 'string') throw new Error(`${text}: ${name.reason}`);
  return name;
}
