// One watch stream with a watch per table on it. It joins fragments and hands over whole responses; it never decides where
// a watch goes on, because only what was applied tells that (a response's header may be ahead of its events).

import type { IEvent, IWatchResponse } from 'etcd3';
import type { KeyChange } from '../registry/change.ts';
import type { Connection } from './connection.ts';
import { type Fault, fault, faultOf } from './fault.ts';
import type { KeyTable } from './key-table.ts';
import { headerOf, putOf, type StoreHeader } from './range.ts';

/** Milliseconds for etcd to confirm a watch. A member that accepts the stream and then says nothing is given up. */
const CREATED_DEADLINE_MS = 2000;

export interface WatchHandlers {
  /** Anything came, perhaps a fragment of a long response. */
  readonly onMessage: () => void;
  /** Every table is watched now. */
  readonly onCreated: () => void;
  /** A response for a table, also one without events. A fault that is returned ends the stream. */
  readonly onResponse: (table: KeyTable, header: StoreHeader, events: readonly KeyChange[]) => Fault | undefined;
}

type WatchDuplex = Awaited<ReturnType<Connection['watches']['watch']>>;

/**
 * Watches the ranges of the tables, each from the revision after the one that was applied, until something ends the
 * stream or the signal is aborted, and tells what.
 */
export async function watchTables(
  connection: Connection,
  tables: readonly KeyTable[],
  signal: AbortSignal,
  handlers: WatchHandlers,
): Promise<Fault> {
  let stream: WatchDuplex;
  try {
    stream = await connection.watches.watch();
  } catch (error) {
    return faultOf(error);
  }
  return new Promise((resolve) => {
    const watched = new Map<string, KeyTable>();
    const fragments = new Map<KeyTable, KeyChange[]>();
    let createdTimer: NodeJS.Timeout | undefined;
    let creating: KeyTable | undefined;
    let ended = false;

    const end = (reason: Fault): void => {
      if (ended) return;
      ended = true;
      clearTimeout(createdTimer);
      signal.removeEventListener('abort', stop);
      stream.cancel();
      resolve(reason);
    };
    const stop = (): void => end(fault('closed', 'the session ended'));

    /** Creates the watches one after the other, so that each confirmation is for the last one asked for. */
    const create = (table: KeyTable): void => {
      creating = table;
      createdTimer = setTimeout(() => end(fault('timeout', 'no confirmation of the watch')), CREATED_DEADLINE_MS);
      const { key, rangeEnd } = table.range;
      const start = String(table.applied + 1n);
      stream.write({
        create_request: { key, range_end: rangeEnd, start_revision: start, progress_notify: true, fragment: true },
      });
    };

    const created = (watchId: string): void => {
      clearTimeout(createdTimer);
      if (creating !== undefined) watched.set(watchId, creating);
      creating = undefined;
      const next = tables[watched.size];
      if (next === undefined) handlers.onCreated();
      else create(next);
    };

    const receive = (response: IWatchResponse): Fault | undefined => {
      if (response.canceled) return faultOfCancel(response);
      const header = headerOf(response);
      if (header.kind === 'fault') return header;
      if (response.created) created(response.watch_id);
      const table = watched.get(response.watch_id);
      if (table === undefined) return fault('protocol', `watch ${response.watch_id} was not asked for`);
      const events = fragments.get(table) ?? [];
      for (const event of response.events) {
        if (event.kv === null) return fault('protocol', 'an event without a key');
        events.push(changeOf(event));
      }
      if (response.fragment) {
        fragments.set(table, events);
        return undefined;
      }
      fragments.delete(table);
      return handlers.onResponse(table, header, events);
    };

    stream.on('data', (response) => {
      // What is still under way must not be applied: the next stream begins after the last response that was.
      if (ended) return;
      handlers.onMessage();
      const reason = receive(response);
      if (reason !== undefined) end(reason);
    });
    stream.on('error', (error) => end(faultOf(error)));
    stream.on('end', () => end(fault('unreachable', 'the watch stream ended')));
    signal.addEventListener('abort', stop);
    const [first] = tables;
    if (signal.aborted || first === undefined) stop();
    else create(first);
  });
}

function faultOfCancel({ compact_revision, cancel_reason }: IWatchResponse): Fault {
  if (compact_revision !== '0') return fault('compacted', `the store is compacted up to revision ${compact_revision}`);
  return fault('canceled', cancel_reason);
}

function changeOf({ type, kv }: IEvent): KeyChange {
  if (type === 'Put') return putOf(kv);
  return { kind: 'delete', key: kv.key.toString('latin1'), modRevision: BigInt(kv.mod_revision) };
}
