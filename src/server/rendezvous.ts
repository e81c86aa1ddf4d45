// Which records a client sees when they do not all fit: rendezvous hashing of (client, record). A client always sees
// the same ones, all clients together see all, and a record that goes changes only the answers that it was in.

import { formatData } from '../wire/record-types.ts';
import type { RRset } from '../zone/rrset.ts';

/** A record of an RRset, by its place there and a hash of its data. */
interface Candidate {
  readonly at: number;
  readonly hash: number;
}

/** Candidates by how soon a client should try them, those to be tried first in front. */
export type Tiers = readonly (readonly Candidate[])[];

/** Sorts the records of an RRset into tiers: others only fill what room the first tier leaves. */
export function tiersOf(rrset: RRset): Tiers {
  const tiers = new Map<number, Candidate[]>();
  for (const [at, data] of rrset.data.entries()) {
    // RFC 2782: a client must try the lowest priority that it can reach. Addresses without a share come first never.
    const tier = data.kind === 'SRV' ? data.priority : Number(rrset.weights?.[at] === 0);
    const candidate = { at, hash: hashText(formatData(data)) };
    const known = tiers.get(tier);
    if (known === undefined) tiers.set(tier, [candidate]);
    else known.push(candidate);
  }
  return [...tiers.entries()].sort(([a], [b]) => a - b).map(([, candidates]) => candidates);
}

/** The places of the best records for a group of clients, best first: `count` of them, or all when there are fewer. */
export function rank(tiers: Tiers, group: number, count: number): number[] {
  const ranked: number[] = [];
  for (const tier of tiers) {
    if (ranked.length >= count) break;
    ranked.push(...bestOf(tier, Math.imul(group + 1, 0x9e3779b1), count - ranked.length));
  }
  return ranked;
}

/** Scores are 32-bit numbers. */
const SCORE_SPAN = 2 ** 32;

/** More than there are records, and so few that a score times this is an exact number. */
const PLACE_SPAN = 2 ** 20;

function bestOf(candidates: readonly Candidate[], salt: number, count: number): number[] {
  // Scores are spread evenly, so that about twice as many as are wanted lie above this: only those are sorted.
  const least = SCORE_SPAN * (1 - (2 * count) / candidates.length);
  const best = scoresAbove(candidates, salt, least);
  const scores = best.length >= count ? best : scoresAbove(candidates, salt, 0);
  const sorted = Float64Array.from(scores).sort().reverse();
  return Array.from(sorted.subarray(0, count), (score) => score % PLACE_SPAN);
}

/** Scores of at least `least`, each with the place of its record in the lower digits. */
function scoresAbove(candidates: readonly Candidate[], salt: number, least: number): number[] {
  const scores: number[] = [];
  for (const { at, hash } of candidates) {
    const score = mix(hash ^ salt);
    if (score >= least) scores.push(score * PLACE_SPAN + at);
  }
  return scores;
}

/** 32-bit FNV-1a: quick for short texts, and the same on every server. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** Spreads the bits of a hash evenly (the finisher of MurmurHash3). */
function mix(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
