// `svcdns list`: what is registered, read once. The keys are read by the code that the server has, so what is shown is
// what a server answers with, and the reasons are those of its log.

import { Follower } from '../etcd/follower.ts';
import { escapeText, formatKey } from '../ops/escape.ts';
import type { Registry } from '../registry/registry.ts';
import { formatName } from '../wire/name.ts';
import type { CommandContext, ExitCode } from './command.ts';
import { describeFault } from './describe-fault.ts';
import { formatLease, formatOptions, formatRejection, formatRowName, formatSocket, rowObject } from './format-row.ts';
import { jsonLine } from './json-line.ts';
import { type RegisteredRow, rowSource, rowsOf } from './registered-row.ts';

/** Milliseconds for etcd to answer, a few attempts included. A list that is under way by then may take longer. */
const REACH_MS = 5000;

/** Shows all keys, or those that NAME answers with. */
export async function list(context: CommandContext): Promise<ExitCode> {
  const { settings, stdout, stderr } = context;
  const source = rowSource(settings, context.arguments[0]);
  if (source.kind === 'mistake') {
    stderr.write(`svcdns list: ${escapeText(source.text)}\n`);
    return 1;
  }
  const read = await readOnce(context, source.registry);
  if (read.kind === 'failed') {
    stderr.write(`svcdns list: ${escapeText(read.reason)}\n`);
    return 1;
  }
  const registrations = [...source.registry.registrations()].sort((one, other) => (one.key < other.key ? -1 : 1));
  const rows = registrations.flatMap(({ key, rejection }) => rowsOf(source, key, rejection));
  const summary = {
    name: source.only && formatName(source.only),
    instances: countKeys(rows.filter(({ instance }) => instance !== undefined)),
    rejected: countKeys(rows.filter(({ rejection }) => rejection !== undefined)),
    revision: read.revision,
  };
  stdout.write(settings.json ? formatJson(rows, summary) : formatTable(rows, summary));
  return 0;
}

type Read =
  | { readonly kind: 'read'; readonly revision: bigint }
  /** `reason` says what to do. */
  | { readonly kind: 'failed'; readonly reason: string };

/** Applies to the registry what etcd holds. */
async function readOnce({ settings, etcd, signal }: CommandContext, registry: Registry): Promise<Read> {
  let settle: (failure: string | undefined) => void = () => {};
  const settled = new Promise<string | undefined>((resolve) => {
    settle = resolve;
  });
  let isLate = false;
  let failure: string | undefined;
  const giveUpIfLate = (): void => {
    if (isLate && failure !== undefined) settle(failure);
  };
  const follower = new Follower({
    etcd,
    prefixes: settings.maps.map(({ prefix }) => prefix),
    onBatch: (batch) => {
      registry.apply(batch);
      settle(undefined);
    },
    onState: () => {},
    log: (event) => {
      if (event.kind !== 'session-ended') return;
      failure = describeFault(event);
      giveUpIfLate();
    },
  });
  const timer = setTimeout(() => {
    isLate = true;
    giveUpIfLate();
  }, REACH_MS);
  const stop = (): void => settle('stopped before etcd was read');
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  follower.start();

  const reason = await settled;
  clearTimeout(timer);
  signal.removeEventListener('abort', stop);
  await follower.close();
  return reason === undefined ? { kind: 'read', revision: follower.appliedRevision } : { kind: 'failed', reason };
}

interface Summary {
  /** The name that was asked for. */
  readonly name: string | undefined;
  readonly instances: number;
  readonly rejected: number;
  readonly revision: bigint;
}

/** A key may have rows at several names. */
function countKeys(rows: readonly RegisteredRow[]): number {
  return new Set(rows.map(({ key }) => key)).size;
}

function formatJson(rows: readonly RegisteredRow[], summary: Summary): string {
  const objects = rows.map((row) => ({
    kind: row.rejection === undefined ? 'instance' : 'rejected',
    ...rowObject(row),
  }));
  return [...objects, { kind: 'summary', ...summary }].map(jsonLine).join('');
}

const HEADINGS = ['NAME', 'KEY', 'ADDRESS', 'OPTIONS', 'LEASE', 'STATE'];

function formatTable(rows: readonly RegisteredRow[], { name, instances, rejected, revision }: Summary): string {
  const table = [HEADINGS];
  const rejections: string[] = [];
  for (const row of rows) {
    const { key, instance, ports, rejection } = row;
    if (instance !== undefined) {
      const socket = formatSocket(instance.host, ports);
      const state = instance.up ? 'up' : 'down';
      const lease = formatLease(instance) ?? '-';
      table.push([formatRowName(row), formatKey(key), socket, formatOptions(instance) || '-', lease, state]);
    }
    if (rejection !== undefined) rejections.push(formatRejection(row, rejection));
  }
  const found = table.length === 1 ? [] : alignColumns(table);
  const at = name === undefined ? '' : ` at ${name}`;
  const counts = `${plural(instances, 'instance')}${at}, ${plural(rejected, 'rejected key')}`;
  return [...found, ...rejections, `${counts}, revision ${revision}`].map((line) => `${line}\n`).join('');
}

function alignColumns(table: readonly (readonly string[])[]): string[] {
  const widths = HEADINGS.map((_heading, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  return table.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
