// The OPT record of an answer (RFC 6891 §6.1) and the options that this server sends in it.

import type { ExtendedError } from './codes.ts';
import { EDNS_DO } from './query.ts';
import { TYPE } from './record-types.ts';

/**
 * Octets of a datagram that this server sends and takes at most: what passes every network unfragmented (DNS Flag Day
 * 2020), whatever a client says it can take.
 */
export const UDP_PAYLOAD_MAX_OCTETS = 1232;

/** Octets of a datagram for a client that says nothing (RFC 1035 §4.2.1), or less than this (RFC 6891 §6.2.3). */
export const UDP_PAYLOAD_MIN_OCTETS = 512;

/** Owner, type, size, extended flags and length, without options. */
const OPT_OCTETS = 11;

/** EXTENDED-ERROR (RFC 8914 §2): code, length and INFO-CODE; the text is left out, the code says it all. */
const OPTION_EXTENDED_ERROR = 15;
const EXTENDED_ERROR_OCTETS = 6;

/** Octets that `writeOpt` writes. */
export function optOctets(extendedError: ExtendedError | undefined): number {
  return extendedError === undefined ? OPT_OCTETS : OPT_OCTETS + EXTENDED_ERROR_OCTETS;
}

/** The largest OPT record that this server sends. */
export const OPT_MAX_OCTETS = OPT_OCTETS + EXTENDED_ERROR_OCTETS;

/**
 * Writes the OPT record of an answer, version 0.
 *
 * @param rcode the whole response code, of which OPT carries the bits above 4
 * @param isDo whether the query had DO, which is copied (RFC 3225 §3)
 * @returns where it ends
 */
export function writeOpt(
  out: Uint8Array,
  at: number,
  rcode: number,
  isDo: boolean,
  extendedError: ExtendedError | undefined,
): number {
  out[at] = 0;
  putU16(out, at + 1, TYPE.OPT);
  putU16(out, at + 3, UDP_PAYLOAD_MAX_OCTETS);
  out[at + 5] = rcode >>> 4;
  out[at + 6] = 0;
  putU16(out, at + 7, isDo ? EDNS_DO : 0);
  const end = at + OPT_OCTETS;
  putU16(out, at + 9, extendedError === undefined ? 0 : EXTENDED_ERROR_OCTETS);
  if (extendedError === undefined) return end;
  putU16(out, end, OPTION_EXTENDED_ERROR);
  putU16(out, end + 2, 2);
  putU16(out, end + 4, extendedError);
  return end + EXTENDED_ERROR_OCTETS;
}

function putU16(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 8;
  out[at + 1] = value & 0xff;
}
