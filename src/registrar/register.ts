// The library's way to register an instance: options → a registration that keeps itself alive.

import { hostname } from 'node:os';
import type { EtcdOptions } from '../etcd/options.ts';
import { KEY_MAX_OCTETS } from '../registry/instance.ts';
import { parseInstanceAddress } from './address.ts';
import {
  DEFAULT_CHECK_TIMING,
  DEFAULT_ETCD,
  DEFAULT_LEASE_SECONDS,
  LEASE_MAX_SECONDS,
  LEASE_MIN_SECONDS,
} from './defaults.ts';
import { RegisterError } from './register-error.ts';
import { type Check, Registration, type RegistrationPlan, writePlanned } from './registration.ts';
import type { InstanceFields, ValueFormat } from './value.ts';

export interface RegisterOptions extends InstanceFields {
  /** Name of the service: `specServer`, or several segments as in `eu/specServer`. */
  readonly name: string;
  /** Of the instance; this host's name and the port when absent. */
  readonly id?: string | undefined;
  /**
   * `http://10.0.0.1:8080`, `10.0.0.1:8080`, `10.0.0.1`, or the same with a host name. When absent, the address from
   * which this host reaches etcd.
   */
  readonly address?: string | undefined;
  /** The main port, where `address` has none; else the first of `ports`. */
  readonly port?: number | undefined;
  /** `http://127.0.0.1:2379` when absent. */
  readonly etcd?: EtcdOptions | undefined;
  /** What keys begin with; `/` when absent. */
  readonly prefix?: string | undefined;
  /** Seconds after which etcd forgets an instance that has died without a word; 10 when absent. */
  readonly leaseSeconds?: number | undefined;
  /** `url` when absent, or `json` where a URL could not say all. */
  readonly format?: ValueFormat | undefined;
  /** Registers the instance only while this passes. */
  readonly check?: (Pick<Check, 'target'> & Partial<Check>) | undefined;
}

/**
 * Registers an instance, and keeps it registered until it is closed. Never waits and never fails for what etcd does:
 * `state` and its event tell, and `registered()` waits.
 *
 * @throws RegisterError `bad-options`
 */
export function register(options: RegisterOptions): Registration {
  return new Registration(planOf(options));
}

function planOf(options: RegisterOptions): RegistrationPlan {
  const { ports, weight, priority, metadata, check, leaseSeconds = DEFAULT_LEASE_SECONDS } = options;
  const etcd = options.etcd ?? DEFAULT_ETCD;
  if (etcd.endpoints.length === 0) throw badOptions('etcd: expected at least one endpoint');
  if (!Number.isInteger(leaseSeconds) || leaseSeconds < LEASE_MIN_SECONDS || leaseSeconds > LEASE_MAX_SECONDS) {
    throw badOptions(`lease of ${leaseSeconds} seconds: expected ${LEASE_MIN_SECONDS} to ${LEASE_MAX_SECONDS}`);
  }
  const socket = socketOf(options);
  const id = options.id ?? defaultId(socket.port);
  const plan: RegistrationPlan = {
    etcd,
    key: keyOf(options.prefix ?? '/', options.name, id),
    leaseSeconds,
    socket,
    fields: { ports, weight, priority, metadata },
    format: options.format,
    check: check && { ...DEFAULT_CHECK_TIMING, once: false, ...check },
  };
  const written = writePlanned(plan, undefined, plan.fields);
  if (written.kind === 'mistake') throw badOptions(written.reason);
  return plan;
}

function socketOf({ address, port, ports }: RegisterOptions): RegistrationPlan['socket'] {
  const parsed = address === undefined ? undefined : parseInstanceAddress(address);
  if (parsed?.kind === 'mistake') throw badOptions(`address: ${parsed.reason}`);
  if (parsed?.port !== undefined && port !== undefined && parsed.port !== port) {
    throw badOptions(`port ${port}: expected ${parsed.port}, which the address has, or none`);
  }
  const main = parsed?.port ?? port ?? Object.values(ports ?? {})[0];
  if (main === undefined) throw badOptions('expected a port, with the address or beside it');
  return { scheme: parsed?.scheme, host: parsed?.host, port: main };
}

/** The host name as one label, so that the instance has a name of its own that people can read. */
function defaultId(port: number): string {
  return `${hostname().replaceAll(/[^A-Za-z0-9_-]/g, '-')}-${port}`;
}

/** The prefix stands for a zone, each segment behind it for a label. */
function keyOf(prefix: string, name: string, id: string): string {
  if (id === '' || id.includes('/')) throw badOptions(`id ${JSON.stringify(id)}: expected text without a slash`);
  if (name.split('/').includes('')) {
    throw badOptions(`name ${JSON.stringify(name)}: expected text, or several with a slash between them`);
  }
  const key = Buffer.from(`${prefix.replace(/\/*$/, '/')}${name}/${id}`, 'utf8').toString('latin1');
  if (key.length > KEY_MAX_OCTETS) throw badOptions(`key of ${key.length} octets: expected ${KEY_MAX_OCTETS} at most`);
  return key;
}

function badOptions(message: string): RegisterError {
  return new RegisterError('bad-options', message);
}
