// The numbers of the DNS header and its registries, under the mnemonics of the IANA registry "Domain Name System
// (DNS) Parameters". Record types are in record-types.ts, which knows their data as well.

export const OPCODE_QUERY = 0;

export const CLASS_IN = 1;

/** Response codes (RFC 1035 §4.1.1, RFC 6895 §2.3). Those above 15 need the upper bits that OPT carries. */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
  BADCOOKIE: 23,
} as const;

export type Rcode = (typeof RCODE)[keyof typeof RCODE];

const RCODE_NAMES = new Map<number, string>(Object.entries(RCODE).map(([name, code]) => [code, name]));

/** The mnemonic of a response code, `RCODE` and the number for one that has none here. */
export function formatRcode(rcode: number): string {
  return RCODE_NAMES.get(rcode) ?? `RCODE${rcode}`;
}

/** Extended DNS errors that this server sends (RFC 8914 §4). */
export const EDE = {
  STALE_ANSWER: 3,
  NOT_READY: 14,
  STALE_NXDOMAIN_ANSWER: 19,
  NOT_AUTHORITATIVE: 20,
  PROHIBITED: 18,
} as const;

export type ExtendedError = (typeof EDE)[keyof typeof EDE];

/** EDNS options that mean something here (IANA "DNS EDNS0 Option Codes (OPT)"). */
export const EDNS_OPTION = {
  /** RFC 5001. */
  NSID: 3,
  /** RFC 7873, RFC 9018. */
  COOKIE: 10,
  /** RFC 7828. */
  TCP_KEEPALIVE: 11,
  /** RFC 8914. */
  EXTENDED_ERROR: 15,
} as const;

/** Octets of the client's half of a cookie, which comes first (RFC 7873 §4). */
export const CLIENT_COOKIE_OCTETS = 8;

/** Bits of the second 16 bits of the header (RFC 1035 §4.1.1, RFC 4035 §3). */
export const FLAG = {
  QR: 0x8000,
  AA: 0x0400,
  TC: 0x0200,
  RD: 0x0100,
  RA: 0x0080,
  AD: 0x0020,
  CD: 0x0010,
} as const;

export const OPCODE_SHIFT = 11;
export const OPCODE_MASK = 0xf;
export const RCODE_MASK = 0xf;

/** Octets of a message header (RFC 1035 §4.1.1). */
export const HEADER_OCTETS = 12;

/** Octets of a message: what the length field of TCP can say (RFC 1035 §4.2.2). */
export const MESSAGE_MAX_OCTETS = 65535;
