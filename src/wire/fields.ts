// The fields of one entry of a zone file, read from the left. A field that is missing or wrong is kept as a mistake
// with its place, and a harmless value stands in for it, so that one entry shows all its mistakes at once.

import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from './address.ts';
import { escapeOctet, type Name, parseEscape, parseName, ROOT } from './name.ts';
import { MessageReader } from './reader.ts';
import { decodeData, type RecordData } from './record-types.ts';

/** A word of a zone file, escapes kept as they are written. */
export interface Token {
  readonly text: string;
  readonly quoted: boolean;
  /** 1-based. */
  readonly line: number;
  /** 1-based, of the first character (of the opening quote). */
  readonly column: number;
}

/** What is wrong in a zone file, and where. Line and column are 1-based. */
export interface Mistake {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Characters of a word that a message shows: enough to find it by, and a whole message stays one line. */
const EXCERPT_MAX_CHARACTERS = 60;

/** A word as a message shows it: cut when it is long, and escaped so that no terminal obeys it. */
export function excerpt(text: string): string {
  const shown = text.slice(0, EXCERPT_MAX_CHARACTERS).replace(/[^ -~]/g, escapeOctet);
  return text.length > EXCERPT_MAX_CHARACTERS ? `${shown}…` : shown;
}

/** The largest TTL and SOA time (RFC 2181 §8). */
export const SECONDS_MAX = 0x7fffffff;

const SECONDS_PER_UNIT: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Reads `3600`, `1h` or `1d2h30m`; undefined for any other text and for more than 2^31 - 1. */
export function parseSeconds(text: string): number | undefined {
  if (/^[0-9]{1,10}$/.test(text)) return Number(text) <= SECONDS_MAX ? Number(text) : undefined;
  if (!/^([0-9]{1,10}[smhdw])+$/i.test(text)) return undefined;
  let seconds = 0;
  for (const [, count, unit] of text.toLowerCase().matchAll(/([0-9]+)([smhdw])/g)) {
    seconds += Number(count) * (SECONDS_PER_UNIT[unit ?? ''] ?? 0);
  }
  return seconds <= SECONDS_MAX ? seconds : undefined;
}

export class FieldReader {
  readonly #tokens: readonly Token[];
  readonly #origin: Name | undefined;
  readonly #mistakes: Mistake[];
  /** Where a missing field would be: after the last token. */
  readonly #place: { readonly line: number; readonly column: number };
  #next: number;

  /**
   * @param origin of relative names, which are mistakes where there is none
   * @param place of the entry, for mistakes that no token shows
   * @param mistakes where mistakes are added
   */
  constructor(
    tokens: readonly Token[],
    next: number,
    origin: Name | undefined,
    place: { readonly line: number; readonly column: number },
    mistakes: Mistake[],
  ) {
    this.#tokens = tokens;
    this.#next = next;
    this.#origin = origin;
    const last = tokens.at(-1);
    this.#place =
      last === undefined ? place : { line: last.line, column: last.column + last.text.length + (last.quoted ? 2 : 0) };
    this.#mistakes = mistakes;
  }

  /** Whether a field is left. */
  more(): boolean {
    return this.#next < this.#tokens.length;
  }

  /** The next field, for a caller that decides by it which one it is; `skip` then takes it. */
  peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  skip(): void {
    this.#next += 1;
  }

  name(what: string): Name {
    const token = this.#take(what);
    if (token === undefined) return ROOT;
    const name = parseName(token.text, this.#origin);
    if (typeof name !== 'string') {
      const column = token.column + name.offset + (token.quoted ? 1 : 0);
      this.#mistake({ line: token.line, column }, `${what}: ${name.reason}`);
      return ROOT;
    }
    if (this.#origin === undefined && isRelative(token.text)) {
      this.#mistake(token, `${what} ${excerpt(token.text)}: a relative name, and no $ORIGIN before it`);
    }
    return name;
  }

  ipv4(): string {
    return this.#address('an IPv4 address', '0.0.0.0', (text) => {
      const octets = parseIpv4(text);
      return octets === undefined ? undefined : formatIpv4(octets);
    });
  }

  ipv6(): string {
    return this.#address('an IPv6 address', '::', (text) => {
      const octets = parseIpv6(text);
      return octets === undefined ? undefined : formatIpv6(octets);
    });
  }

  integer(what: string, max: number): number {
    const token = this.#take(what);
    if (token === undefined) return 0;
    if (/^[0-9]{1,10}$/.test(token.text) && Number(token.text) <= max) return Number(token.text);
    this.#mistake(token, `${what} ${excerpt(token.text)}: expected 0 to ${max}`);
    return 0;
  }

  /** Seconds, or a number of units as BIND writes them: `90`, `1h30m`. */
  seconds(what: string): number {
    const token = this.#take(what);
    if (token === undefined) return 0;
    const seconds = parseSeconds(token.text);
    if (seconds === undefined) {
      const expected = `seconds such as 300, 5m or 1h30m, at most ${SECONDS_MAX}`;
      this.#mistake(token, `${what} ${excerpt(token.text)}: expected ${expected}`);
    }
    return seconds ?? 0;
  }

  /** At most 255 octets, one per character (RFC 1035 §3.3). */
  characterString(what: string): string {
    const place = this.#tokens[this.#next] ?? this.#place;
    const octets = this.octets(what);
    if (octets.length > 255) this.#mistake(place, `${what}: ${octets.length} octets, expected at most 255`);
    return octets.slice(0, 255);
  }

  /** The octets that a word or a quoted string stands for, escapes undone, one per character. */
  octets(what: string): string {
    const token = this.#take(what);
    if (token === undefined) return '';
    let octets = '';
    for (let at = 0; at < token.text.length; ) {
      const character = token.text.charAt(at);
      const escaped = character === '\\' ? parseEscape(token.text, at) : { octet: character, end: at + 1 };
      if (escaped === undefined) {
        this.#mistake(token, `${what}: expected \\DDD up to \\255, or a backslash and a character`);
        return '';
      }
      octets += escaped.octet;
      at = escaped.end;
    }
    return octets;
  }

  match(what: string, pattern: RegExp, expected: string): string {
    const token = this.#take(what);
    if (token === undefined) return '';
    if (!pattern.test(token.text)) this.#mistake(token, `${what} ${excerpt(token.text)}: expected ${expected}`);
    return token.text;
  }

  /** Whether the data is in the notation for unknown types (RFC 3597 §5). */
  isGeneric(): boolean {
    const token = this.#tokens[this.#next];
    return token !== undefined && !token.quoted && token.text === '\\#';
  }

  /** Reads `\# LENGTH HEX…`; for a type with a form of its own the octets must be that type's data. */
  generic(code: number): RecordData {
    const place = this.#tokens[this.#next] ?? this.#place;
    this.#next += 1;
    const length = this.integer('length', 0xffff);
    let hex = '';
    while (this.more()) hex += this.match('data', /^([0-9A-Fa-f]{2})+$/, 'pairs of hexadecimal digits');
    const octets = Buffer.from(hex, 'hex');
    const wire = Buffer.concat([Buffer.from([octets.length >>> 8, octets.length & 0xff]), octets]);
    const reader = new MessageReader(wire);
    reader.pointersAllowed = false;
    const data = decodeData(reader, code);
    if (octets.length !== length)
      this.#mistake(place, `${octets.length} octets of data, expected ${length} as it says`);
    else if (reader.failed) this.#mistake(place, 'octets that are not data of this type');
    return data;
  }

  /** Keeps a mistake that is about the entry and not about one field. */
  refuse(message: string): void {
    this.#mistake(this.#tokens[this.#next] ?? this.#place, message);
  }

  /** Keeps a mistake if a field is left. */
  end(): void {
    const token = this.#tokens[this.#next];
    if (token !== undefined) this.#mistake(token, `${excerpt(token.text)}: expected the end of the record`);
  }

  #address(what: string, fallback: string, canonical: (text: string) => string | undefined): string {
    const token = this.#take(what);
    if (token === undefined) return fallback;
    const address = canonical(token.text);
    if (address !== undefined) return address;
    this.#mistake(token, `${excerpt(token.text)}: expected ${what}`);
    return fallback;
  }

  #take(what: string): Token | undefined {
    const token = this.#tokens[this.#next];
    if (token === undefined) this.#mistake(this.#place, `expected ${what}`);
    else this.#next += 1;
    return token;
  }

  #mistake(place: { readonly line: number; readonly column: number }, message: string): void {
    this.#mistakes.push({ line: place.line, column: place.column, message });
  }
}

/** Whether the last dot, if there is one, is escaped; `@` is the shortest relative name. */
function isRelative(text: string): boolean {
  return !/(^|[^\\])(\\\\)*\.$/.test(text);
}
