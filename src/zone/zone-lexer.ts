// The words of a zone file (RFC 1035 §5.1), entry by entry. Parentheses, comments and line ends are gone from what
// comes out; escapes are kept as written, since only the reader of a field knows what they stand for there. One pass,
// one character at a time: no pattern is matched against a word, because a pattern costs stack for a long one.

import { excerpt, type Mistake, type Token } from '../wire/fields.ts';

/** One entry: a line, or several that parentheses join. */
export interface Entry {
  /** At least one. */
  readonly tokens: readonly Token[];
  /** 1-based, of the first word. */
  readonly line: number;
  readonly column: number;
  /** Whether the entry begins with a space or a tab, and so has no owner of its own. */
  readonly indented: boolean;
}

export type EntryResult =
  | { readonly kind: 'entry'; readonly entry: Entry }
  | { readonly kind: 'mistake'; readonly mistake: Mistake };

/**
 * Characters of an entry, one more counted for each word. Data has at most 65 535 octets, and an octet takes four
 * characters as `\DDD`; the fifth is for quotes, spaces and the fields in front.
 */
export const ENTRY_MAX_CHARACTERS = 5 * 65_535;

const TOO_LONG = `an entry of more than ${ENTRY_MAX_CHARACTERS} characters`;

const BYTE_ORDER_MARK = '\xef\xbb\xbf';

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const OPEN = 0x28;
const CLOSE = 0x29;
const SEMICOLON = 0x3b;
const BACKSLASH = 0x5c;
const DELETE = 0x7f;
const OCTET_MAX = 0xff;

/**
 * Splits a zone file into entries, in file order. An entry that cannot be split is given as its first mistake, and
 * reading goes on after it.
 *
 * @param text the file's octets, one per character
 */
export function* readEntries(text: string): Generator<EntryResult, void> {
  const lexer = new Lexer(text);
  for (;;) {
    const result = lexer.entry();
    if (result === undefined) return;
    yield result;
  }
}

interface Place {
  readonly line: number;
  readonly column: number;
}

class Lexer {
  readonly #text: string;
  #at: number;
  #line = 1;
  /** Offset of the first character of the line. */
  #lineStart: number;

  constructor(text: string) {
    this.#text = text;
    this.#at = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
    this.#lineStart = this.#at;
  }

  /** The next entry that has a word or a mistake; undefined at the end of the file. */
  entry(): EntryResult | undefined {
    const tokens: Token[] = [];
    let characters = 0;
    let indented = false;
    /** The first one; those after it may only follow from it. */
    let mistake: Mistake | undefined;
    /** Where the parenthesis is that is open. */
    let open: Place | undefined;
    while (this.#at < this.#text.length) {
      const code = this.#text.charCodeAt(this.#at);
      if (this.#atLineEnd()) {
        this.#nextLine();
        if (open !== undefined) continue;
        if (tokens.length > 0 || mistake !== undefined) break;
        indented = false;
      } else if (code === SPACE || code === TAB) {
        if (this.#at === this.#lineStart && open === undefined) indented = true;
        this.#at += 1;
      } else if (code === SEMICOLON) {
        this.#skipComment();
      } else if (code === OPEN) {
        if (open === undefined) open = this.#place();
        else mistake ??= { ...this.#place(), message: `a parenthesis inside the one of line ${open.line}` };
        this.#at += 1;
      } else if (code === CLOSE) {
        if (open === undefined) mistake ??= { ...this.#place(), message: 'a closing parenthesis that none opened' };
        open = undefined;
        this.#at += 1;
      } else {
        const start = this.#at;
        const word = this.#word(code === QUOTE);
        characters += this.#at - start + 1;
        if ('message' in word) mistake ??= word;
        else if (characters <= ENTRY_MAX_CHARACTERS) tokens.push(word);
        else mistake ??= { line: word.line, column: word.column, message: TOO_LONG };
      }
    }
    if (open !== undefined)
      mistake ??= { ...open, message: 'a parenthesis that is not closed before the end of the file' };
    if (mistake !== undefined) return { kind: 'mistake', mistake };
    const [first] = tokens;
    return first && { kind: 'entry', entry: { tokens, line: first.line, column: first.column, indented } };
  }

  #place(): Place {
    return { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }

  #word(quoted: boolean): Token | Mistake {
    const { line, column } = this.#place();
    const start = this.#at;
    const message = quoted ? this.#skipQuoted() : this.#skipBare();
    if (message !== undefined) return { line, column, message };
    const text = quoted ? this.#text.slice(start + 1, this.#at - 1) : this.#text.slice(start, this.#at);
    return { text, quoted, line, column };
  }

  #atLineEnd(): boolean {
    const code = this.#text.charCodeAt(this.#at);
    return code === LINE_FEED || (code === CARRIAGE_RETURN && this.#text.charCodeAt(this.#at + 1) === LINE_FEED);
  }

  /** Passes over the line end that is here. */
  #nextLine(): void {
    this.#at += this.#text.charCodeAt(this.#at) === LINE_FEED ? 1 : 2;
    this.#line += 1;
    this.#lineStart = this.#at;
  }

  /**
   * Passes over a comment, up to the line end. By hand: V8 takes `indexOf` for free of effects and, once it has
   * compiled the loop over a file, may run it for every character, which costs the square of a file without line ends.
   */
  #skipComment(): void {
    while (this.#at < this.#text.length && !this.#atLineEnd()) this.#at += 1;
  }

  /** Passes over a word without quotes; gives what is wrong with it. */
  #skipBare(): string | undefined {
    const start = this.#at;
    let reason: string | undefined;
    while (this.#at < this.#text.length && !this.#atLineEnd()) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === SPACE || code === TAB || code === SEMICOLON || code === OPEN || code === CLOSE) break;
      if (code === QUOTE) reason ??= 'a quote inside a word: quote the whole of it, or write \\"';
      reason ??= characterMistake(code);
      this.#skipCharacter(code);
    }
    return reason === undefined ? undefined : `${excerpt(this.#text.slice(start, this.#at))}: ${reason}`;
  }

  /** Passes over a quoted string, which ends in its line; gives what is wrong with it. */
  #skipQuoted(): string | undefined {
    let reason: string | undefined;
    this.#at += 1;
    for (;;) {
      // The string goes no further than its line, so that one lost quote does not hide the rest of the file.
      if (this.#at >= this.#text.length || this.#atLineEnd()) return 'a quoted string that is not closed in its line';
      const code = this.#text.charCodeAt(this.#at);
      if (code === QUOTE) break;
      reason ??= characterMistake(code);
      this.#skipCharacter(code);
    }
    this.#at += 1;
    if (reason !== undefined) return reason;
    const after = this.#text.charAt(this.#at);
    return after === '' || ' \t\r\n;()'.includes(after) ? undefined : 'no space after the closing quote';
  }

  /** Passes over a character, and over the one that a backslash before it escapes. */
  #skipCharacter(code: number): void {
    this.#at += 1;
    if (code === BACKSLASH && this.#at < this.#text.length && !this.#atLineEnd()) this.#at += 1;
  }
}

/** What is wrong with a character where text may stand, if anything. */
function characterMistake(code: number): string | undefined {
  // Data is octets: any other character would be cut to one on the wire.
  if (code > OCTET_MAX) return 'a character that is not one octet';
  if ((code >= SPACE && code !== DELETE) || code === TAB) return undefined;
  // A file damaged or of another kind.
  return `a control character: write \\${String(code).padStart(3, '0')} if it is meant`;
}
