// The OPT record of an answer (RFC 6891 §6.1) and the options that this server sends in it.

import { CLIENT_COOKIE_OCTETS, EDNS_OPTION, type ExtendedError } from './codes.ts';
import { writeU16 } from './octets.ts';
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

/** Where RDLENGTH is in the record. */
const DATA_LENGTH_AT = 9;

/** Code and length of an option (RFC 6891 §6.1.2). */
export const OPTION_HEADER_OCTETS = 4;

/** EXTENDED-ERROR (RFC 8914 §2): its INFO-CODE; the text is left out, the code says it all. */
const EXTENDED_ERROR_OCTETS = OPTION_HEADER_OCTETS + 2;

/** Both halves of a cookie, the server's being the 16 octets of RFC 9018 §4. */
export const COOKIE_OCTETS = CLIENT_COOKIE_OCTETS + 16;

export const COOKIE_OPTION_OCTETS = OPTION_HEADER_OCTETS + COOKIE_OCTETS;

/** edns-tcp-keepalive with its TIMEOUT (RFC 7828 §3.1). */
export const KEEPALIVE_OPTION_OCTETS = OPTION_HEADER_OCTETS + 2;

/** Octets of the server's identifier: a host name or a UUID, and no burden for a datagram of 512 octets. */
export const NSID_MAX_OCTETS = 128;

/** Octets that `writeOpt` writes. */
export function optOctets(extendedError: ExtendedError | undefined): number {
  return extendedError === undefined ? OPT_OCTETS : OPT_OCTETS + EXTENDED_ERROR_OCTETS;
}

/** The largest OPT record that this server sends. */
export const OPT_MAX_OCTETS =
  OPT_OCTETS +
  EXTENDED_ERROR_OCTETS +
  COOKIE_OPTION_OCTETS +
  KEEPALIVE_OPTION_OCTETS +
  OPTION_HEADER_OCTETS +
  NSID_MAX_OCTETS;

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
  writeU16(out, at + 1, TYPE.OPT);
  writeU16(out, at + 3, UDP_PAYLOAD_MAX_OCTETS);
  out[at + 5] = rcode >>> 4;
  out[at + 6] = 0;
  writeU16(out, at + 7, isDo ? EDNS_DO : 0);
  writeU16(out, at + DATA_LENGTH_AT, 0);
  const end = at + OPT_OCTETS;
  if (extendedError === undefined) return end;
  const data = appendOption(out, at, end, EDNS_OPTION.EXTENDED_ERROR, 2);
  writeU16(out, data, extendedError);
  return data + 2;
}

/**
 * Begins another option of an OPT record, the last of its message.
 *
 * @param optAt where the record begins
 * @param at where it ends so far
 * @param octets of the option's data, which the caller writes
 * @returns where that data belongs
 */
export function appendOption(out: Uint8Array, optAt: number, at: number, code: number, octets: number): number {
  const data = at + OPTION_HEADER_OCTETS;
  writeU16(out, at, code);
  writeU16(out, at + 2, octets);
  writeU16(out, optAt + DATA_LENGTH_AT, data + octets - optAt - OPT_OCTETS);
  return data;
}
