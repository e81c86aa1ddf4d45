// Holds one key with one value under one lease, against everything that can happen to either.
//
//   ┌─▶ renew ─▶ look at the key ─▶ ours? ─▶ grant, if there is no lease ─▶ put, if nobody wrote since the look ─┐
//   └──────────────────────────────────── wait TTL/3, or until something happens ◀──────────────────────────────┘
//
// Every round ends in a state that says what etcd holds. Rounds go on for ever: a lost lease, a pause of this process and
// an etcd that was away for long differ only in where the next round starts. No decision uses the wall clock.

import { performance } from 'node:perf_hooks';
import { backoffMs } from '../etcd/backoff.ts';
import { within } from '../etcd/connection.ts';
import type { Fault } from '../etcd/fault.ts';
import type { EtcdOptions } from '../etcd/options.ts';
import type { KeyOctets } from '../registry/change.ts';
import type { LinkUser, Session } from './etcd-link.ts';
import { type Holder, holderOf, leaseIdOf } from './lease-id.ts';
import { joinLink } from './shared-links.ts';

/** Keepalives in one TTL: two may be lost, and the third is in time. */
const RENEWALS_PER_TTL = 3;

/** Every so many renewals the key itself is read: a key can go without its lease, and etcd before 3.4.38 may renew a
 *  lease that it has revoked. */
const RENEWALS_PER_LOOK = 3;

/** Milliseconds for a read or a write. */
const CALL_DEADLINE_MS = 2000;

/** Milliseconds to try to revoke the lease when leaving. After them it is left to run out. */
const LEAVE_MS = 2000;

export type HoldState =
  /** Not in etcd, as far as we know, and on the way there. `fault` is the last thing that went wrong. */
  | { readonly kind: 'registering'; readonly fault: Fault | undefined }
  | { readonly kind: 'registered'; readonly leaseId: string }
  /** The key is another's: of an owner we do not know, or of a later start of the same instance. Tried again all the time. */
  | { readonly kind: 'conflict'; readonly with: 'another-owner' | 'later-start'; readonly leaseId: string }
  /** Not in etcd, as it was asked for. */
  | { readonly kind: 'withdrawn' }
  | { readonly kind: 'closed' };

export interface HoldOptions {
  readonly etcd: EtcdOptions;
  readonly key: KeyOctets;
  readonly holder: Holder;
  /** Seconds; etcd makes 2 of 1. */
  readonly leaseSeconds: number;
  readonly onState: (state: HoldState) => void;
}

/** What a round came to. `again`: the key changed between look and put. */
type Round = 'settled' | 'again' | Fault;

interface Lease {
  readonly id: string;
  /** When it was last asked for, or to be renewed, with success: it lives for a TTL from then on at least. */
  aliveMs: number;
  renewals: number;
}

interface FoundKey {
  readonly kind: 'found';
  /** 0 where there is no key. */
  readonly modRevision: string;
  readonly leaseId: string;
  readonly value: Buffer;
}

const ABSENT: FoundKey = { kind: 'found', modRevision: '0', leaseId: '0', value: Buffer.alloc(0) };

export class HeldKey implements LinkUser {
  readonly #options: HoldOptions;
  readonly #key: Buffer;
  readonly #ttlMs: number;
  readonly #link: { readonly leave: () => Promise<void> };
  readonly #running: Promise<void>;
  #state: HoldState = { kind: 'withdrawn' };
  #session: Session | undefined;
  #wanted: Buffer | undefined;
  #lease: Lease | undefined;
  #grants = 0;
  /** Whether this incarnation has held the key: then another incarnation that holds it is the later one. */
  #hasHeld = false;
  #mustLook = true;
  /** Whether the next wait is of random length, so that those who came together do not stay together. */
  #mustSpread = true;
  #failures = 0;
  #closing = false;
  #leaveTimer: NodeJS.Timeout | undefined;
  #isLate = false;
  #woken = false;
  #wakeUp: () => void = () => {};

  constructor(options: HoldOptions) {
    this.#options = options;
    this.#key = Buffer.from(options.key, 'latin1');
    this.#ttlMs = options.leaseSeconds * 1000;
    this.#link = joinLink(options.etcd, this);
    this.#running = this.#run();
  }

  get state(): HoldState {
    return this.#state;
  }

  /** Puts the key with this value, and keeps it so. */
  put(value: string): void {
    if (this.#closing) return;
    this.#wanted = Buffer.from(value, 'utf8');
    this.#mustLook = true;
    if (this.#state.kind === 'withdrawn') this.#enter({ kind: 'registering', fault: undefined });
    this.#wake();
  }

  /** Takes the key away. */
  withdraw(): void {
    this.#wanted = undefined;
    this.#wake();
  }

  /** Takes the key away, if etcd answers in time, and stops. */
  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#leaveTimer = setTimeout(() => {
        this.#isLate = true;
        this.#wake();
      }, LEAVE_MS);
      this.withdraw();
    }
    await this.#running;
  }

  sessionBegan(session: Session): void {
    this.#session = session;
    // It may be another store, or an older state of ours.
    this.#mustLook = true;
    this.#mustSpread = true;
    this.#failures = 0;
    this.#wake();
  }

  sessionFailed(reason: Fault): void {
    this.#session = undefined;
    this.#note(reason);
  }

  async #run(): Promise<void> {
    while (!(this.#closing && (this.#lease === undefined || this.#isLate))) {
      this.#woken = false;
      const session = this.#session;
      let waitMs = Number.POSITIVE_INFINITY;
      if (session !== undefined) {
        waitMs = this.#waitMsAfter(await this.#round(session), session);
      }
      await this.#sleep(waitMs);
    }
    clearTimeout(this.#leaveTimer);
    await this.#link.leave();
    this.#enter({ kind: 'closed' });
  }

  #waitMsAfter(round: Round, session: Session): number {
    if (round === 'again') return 0;
    if (round !== 'settled') {
      this.#note(round);
      this.#failures += 1;
      // Without a session there is nothing to try; the next one wakes.
      return this.#session === session ? backoffMs(this.#failures - 1, Math.random) : Number.POSITIVE_INFINITY;
    }
    this.#failures = 0;
    if (this.#wanted === undefined) return Number.POSITIVE_INFINITY;
    const intervalMs = this.#ttlMs / RENEWALS_PER_TTL;
    if (this.#lease === undefined) return intervalMs;
    const share = this.#mustSpread ? Math.random() : 1;
    this.#mustSpread = false;
    return this.#lease.aliveMs + share * intervalMs - performance.now();
  }

  async #round(session: Session): Promise<Round> {
    const wanted = this.#wanted;
    if (wanted === undefined) return session.gate.run(() => this.#revoke(session, { kind: 'withdrawn' }));
    const renewed = await this.#renew(session);
    if (renewed !== 'alive' && renewed !== 'dead') return renewed;
    if (renewed === 'alive') {
      if (!this.#mustLook) return 'settled';
      const found = await this.#look(session);
      if (found.kind === 'fault') return found;
      if (this.#isHeld(found, wanted)) return this.#settle(wanted);
    }
    return session.gate.run(() => this.#claim(session, wanted));
  }

  /** Writes the key under a living lease, unless it is another's. */
  async #claim(session: Session, wanted: Buffer): Promise<Round> {
    // What was waited for here may not be wanted any more.
    if (this.#wanted !== wanted) return 'again';
    const found = await this.#look(session);
    if (found.kind === 'fault') return found;
    const rival = this.#rivalWith(found);
    if (rival !== undefined) return this.#revoke(session, rival);
    const lease = this.#livingLease() ?? (await this.#grant(session));
    if ('kind' in lease) return lease;
    if (!this.#isHeld(found, wanted)) {
      const put = await this.#putUnlessWritten(session, found, wanted, lease);
      if (put !== 'settled') return put;
    }
    return this.#settle(wanted);
  }

  #isHeld(found: FoundKey, wanted: Buffer): boolean {
    return found.leaseId === this.#lease?.id && found.value.equals(wanted);
  }

  /** The key was seen in etcd as it was wanted. */
  #settle(wanted: Buffer): Round {
    if (this.#lease === undefined) return 'again';
    // A value that came meanwhile has its own round.
    this.#mustLook = this.#wanted !== wanted;
    this.#hasHeld = true;
    this.#enter({ kind: 'registered', leaseId: this.#lease.id });
    return 'settled';
  }

  #livingLease(): Lease | undefined {
    const lease = this.#lease;
    return lease !== undefined && performance.now() - lease.aliveMs < this.#ttlMs ? lease : undefined;
  }

  /** Renews the lease, and finds out whether there is one. */
  async #renew(session: Session): Promise<'alive' | 'dead' | Fault> {
    const startedMs = performance.now();
    const lease = this.#livingLease();
    // Not asked for when it must be over: etcd answers only once it has deleted the keys of such a lease, and all other
    // renewals wait behind. The put under a new lease may even come before that.
    if (lease === undefined) return 'dead';
    const renewal = await session.renew(lease.id);
    if (renewal.kind === 'fault') return renewal;
    if (renewal.ttlSeconds === 0) {
      this.#lease = undefined;
      return 'dead';
    }
    lease.aliveMs = startedMs;
    lease.renewals += 1;
    if (lease.renewals % RENEWALS_PER_LOOK === 0) this.#mustLook = true;
    return 'alive';
  }

  async #look(session: Session): Promise<FoundKey | Fault> {
    const answer = await session.ask(({ kv }) => kv.range({ key: this.#key }, within(CALL_DEADLINE_MS)));
    if (answer.kind === 'fault') return answer;
    const [kv] = answer.response.kvs;
    return kv === undefined
      ? ABSENT
      : { kind: 'found', modRevision: kv.mod_revision, leaseId: kv.lease, value: kv.value };
  }

  /** Who holds the key, if that is not this registration and not a former start of it. */
  #rivalWith(found: FoundKey): Extract<HoldState, { kind: 'conflict' }> | undefined {
    if (found === ABSENT) return undefined;
    const { leaseId } = found;
    const { owner, incarnation } = holderOf(leaseId);
    if (owner !== this.#options.holder.owner) return { kind: 'conflict', with: 'another-owner', leaseId };
    if (incarnation === this.#options.holder.incarnation || !this.#hasHeld) return undefined;
    return { kind: 'conflict', with: 'later-start', leaseId };
  }

  async #grant(session: Session): Promise<Lease | Fault> {
    this.#grants += 1;
    const id = leaseIdOf(this.#options.holder, this.#grants);
    const startedMs = performance.now();
    const request = { ID: id, TTL: String(this.#options.leaseSeconds) };
    const answer = await session.ask(({ lease }) => lease.leaseGrant(request, within(CALL_DEADLINE_MS)));
    if (answer.kind === 'fault') return answer;
    this.#lease = { id, aliveMs: startedMs, renewals: 0 };
    this.#mustSpread = true;
    return this.#lease;
  }

  async #putUnlessWritten(session: Session, found: FoundKey, value: Buffer, { id }: Lease): Promise<Round> {
    const request = {
      compare: [{ key: this.#key, target: 'Mod' as const, result: 'Equal' as const, mod_revision: found.modRevision }],
      success: [{ request_put: { key: this.#key, value, lease: id } }],
    };
    const answer = await session.ask(({ kv }) => kv.txn(request, within(CALL_DEADLINE_MS)));
    if (answer.kind === 'fault') return answer;
    return answer.response.succeeded ? 'settled' : 'again';
  }

  /** Ends the lease, and with it the key, unless that hangs on another lease by now; then enters the state. */
  async #revoke(session: Session, next: HoldState): Promise<Round> {
    const lease = this.#lease;
    if (lease !== undefined) {
      const answer = await session.ask((etcd) => etcd.lease.leaseRevoke({ ID: lease.id }, within(CALL_DEADLINE_MS)));
      // One that etcd does not have is as good as revoked.
      if (answer.kind === 'fault' && !answer.detail.includes('lease not found')) return answer;
      this.#lease = undefined;
    }
    this.#enter(next);
    return 'settled';
  }

  /** Takes in a fault: until the TTL is over, the key is still there. */
  #note(fault: Fault): void {
    const isLost = this.#state.kind === 'registered' && this.#livingLease() === undefined;
    if (this.#state.kind === 'registering' || isLost) {
      this.#enter({ kind: 'registering', fault });
    }
  }

  #enter(state: HoldState): void {
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return;
    this.#state = state;
    this.#options.onState(state);
  }

  #wake(): void {
    this.#woken = true;
    this.#wakeUp();
  }

  /** Waits, or does not when something has happened since the round began. */
  async #sleep(ms: number): Promise<void> {
    if (this.#woken || ms <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = Number.isFinite(ms) ? setTimeout(resolve, ms) : undefined;
      this.#wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
