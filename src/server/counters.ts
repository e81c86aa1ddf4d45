// What the server counts while it answers: plain numbers under fixed names, some 35 ns for all that one query adds,
// where a single labelled counter of a metrics library takes 200. The number of series is fixed here; nothing that a
// client sends can add one.

import { DURATION_BOUNDS_US, Histogram, SIZE_BOUNDS_OCTETS } from './histogram.ts';

export const TRANSPORTS = ['udp', 'tcp'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** The address family of the client. */
export const FAMILIES = [4, 6] as const;
export type Family = (typeof FAMILIES)[number];

/** Types that are counted by name (IANA "Resource Record (RR) TYPEs"): those that resolvers ask for unasked, and ours. */
const TYPE_NAMES = new Map([
  [1, 'A'],
  [2, 'NS'],
  [5, 'CNAME'],
  [6, 'SOA'],
  [12, 'PTR'],
  [13, 'HINFO'],
  [15, 'MX'],
  [16, 'TXT'],
  [28, 'AAAA'],
  [33, 'SRV'],
  [35, 'NAPTR'],
  [43, 'DS'],
  [48, 'DNSKEY'],
  [64, 'SVCB'],
  [65, 'HTTPS'],
  [251, 'IXFR'],
  [252, 'AXFR'],
  [255, 'ANY'],
  [257, 'CAA'],
]);

/** Label of whatever has no name of its own. */
const OTHER = 'other';

/** The labels of question types; the last is for all other types, and for messages without a readable question. */
export const TYPE_LABELS = [...TYPE_NAMES.values(), OTHER] as const;

/** Label of each type number, as an index in `TYPE_LABELS`. */
const TYPE_INDEX = new Uint8Array(258).fill(TYPE_NAMES.size);
for (const [index, code] of [...TYPE_NAMES.keys()].entries()) TYPE_INDEX[code] = index;

/** The labels of response codes 0 to 11 and 16 to 23 by their number (IANA "DNS RCODEs"); the last is for the others. */
export const RCODE_LABELS = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
  'DSOTYPENI',
  'BADVERS',
  'BADKEY',
  'BADTIME',
  'BADMODE',
  'BADNAME',
  'BADALG',
  'BADTRUNC',
  'BADCOOKIE',
  OTHER,
] as const;

/** Codes 12 to 15 are not assigned, so BADVERS, 16, is at index 12. */
function rcodeIndex(rcode: number): number {
  if (rcode < 12) return rcode;
  return rcode > 15 && rcode < 24 ? rcode - 4 : RCODE_LABELS.length - 1;
}

/** Why a message got no answer at all. */
export const DROP_REASONS = ['short', 'response', 'port-zero', 'own-address', 'send-failed'] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/** Why a TCP connection was closed as soon as it was accepted. */
export const TCP_REFUSAL_REASONS = ['all-connections', 'client-connections', 'not-allowed', 'accept-failed'] as const;
export type TcpRefusalReason = (typeof TCP_REFUSAL_REASONS)[number];

/** What ended a TCP connection. */
export const TCP_CLOSE_REASONS = ['client', 'idle', 'slow-message', 'lifetime', 'broken', 'shutdown'] as const;
export type TcpCloseReason = (typeof TCP_CLOSE_REASONS)[number];

function zeros<const Label extends string>(labels: readonly Label[]): Record<Label, number> {
  return Object.fromEntries(labels.map((label) => [label, 0])) as Record<Label, number>;
}

/** The figures of one server. Whoever answers adds to them; nobody resets them. */
export class QueryCounters {
  /** By transport, family and type: see `requestIndex`. */
  readonly requests = new Float64Array(TRANSPORTS.length * FAMILIES.length * TYPE_LABELS.length);
  /** In the order of `RCODE_LABELS`. */
  readonly responses = new Float64Array(RCODE_LABELS.length);
  readonly dropped = zeros(DROP_REASONS);
  /** From the receipt of the message to the reply's handover to the system. */
  readonly durationUs = new Histogram(DURATION_BOUNDS_US);
  readonly requestOctets = new Histogram(SIZE_BOUNDS_OCTETS);
  readonly responseOctets = new Histogram(SIZE_BOUNDS_OCTETS);
  /** Replies with TC set. */
  truncated = 0;
  /** Queries that a fault of this program has answered with SERVFAIL. */
  panics = 0;
  cacheHits = 0;
  cacheMisses = 0;
  tcpAccepted = 0;
  readonly tcpRefused = zeros(TCP_REFUSAL_REASONS);
  readonly tcpClosed = zeros(TCP_CLOSE_REASONS);
  /** Times that reading from a connection was stopped because too many of its queries or answers were waiting. */
  tcpPauses = 0;

  /** Counts a message that is to be answered. `type` is undefined where no question could be read. */
  countRequest(transport: Transport, family: Family, type: number | undefined, octets: number): void {
    const label = type === undefined ? TYPE_NAMES.size : (TYPE_INDEX[type] ?? TYPE_NAMES.size);
    const index = requestIndex(transport, family, label);
    this.requests[index] = (this.requests[index] ?? 0) + 1;
    this.requestOctets.observe(octets);
  }

  /** Counts a reply that was sent. `rcode` includes the upper bits that OPT carries. */
  countResponse(rcode: number, octets: number, durationUs: number): void {
    const index = rcodeIndex(rcode);
    this.responses[index] = (this.responses[index] ?? 0) + 1;
    this.responseOctets.observe(octets);
    this.durationUs.observe(durationUs);
  }

  /** TCP connections that are open now. */
  get tcpOpen(): number {
    let open = this.tcpAccepted;
    for (const reason of TCP_CLOSE_REASONS) open -= this.tcpClosed[reason];
    return open;
  }
}

/** Where `requests` counts a type, given as an index in `TYPE_LABELS`. */
export function requestIndex(transport: Transport, family: Family, typeIndex: number): number {
  const row = (transport === 'udp' ? 0 : FAMILIES.length) + (family === 4 ? 0 : 1);
  return row * TYPE_LABELS.length + typeIndex;
}
