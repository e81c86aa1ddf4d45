// JSON values: parsed once, held to limits, and told apart by the field that only one format has.

import { type Adjustment, type Description, type Problem, problem } from './description.ts';
import type { JsonObject } from './fields.ts';
import { describeGrpcNaming } from './grpc-naming.ts';
import { describeKratos } from './kratos.ts';
import { describeOwn } from './own.ts';
import { describeSkydns } from './skydns.ts';

/** Levels of objects and arrays, the value itself included. A port with a protocol is the deepest there is: three. */
export const JSON_MAX_DEPTH = 4;

/** Members of one object or array. Metadata and ports of real services have a handful. */
export const JSON_MAX_MEMBERS = 32;

type Describe = (value: JsonObject, adjusted: Set<Adjustment>) => Description | Problem;

/** The field that shows the format, in the order in which they are looked for. */
const FORMATS: readonly (readonly [field: string, describe: Describe])[] = [
  ['address', describeOwn],
  ['host', describeSkydns],
  ['Addr', describeGrpcNaming],
  ['endpoints', describeKratos],
  // A SkyDNS value may be a text alone. An instance cannot: this gives the rejection that says so.
  ['text', describeSkydns],
];

/** Reads a text that begins with a brace, and so holds an object if it holds JSON. */
export function describeJson(text: string, adjusted: Set<Adjustment>): Description | Problem {
  let value: JsonObject;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // The message repeats some of the text, which may hold a password before an @.
    return problem('bad-json', text.includes('@') ? 'SyntaxError: expected JSON' : String(error));
  }
  if (exceedsLimits(value, JSON_MAX_DEPTH)) {
    return problem(
      'bad-json',
      `JSON: expected at most ${JSON_MAX_DEPTH} levels and ${JSON_MAX_MEMBERS} members in an object or array`,
    );
  }
  const format = FORMATS.find(([field]) => Object.hasOwn(value, field));
  if (format === undefined) {
    return problem('unknown-format', 'JSON object: expected one of the fields address, host, Addr, endpoints');
  }
  const [, describe] = format;
  return describe(value, adjusted);
}

/** Goes no deeper than the limit, whatever the nesting. */
function exceedsLimits(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  const members = Object.values(value);
  return members.length > JSON_MAX_MEMBERS || members.some((member) => exceedsLimits(member, levels - 1));
}
