// `svcdns watch`: what is registered, and then each change as it comes. Every line is `+`, `-`, `~` (changed) or `!`
// (the value cannot be used), a name and a key; how far etcd can be followed is told on standard error. Changes that
// change no answer, such as a lease that was renewed by another put, are not shown.

import { once } from 'node:events';
import { Follower } from '../etcd/follower.ts';
import { escapeText, formatKey } from '../ops/escape.ts';
import type { KeyOctets } from '../registry/change.ts';
import { type Rejection, sameAnswers } from '../registry/instance.ts';
import type { CommandContext, ExitCode } from './command.ts';
import { describeFault } from './describe-fault.ts';
import { formatOptions, formatRejection, formatRowName, formatSocket, rowObject } from './format-row.ts';
import { jsonLine } from './json-line.ts';
import { type RegisteredRow, rowSource, rowsOf } from './registered-row.ts';

/** Shows the changes of all keys, or of those that NAME answers with, until the signal is aborted. */
export async function watch(context: CommandContext): Promise<ExitCode> {
  const { settings, etcd, stdout, stderr, signal } = context;
  const source = rowSource(settings, context.arguments[0]);
  if (source.kind === 'mistake') {
    stderr.write(`svcdns watch: ${escapeText(source.text)}\n`);
    return 1;
  }
  const format = settings.json ? formatJson : formatText;
  const shown = new Map<KeyOctets, readonly RegisteredRow[]>();

  const tell = (line: string): void => {
    stderr.write(`${escapeText(line)}\n`);
  };
  let isToldOfFault = false;
  const follower = new Follower({
    etcd,
    prefixes: settings.maps.map(({ prefix }) => prefix),
    onBatch: (batch) => {
      // One by one, as a batch can hold several changes of one key.
      for (const change of batch.changes) {
        const [rejection] = source.registry.apply({ ...batch, changes: [change] }).rejections;
        const rows = rowsOf(source, change.key, rejection);
        for (const difference of compareRows(shown.get(change.key) ?? [], rows)) stdout.write(format(difference));
        if (rows.length > 0) shown.set(change.key, rows);
        else shown.delete(change.key);
      }
    },
    onState: (state, reason) => tell(`${state}: ${reason}`),
    log: (event) => {
      // Later on the state tells it.
      if (event.kind !== 'session-ended' || follower.state !== 'syncing' || isToldOfFault) return;
      isToldOfFault = true;
      tell(`${describeFault(event)}; trying on`);
    },
  });
  follower.start();
  if (!signal.aborted) await once(signal, 'abort');
  await follower.close();
  return 0;
}

type Difference =
  | { readonly kind: 'added' | 'removed' | 'changed'; readonly row: RegisteredRow }
  | { readonly kind: 'rejected'; readonly row: RegisteredRow; readonly rejection: Rejection };

const SYMBOLS = { added: '+', removed: '-', changed: '~' } as const;

/** What changed between the rows of a key, name by name. */
function compareRows(before: readonly RegisteredRow[], after: readonly RegisteredRow[]): Difference[] {
  const differences: Difference[] = [];
  for (const row of before) {
    if (!after.some(({ name }) => name === row.name)) differences.push({ kind: 'removed', row });
  }
  for (const row of after) {
    const old = before.find(({ name }) => name === row.name);
    if (old !== undefined && isSame(old, row)) continue;
    const { rejection } = row;
    if (rejection !== undefined) differences.push({ kind: 'rejected', row, rejection });
    else differences.push({ kind: old?.instance === undefined ? 'added' : 'changed', row });
  }
  return differences;
}

function isSame(one: RegisteredRow, other: RegisteredRow): boolean {
  if (one.rejection?.reason !== other.rejection?.reason || one.rejection?.detail !== other.rejection?.detail)
    return false;
  if (one.instance === undefined || other.instance === undefined) return one.instance === other.instance;
  return sameAnswers(one.instance, other.instance);
}

function formatJson({ kind, row }: Difference): string {
  return jsonLine({ kind, ...rowObject(row) });
}

function formatText(difference: Difference): string {
  const { kind, row } = difference;
  if (kind === 'rejected') return `${formatRejection(row, difference.rejection)}\n`;
  const { key, instance, ports } = row;
  const fields = [SYMBOLS[kind], formatRowName(row), formatKey(key)];
  // What goes may have been of no use.
  if (instance === undefined) fields.push('rejected');
  else fields.push(formatSocket(instance.host, ports), formatOptions(instance), instance.up ? '' : 'down');
  return `${fields.filter((field) => field !== '').join(' ')}\n`;
}
