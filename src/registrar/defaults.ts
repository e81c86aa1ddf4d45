// What a registration is where nobody says, for the library and the command alike.

import type { EtcdOptions } from '../etcd/options.ts';
import type { CheckTiming } from './health-check.ts';

/** Seconds that an instance outlives its process when that dies without a word. Keepalives come every 3.3 s then. */
export const DEFAULT_LEASE_SECONDS = 10;

/** Seconds. etcd makes 2 of 1; an instance that stays for more than an hour after its death helps nobody. */
export const LEASE_MIN_SECONDS = 2;
export const LEASE_MAX_SECONDS = 3600;

/** An instance is out 4 to 9 s after it hangs, and back 2 to 4 s after it has recovered. */
export const DEFAULT_CHECK_TIMING: CheckTiming = { intervalMs: 2000, timeoutMs: 1000, rise: 2, fall: 3 };

export const DEFAULT_ETCD: EtcdOptions = { endpoints: ['http://127.0.0.1:2379'] };
