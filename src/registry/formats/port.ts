// Port numbers and the names that ports go by in SRV owners (RFC 2782).

/** What SRV owners end in where a value does not say: `_tcp`. */
export const DEFAULT_PROTOCOL = 'tcp';

const PORT_MAX = 65_535;

/** Canonical decimal only: `080` and `+80` are slips that somebody should hear of. */
const DECIMAL_PORT = /^[1-9][0-9]{0,4}$/;

/** Letters, digits and inner hyphens, short enough to be a label behind its underscore (62 octets). */
const SERVICE_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?$/;

/** What is expected where `parsePortNumber` gives undefined, for a person. */
export const PORT_EXPECTATION = `expected 1 to ${PORT_MAX} in decimal`;

/** Reads a port from 1 to 65535, a number or canonical decimal text; undefined for anything else. */
export function parsePortNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && DECIMAL_PORT.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= PORT_MAX
    ? number
    : undefined;
}

/** The lower-case text of a `_service` or `_proto` label without its underscore; undefined when it cannot be one. */
export function parseServiceLabel(text: string): string | undefined {
  const label = text.toLowerCase();
  return SERVICE_LABEL.test(label) ? label : undefined;
}
