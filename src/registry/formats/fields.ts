// Fields that several JSON formats share. A field that an instance can do without never costs the instance: when it is
// not what its schema says it is left out, and the caller's set of adjustments gets its name. JSON null is an absent
// field, as Go writes it.

import { Buffer } from 'node:buffer';
import { z } from 'zod';
import { TTL_MAX_SECONDS, TTL_MIN_SECONDS } from '../instance.ts';
import type { Adjustment } from './description.ts';

/** A JSON object of a value. Formats read the fields they name; all others are ignored. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Octets of one TXT string (RFC 1035 §3.3: the length is one octet). */
const TEXT_MAX_OCTETS = 255;

/** SRV priority and weight, RFC 2782. */
const UINT16 = z.int().min(0).max(0xffff);

const TTL = z.number();

const SCALAR = z.union([z.string(), z.number(), z.boolean()]);

const METADATA = z.record(z.string(), z.unknown());

/** Reads a field that the instance can do without: undefined when it is absent, null or not as `schema` says. */
export function readField<T>(
  schema: z.ZodType<T>,
  value: unknown,
  field: Adjustment,
  adjusted: Set<Adjustment>,
): T | undefined {
  if (value === undefined || value === null) return undefined;
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  adjusted.add(field);
  return undefined;
}

/** Reads `priority` or `weight`: an integer from 0 to 65535. */
export function readUint16(
  value: unknown,
  field: 'priority' | 'weight',
  adjusted: Set<Adjustment>,
): number | undefined {
  return readField(UINT16, value, field, adjusted);
}

/** Reads `ttl`: whole seconds, clamped to what may be answered. */
export function readTtlSeconds(value: unknown, adjusted: Set<Adjustment>): number | undefined {
  const ttl = readField(TTL, value, 'ttl', adjusted);
  if (ttl === undefined) return undefined;
  const clamped = Math.min(TTL_MAX_SECONDS, Math.max(TTL_MIN_SECONDS, Math.trunc(ttl)));
  if (clamped !== ttl) adjusted.add('ttl');
  return clamped;
}

/**
 * Reads metadata as TXT strings `key=value` (RFC 1464, RFC 6763 §6), in octets. What cannot be one is left out and
 * counted: a value that is not a scalar, a key that is empty or holds `=`, a pair of more than 255 octets (cut, it
 * would be another value).
 */
export function readMetadata(value: unknown, adjusted: Set<Adjustment>): string[] {
  const texts: string[] = [];
  for (const [key, field] of Object.entries(readField(METADATA, value, 'metadata', adjusted) ?? {})) {
    const scalar = readField(SCALAR, field, 'metadata', adjusted);
    if (scalar === undefined) continue;
    const text = octetsOf(`${key}=${scalar}`);
    if (key === '' || key.includes('=') || text.length > TEXT_MAX_OCTETS) adjusted.add('metadata');
    else texts.push(text);
  }
  return texts;
}

/** Cuts a text into TXT strings of at most 255 octets, which readers join again. */
export function splitText(text: string): string[] {
  const octets = octetsOf(text);
  const texts: string[] = [];
  for (let at = 0; at < octets.length; at += TEXT_MAX_OCTETS) texts.push(octets.slice(at, at + TEXT_MAX_OCTETS));
  return texts;
}

/** The UTF-8 octets of a text, one per character. */
function octetsOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
