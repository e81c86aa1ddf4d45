// Text that a stranger wrote, made safe to print: a terminal obeys control characters, a log reader breaks lines at
// them, and marks of direction show a text other than it is. All of them are printed as escapes.

import type { KeyOctets } from '../registry/change.ts';

/** Controls (C0, DEL, C1), invisible and direction marks, line and paragraph separators, lone surrogates. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Replaces what must not reach a terminal with `\u001b`-like escapes. */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${hex(character.codePointAt(0) ?? 0, 4)}`);
}

const FATAL_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a key for people: its octets read as UTF-8 and, where they are none, as `\xNN` escapes. */
export function formatKey(key: KeyOctets): string {
  try {
    return escapeText(FATAL_UTF8.decode(Buffer.from(key, 'latin1')));
  } catch {
    // Not UTF-8, which an etcd key need not be.
    return key.replace(/[^ -~]/g, (octet) => `\\x${hex(octet.charCodeAt(0), 2)}`);
  }
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
