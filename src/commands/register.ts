// `svcdns register`: one instance in etcd for as long as this runs; alone, or around the program that is the instance. Then
// the order is: program starts, its port accepts, instance in; and at the end: instance out, clients forget it, program
// is told to stop.

import { performance } from 'node:perf_hooks';
import type { Settings } from '../config.ts';
import { sleep } from '../etcd/sleep.ts';
import { escapeText } from '../ops/escape.ts';
import { Log } from '../ops/log.ts';
import { Program } from '../registrar/program.ts';
import { type RegisterOptions, register as registerInstance } from '../registrar/register.ts';
import { RegisterError } from '../registrar/register-error.ts';
import { describeRival, type Registration, type RegistrationState } from '../registrar/registration.ts';
import type { CommandContext, Output } from './command.ts';
import { aborted } from './serve.ts';

/** A call that cannot be carried out as it is written. */
const EXIT_BAD_CALL = 2;
const EXIT_FAILED = 1;

/** Milliseconds between looks at the port of a program that is starting. */
const START_CHECK_INTERVAL_MS = 100;

/** What a program gets that runs in the place of this one. SIGINT and SIGTERM wait for the instance to be out. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const OTHER_SIGNALS = ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

export type ForwardedSignal = (typeof STOP_SIGNALS)[number] | (typeof OTHER_SIGNALS)[number];

export interface RegisterContext extends CommandContext {
  /** The program to run and its arguments; empty for none. */
  readonly program: readonly string[];
  /** Calls back for each signal of this kind, which then does nothing else. */
  readonly onSignal: (name: ForwardedSignal, callback: () => void) => void;
}

/** Returns the program's exit code, if that is why it ends. */
export async function register(context: RegisterContext): Promise<number> {
  const { settings, stderr, program } = context;
  const options = optionsOf(context);
  let registration: Registration;
  try {
    registration = registerInstance(options);
  } catch (error) {
    if (!(error instanceof RegisterError)) throw error;
    complain(stderr, error);
    return EXIT_BAD_CALL;
  }
  const log = new Log({
    level: settings.logLevel,
    format: settings.logFormat,
    output: stderr,
    monotonicMs: () => performance.now(),
  });
  logChanges(registration, settings, log);
  const refusal = new Promise<RegisterError>((resolve) => {
    registration.registered().catch(resolve);
  });
  const code = program.length === 0 ? await hold(context, refusal) : await wrap(context, registration, refusal);
  await registration.close();
  log.close();
  return code;
}

/** Until the signal is aborted. */
async function hold({ signal, stderr }: RegisterContext, refusal: Promise<RegisterError>): Promise<number> {
  const refused = await Promise.race([refusal, aborted(signal)]);
  if (refused === undefined) return 0;
  complain(stderr, refused);
  return EXIT_FAILED;
}

/** Until the program has ended. */
async function wrap(
  { settings, stderr, program: command, onSignal }: RegisterContext,
  registration: Registration,
  refusal: Promise<RegisterError>,
): Promise<number> {
  const program = new Program(command);
  const graceMs = settings.graceSeconds * 1000;
  for (const name of OTHER_SIGNALS) onSignal(name, () => program.send(name));
  const hurry = new AbortController();
  const told = new Promise<{ readonly kind: 'told'; readonly name: ForwardedSignal }>((resolve) => {
    let isFirst = true;
    for (const name of STOP_SIGNALS) {
      onSignal(name, () => {
        resolve({ kind: 'told', name });
        // Who asks twice does not want to wait.
        if (!isFirst) hurry.abort();
        isFirst = false;
      });
    }
  });
  const ended = program.end.then((end) => ({ kind: 'ended', end }) as const);
  const refused = refusal.then((error) => ({ kind: 'refused', error }) as const);

  const first = await Promise.race([ended, told, refused]);
  switch (first.kind) {
    case 'ended':
      if (first.end.failure !== undefined)
        complain(stderr, new Error(`cannot run ${command[0]}: ${first.end.failure}`));
      return first.end.code;
    case 'refused':
      complain(stderr, first.error);
      await program.stop('SIGTERM', graceMs);
      return EXIT_FAILED;
    case 'told':
      await registration.close();
      await sleep(settings.drainSeconds * 1000, AbortSignal.any([program.ended, hurry.signal]));
      return (await program.stop(first.name, graceMs)).code;
  }
}

function complain(stderr: Output, { message }: Error): void {
  stderr.write(`svcdns register: ${escapeText(message)}\n`);
}

function optionsOf({ settings, etcd, arguments: [name = ''], program }: RegisterContext): RegisterOptions {
  return {
    name,
    id: settings.instanceId,
    address: settings.instanceAddress,
    port: settings.instancePort,
    ports: recordOf(settings.instancePorts),
    weight: settings.instanceWeight,
    priority: settings.instancePriority,
    metadata: recordOf(settings.instanceMetadata),
    format: settings.valueFormat,
    etcd,
    prefix: settings.keyPrefix,
    leaseSeconds: settings.leaseSeconds,
    check: checkOf(settings, program.length > 0),
  };
}

/** Undefined for no pairs at all. */
function recordOf<Value>(pairs: readonly (readonly [string, Value])[]): Record<string, Value> | undefined {
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
}

/** A program that nobody wants to have checked is still waited for, until its port accepts. */
function checkOf(settings: Settings, hasProgram: boolean): RegisterOptions['check'] {
  const timing = {
    intervalMs: settings.checkIntervalSeconds * 1000,
    timeoutMs: settings.checkTimeoutSeconds * 1000,
    rise: settings.checkRise,
    fall: settings.checkFall,
  };
  if (settings.check !== 'none') return { ...timing, target: settings.check };
  return hasProgram ? { ...timing, target: 'tcp', intervalMs: START_CHECK_INTERVAL_MS, once: true } : undefined;
}

function logChanges(registration: Registration, { check, instanceAddress }: Settings, log: Log): void {
  const { key } = registration;
  registration.on('state', (state) => logState(registration, state, instanceAddress !== undefined, log));
  registration.on('verdict', (verdict) => {
    if (verdict.kind === 'passing') log.info('check', 'the check passes', { key });
    // While a program starts its port is closed, and that is no news.
    else if (check !== 'none') log.warn('check', 'the check fails', { key, reason: verdict.reason });
  });
}

function logState({ key, socket }: Registration, state: RegistrationState, isChosen: boolean, log: Log): void {
  switch (state.kind) {
    case 'registered':
      log.info(state.kind, 'registered', { key, host: socket?.host, port: socket?.port, lease: state.leaseId });
      if (!isChosen && socket !== undefined && isLoopback(socket.host)) {
        const remedy = 'give --address, or reach etcd by an address of the network';
        log.warn('loopback', 'registered with an address that only this host can reach', {
          key,
          host: socket.host,
          remedy,
        });
      }
      return;
    case 'registering':
      if (state.fault === undefined) return;
      log.warn('not-registered', 'cannot reach etcd or write to it, trying again', {
        key,
        reason: state.fault.reason,
        detail: state.fault.detail,
      });
      return;
    case 'conflict':
      log.warn(state.kind, `the key is held by ${describeRival(state)}`, { key });
      return;
    case 'withdrawn':
      log.info(state.kind, 'not registered any more', { key });
      return;
    case 'closed':
      return;
  }
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
