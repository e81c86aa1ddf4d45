// What Node programs can import from svcdns: to register their own instance, and to follow those of others.

export type { Fault, FaultReason } from './etcd/fault.ts';
export type { SyncState } from './etcd/follow-event.ts';
export type { EtcdAuth, EtcdOptions, EtcdTls } from './etcd/options.ts';
export { type DiscoveredInstance, type DiscoverOptions, type Discovery, discover } from './registrar/discover.ts';
export type { CheckTarget, CheckTiming, Verdict } from './registrar/health-check.ts';
export { type RegisterOptions, register } from './registrar/register.ts';
export { RegisterError, type RegisterErrorCode } from './registrar/register-error.ts';
export type { Check, Registration, RegistrationState, RegistrationUpdate } from './registrar/registration.ts';
export type { InstanceFields, InstanceSocket, ValueFormat } from './registrar/value.ts';
