// From an outcome to what is answered. Response code, AA, authority section and extended error of every outcome stand in
// one table, and nothing else in the program decides any of them.

import { EDE, type ExtendedError, RCODE, type Rcode } from '../wire/codes.ts';
import { negativeSoaRRset } from './authority.ts';
import type { Basis, Outcome } from './lookup.ts';
import type { RRset } from './rrset.ts';

/** An outcome of a lookup, or a reason for which none was made. */
export type Decision = Outcome | Refusal;

/** What is answered without a look at any zone. */
export interface Refusal {
  readonly kind:
    | 'no-question'
    | 'badcookie'
    | 'formerr'
    | 'notimp'
    | 'badvers'
    | 'servfail'
    | 'class-refused'
    | 'transfer-refused'
    | 'client-refused';
}

interface Properties {
  readonly rcode: Rcode;
  readonly isAuthoritative: boolean;
  readonly authority: 'none' | 'soa' | 'delegation';
  readonly extendedError?: ExtendedError;
  /** Sent while what is known of registered names is as old as the last word from etcd. */
  readonly staleError?: ExtendedError;
}

const PROPERTIES: Readonly<Record<Decision['kind'], Properties>> = {
  hit: { rcode: RCODE.NOERROR, isAuthoritative: true, authority: 'none', staleError: EDE.STALE_ANSWER },
  // RFC 2308 §2.2: the name exists, the type does not. NXDOMAIN here breaks clients that ask for AAAA beside A.
  nodata: { rcode: RCODE.NOERROR, isAuthoritative: true, authority: 'soa', staleError: EDE.STALE_ANSWER },
  nxdomain: { rcode: RCODE.NXDOMAIN, isAuthoritative: true, authority: 'soa', staleError: EDE.STALE_NXDOMAIN_ANSWER },
  referral: { rcode: RCODE.NOERROR, isAuthoritative: false, authority: 'delegation' },
  'not-our-zone': {
    rcode: RCODE.REFUSED,
    isAuthoritative: false,
    authority: 'none',
    extendedError: EDE.NOT_AUTHORITATIVE,
  },
  // Clients keep what they have on SERVFAIL and forget it on NXDOMAIN.
  'not-ready': { rcode: RCODE.SERVFAIL, isAuthoritative: false, authority: 'none', extendedError: EDE.NOT_READY },
  'no-question': { rcode: RCODE.NOERROR, isAuthoritative: false, authority: 'none' },
  badcookie: { rcode: RCODE.BADCOOKIE, isAuthoritative: false, authority: 'none' },
  formerr: { rcode: RCODE.FORMERR, isAuthoritative: false, authority: 'none' },
  notimp: { rcode: RCODE.NOTIMP, isAuthoritative: false, authority: 'none' },
  badvers: { rcode: RCODE.BADVERS, isAuthoritative: false, authority: 'none' },
  servfail: { rcode: RCODE.SERVFAIL, isAuthoritative: false, authority: 'none' },
  'class-refused': { rcode: RCODE.REFUSED, isAuthoritative: false, authority: 'none' },
  'transfer-refused': { rcode: RCODE.REFUSED, isAuthoritative: false, authority: 'none' },
  'client-refused': {
    rcode: RCODE.REFUSED,
    isAuthoritative: false,
    authority: 'none',
    extendedError: EDE.PROHIBITED,
  },
};

export interface Answer {
  readonly rcode: Rcode;
  readonly isAuthoritative: boolean;
  readonly answers: readonly RRset[];
  readonly authority: readonly RRset[];
  readonly extendedError: ExtendedError | undefined;
  readonly staleError: ExtendedError | undefined;
  readonly basis: Basis;
}

/** What is answered for a decision. */
export function answer(decision: Decision): Answer {
  const { authority, staleError, ...properties } = PROPERTIES[decision.kind];
  const answers = 'answers' in decision ? decision.answers : [];
  return {
    extendedError: undefined,
    ...properties,
    // AA is about the first owner in the answer section (RFC 1035 §4.1.1): an alias of ours, wherever it leads.
    isAuthoritative: properties.isAuthoritative || answers.length > 0,
    answers,
    authority: authoritySection(decision, authority),
    // Zones without registered names do not grow old with etcd.
    staleError: 'zone' in decision && decision.zone.isRegistered ? staleError : undefined,
    basis: 'basis' in decision ? decision.basis : { kind: 'zones' },
  };
}

function authoritySection(decision: Decision, authority: Properties['authority']): readonly RRset[] {
  switch (authority) {
    case 'none':
      return [];
    case 'soa':
      return 'zone' in decision ? [negativeSoaRRset(decision.zone)] : [];
    case 'delegation':
      return decision.kind === 'referral' ? [decision.delegation] : [];
  }
}
