// What a value says about its instance, before the defaults are filled in: the one shape that every format is read
// into. What cannot be used is a `Problem`, which costs the instance; what can be done without is an `Adjustment`,
// which costs only that field.

import type { Instance, RejectionReason } from '../instance.ts';

/** The fields that fell back to their default or were clamped. The strings are a label of the metrics. */
export const ADJUSTMENTS = [
  'priority',
  'weight',
  'ttl',
  'metadata',
  'text',
  'state',
  'op',
  'group',
  'targetstrip',
  'mail',
  'port-name',
  'protocol',
  'endpoints',
] as const;

export type Adjustment = (typeof ADJUSTMENTS)[number];

/** What a value says. A field that is absent or undefined is one that the value does not set. */
export interface Description extends Pick<Instance, 'host' | 'ports'> {
  readonly kind: 'description';
  readonly priority?: number | undefined;
  readonly weight?: number | undefined;
  readonly ttlSeconds?: number | undefined;
  readonly texts?: readonly string[] | undefined;
  readonly up?: boolean | undefined;
  readonly group?: string | undefined;
  readonly targetStrip?: number | undefined;
  readonly mail?: boolean | undefined;
}

/** Why a value cannot be used. */
export interface Problem {
  readonly kind: 'problem';
  readonly reason: RejectionReason;
  /** At most `DETAIL_MAX_CHARACTERS` of visible ASCII and spaces. */
  readonly detail: string;
}

/** Characters of a detail: one line of a log or a table. */
export const DETAIL_MAX_CHARACTERS = 200;

/** Characters of a value that a detail repeats, so that what was expected still fits behind it. */
const SHOWN_MAX_CHARACTERS = 64;

const NOT_VISIBLE_ASCII = /[^ -~]/gu;

/** Makes a problem of text that may hold anything a peer wrote: whatever a terminal could obey is escaped. */
export function problem(reason: RejectionReason, detail: string): Problem {
  const escaped = detail
    .slice(0, DETAIL_MAX_CHARACTERS)
    .replace(NOT_VISIBLE_ASCII, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
  return { kind: 'problem', reason, detail: escaped.slice(0, DETAIL_MAX_CHARACTERS) };
}

/**
 * The beginning of what a value holds, as JSON, for a detail. Nothing of what has an `@`: what stands before it may be
 * a password, and details go to logs.
 */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  if (text.includes('@')) return '(not shown: it may hold a password)';
  return text.length > SHOWN_MAX_CHARACTERS ? `${text.slice(0, SHOWN_MAX_CHARACTERS)}...` : text;
}
