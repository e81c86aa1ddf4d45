// One instance, registered for as long as this object is not closed: finds out its address where none is given, holds its
// key, and takes it away while a check fails.

import { EventEmitter } from 'node:events';
import { hostname } from 'node:os';
import { type Fault, fault } from '../etcd/fault.ts';
import type { EtcdOptions } from '../etcd/options.ts';
import type { KeyOctets } from '../registry/change.ts';
import { type CheckTiming, type Verdict, watchHealth } from './health-check.ts';
import { HeldKey, type HoldState } from './held-key.ts';
import { newHolder } from './lease-id.ts';
import { findLocalAddress } from './local-address.ts';
import { RegisterError } from './register-error.ts';
import { type InstanceFields, type InstanceSocket, type ValueFormat, type WrittenValue, writeValue } from './value.ts';

export type RegistrationState = HoldState;

/** How to find out whether an instance is well. */
export interface Check extends CheckTiming {
  /** A URL, or `tcp` for the instance's own port. */
  readonly target: URL | 'tcp';
  /** Whether it ends with the first pass: the instance is registered then, and not looked at again. */
  readonly once: boolean;
}

/** What an instance is registered as; all of it is known to be right. */
export interface RegistrationPlan {
  readonly etcd: EtcdOptions;
  readonly key: KeyOctets;
  readonly leaseSeconds: number;
  /** Without a host, it is the address from which etcd is reached. */
  readonly socket: Omit<InstanceSocket, 'host'> & { readonly host: string | undefined };
  readonly fields: InstanceFields;
  readonly format: ValueFormat | undefined;
  readonly check: Check | undefined;
}

/** What can change while an instance is registered; what is absent stays as it is. */
export interface RegistrationUpdate extends InstanceFields {
  /** Whether the instance is to be registered at all. */
  readonly up?: boolean;
}

interface Events {
  state: [RegistrationState];
  /** The verdict of the check has changed. */
  verdict: [Verdict];
}

/** Emits `state` and `verdict`. */
export class Registration extends EventEmitter<Events> implements AsyncDisposable {
  readonly #plan: RegistrationPlan;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #fields: InstanceFields;
  #state: RegistrationState;
  #socket: InstanceSocket | undefined;
  #held: HeldKey | undefined;
  #isUp = true;
  #isWell: boolean;

  constructor(plan: RegistrationPlan) {
    super();
    this.#plan = plan;
    this.#fields = plan.fields;
    this.#isWell = plan.check === undefined;
    this.#state = this.#isWell ? { kind: 'registering', fault: undefined } : { kind: 'withdrawn' };
    this.#running = this.#run();
  }

  get state(): RegistrationState {
    return this.#state;
  }

  /** The key in etcd. */
  get key(): string {
    return Buffer.from(this.#plan.key, 'latin1').toString('utf8');
  }

  /** Where the instance is reached; undefined until its address is known. */
  get socket(): InstanceSocket | undefined {
    return this.#socket;
  }

  /**
   * Resolves once the instance is registered, which may take for as long as etcd is away or the check fails.
   *
   * @throws RegisterError when that needs somebody to do something; the registration itself goes on trying
   */
  async registered(): Promise<void> {
    while (this.#state.kind !== 'registered') {
      const error = this.#error();
      if (error !== undefined) throw error;
      await new Promise((resolve) => this.once('state', resolve));
    }
  }

  /**
   * Changes what is written.
   *
   * @throws RegisterError `bad-options`; then nothing has changed
   */
  update({ up, ...changed }: RegistrationUpdate): void {
    const fields = { ...this.#fields, ...changed };
    const written = writePlanned(this.#plan, this.#socket, fields);
    if (written.kind === 'mistake') throw new RegisterError('bad-options', written.reason);
    this.#fields = fields;
    this.#isUp = up ?? this.#isUp;
    this.#apply();
  }

  /** Takes the instance out of etcd, waiting for that no more than a few seconds, and stops. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#held?.close();
    this.#enter({ kind: 'closed' });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(): Promise<void> {
    const { etcd, key, leaseSeconds, check, socket } = this.#plan;
    const { signal } = this.#stop;
    const onFault = (reason: Fault): void => this.#enter({ kind: 'registering', fault: reason });
    const host = socket.host ?? (await findLocalAddress(etcd.endpoints, signal, onFault));
    if (host === undefined) return;
    this.#socket = { ...socket, host };
    const holder = newHolder([hostname(), key, host, String(socket.port)]);
    this.#held = new HeldKey({ etcd, key, holder, leaseSeconds, onState: (state) => this.#enter(state) });
    this.#apply();
    if (check !== undefined) await this.#watchHealth(check, this.#socket);
  }

  #watchHealth(check: Check, socket: InstanceSocket): Promise<void> {
    const passed = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, passed.signal]);
    return watchHealth(check.target === 'tcp' ? socket : check.target, check, signal, (verdict) => {
      this.#isWell = verdict.kind === 'passing';
      if (check.once && this.#isWell) passed.abort();
      this.emit('verdict', verdict);
      this.#apply();
    });
  }

  /** Has in etcd what should be there now. */
  #apply(): void {
    if (this.#held === undefined || this.#stop.signal.aborted) return;
    if (!this.#isUp || !this.#isWell) {
      this.#held.withdraw();
      return;
    }
    const written = writePlanned(this.#plan, this.#socket, this.#fields);
    if (written.kind === 'value') this.#held.put(written.text);
    // The plan was right but for the address, which nobody chose.
    else this.#enter({ kind: 'registering', fault: fault('refused', `no address to register: ${written.reason}`) });
  }

  #enter(state: RegistrationState): void {
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return;
    this.#state = state;
    this.emit('state', state);
  }

  /** What a person has to do something about. */
  #error(): RegisterError | undefined {
    const state = this.#state;
    switch (state.kind) {
      case 'conflict':
        return new RegisterError('conflict', `${this.key} is held by ${describeRival(state)}`);
      case 'closed':
        return new RegisterError('closed', `the registration of ${this.key} was closed`);
      case 'registering': {
        const { reason, detail } = state.fault ?? {};
        if (reason !== 'permission' && reason !== 'authentication') return undefined;
        return new RegisterError(reason, `etcd refuses to register ${this.key}: ${detail}`);
      }
      case 'registered':
      case 'withdrawn':
        return undefined;
    }
  }
}

/** Who holds a key that is not ours, for a person. */
export function describeRival(state: Extract<RegistrationState, { kind: 'conflict' }>): string {
  if (state.with === 'later-start') return `a later start of this instance (lease ${state.leaseId})`;
  return state.leaseId === '0' ? 'someone who put it without a lease' : `another owner (lease ${state.leaseId})`;
}

/** The value of a plan. Without an address, what it would be with the loopback's: the same but for the host. */
export function writePlanned(
  { key, socket, format }: RegistrationPlan,
  known: InstanceSocket | undefined,
  fields: InstanceFields,
): WrittenValue {
  return writeValue(key, known ?? { ...socket, host: socket.host ?? '127.0.0.1' }, fields, format);
}
