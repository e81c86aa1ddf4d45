// The zone files of one directory, kept up to date while the server runs. A file is taken only when it is whole: after
// a change it must rest for a while, and its content must be a zone. One that has mistakes, is empty or is gone leaves
// the zone that it gave before in service, and says so. What is served is only ever replaced by something better.

import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type FoldedName, foldName, formatName } from '../wire/name.ts';
import type { ZoneFile } from '../zone/zone-file.ts';
import { fileError, listZoneFiles, parseZoneText, readZoneText, type ZoneProblem } from './zone-source.ts';

/** An edit is in service within two seconds, for one `stat` of each file a second. */
const POLL_MS = 1_000;

/** How long a file must rest before it is read: a writer pauses less than this between two writes of one file. */
export const REST_MS = 300;

/** What a file that is not there has for a stamp. */
const GONE = 'gone';

/** Who is told. Once `watch` has resolved, only a `load` tells anything. */
export interface ZoneListener {
  /** The zones in service have changed: all of them, by apex. */
  onZones(zones: ReadonlyMap<FoldedName, ZoneFile>): void;
  onProblem(problem: ZoneProblem): void;
}

/** What is known of one file. */
interface WatchedFile {
  readonly path: string;
  /** The stamp that was last acted upon; undefined when the content may have changed under it. */
  stamp: string | undefined;
  /** A stamp that is not acted upon yet, and since when the file has had it. */
  resting: { readonly stamp: string; readonly sinceMs: number } | undefined;
  /** Of the content that was last read, or why it could not be. */
  digest: string | undefined;
  /** What the content last read says, while it is not in service. */
  candidate: ZoneFile | undefined;
  /** In service. */
  zone: ZoneFile | undefined;
}

const NOTHING_KNOWN = {
  stamp: undefined,
  resting: undefined,
  digest: undefined,
  candidate: undefined,
  zone: undefined,
} as const;

export class ZoneDirectory {
  /** `reloads`: contents taken into service. `failures`: contents, files or directories that could not be. */
  readonly counters = { reloads: 0, failures: 0 };
  readonly #path: string;
  readonly #listener: ZoneListener;
  readonly #nowMs: () => number;
  /** By path. */
  readonly #files = new Map<string, WatchedFile>();
  /** The problem of the directory itself that was last told. */
  #unlisted: string | undefined;
  /** The round that is under way, or the last one: rounds do not overlap. */
  #round: Promise<void> = Promise.resolve();

  /** @param nowMs a clock that only rises, in milliseconds */
  constructor(path: string, listener: ZoneListener, nowMs: () => number = () => performance.now()) {
    this.#path = path;
    this.#listener = listener;
    this.#nowMs = nowMs;
  }

  /** The zones in service, by apex. */
  get zones(): ReadonlyMap<FoldedName, ZoneFile> {
    const zones = new Map<FoldedName, ZoneFile>();
    for (const { zone } of this.#sorted()) if (zone !== undefined) zones.set(foldName(zone.origin), zone);
    return zones;
  }

  /** Reads every file at once and tells every problem again: at the start, and when an operator asks for it. */
  load(): Promise<void> {
    return this.#next(true);
  }

  /** Reads the files that have changed and have rested since; tells only what it has not told before. */
  poll(): Promise<void> {
    return this.#next(false);
  }

  /** Polls until the signal is aborted; resolves when no more will be told. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const isResting = [...this.#files.values()].some(({ resting }) => resting !== undefined);
      try {
        await delay(isResting ? REST_MS : POLL_MS, undefined, { signal });
      } catch {
        // Aborted: the loop ends.
        continue;
      }
      await this.poll();
    }
    await this.#round;
  }

  #next(everything: boolean): Promise<void> {
    const run = () => this.#runRound(everything);
    this.#round = this.#round.then(run, run);
    return this.#round;
  }

  async #runRound(everything: boolean): Promise<void> {
    const listed = await listZoneFiles(this.#path);
    if ('kind' in listed) {
      if (everything || listed.message !== this.#unlisted) this.#fail(listed);
      this.#unlisted = listed.message;
      return;
    }
    this.#unlisted = undefined;
    for (const path of listed) {
      if (!this.#files.has(path)) this.#files.set(path, { path, ...NOTHING_KNOWN });
    }
    /** Files whose content became a candidate in this round. */
    const fresh = new Set<WatchedFile>();
    for (const file of this.#sorted()) if (await this.#examine(file, everything)) fresh.add(file);
    if (this.#settle(fresh)) this.#listener.onZones(this.zones);
  }

  /** Acts upon what has become of a file; true when that is a zone to take. */
  async #examine(file: WatchedFile, everything: boolean): Promise<boolean> {
    const stamp = await stampOf(file.path);
    if (!everything && !this.#hasRested(file, stamp)) return false;
    file.resting = undefined;
    if (stamp === GONE) {
      file.stamp = GONE;
      file.candidate = undefined;
      if (file.zone === undefined) this.#files.delete(file.path);
      else this.#fail(fileError(file.path, `gone; ${formatName(file.zone.origin)} stays as it was until a restart`));
      return false;
    }
    const content = await readZoneText(file.path);
    // Without a rest, or with a write during the reading, the same stamp may stand for another content later.
    file.stamp = !everything && (await stampOf(file.path)) === stamp ? stamp : undefined;
    if (!everything && file.stamp === undefined) return false;
    const digest = content.kind === 'text' ? content.digest : content.message;
    // What kept a file from being read can pass without a trace in its stamp.
    if (content.kind === 'problem') file.stamp = undefined;
    if (!everything && digest === file.digest) return false;
    file.digest = digest;
    file.candidate = undefined;
    if (content.kind === 'problem') {
      this.#refuse(file, [content]);
      return false;
    }
    const { zone, problems } = parseZoneText(content);
    if (zone === undefined) {
      this.#refuse(file, problems);
      return false;
    }
    for (const problem of problems) this.#listener.onProblem(problem);
    file.candidate = zone;
    return true;
  }

  /** Whether a file has had a stamp that was not acted upon for long enough. */
  #hasRested(file: WatchedFile, stamp: string): boolean {
    const nowMs = this.#nowMs();
    if (stamp === file.stamp) {
      file.resting = undefined;
      return false;
    }
    if (file.resting?.stamp !== stamp) file.resting = { stamp, sinceMs: nowMs };
    return nowMs - file.resting.sinceMs >= REST_MS;
  }

  /** Takes the candidates whose apex no other file holds; true when that changed what is in service. */
  #settle(fresh: ReadonlySet<WatchedFile>): boolean {
    let changed = false;
    for (const file of this.#sorted()) {
      const { candidate } = file;
      if (candidate === undefined) continue;
      const apex = foldName(candidate.origin);
      const others = this.#sorted().filter((other) => other !== file && isOf(other.zone, apex));
      const holder = others.find((other) => other.stamp !== GONE && (!other.candidate || isOf(other.candidate, apex)));
      if (holder !== undefined) {
        // Told once; the candidate waits for the other file to let go.
        const message = `${formatName(apex)} is the zone of ${holder.path}`;
        if (fresh.has(file)) this.#refuse(file, [fileError(file.path, message)]);
        continue;
      }
      for (const other of others) {
        other.zone = undefined;
        if (other.stamp === GONE) this.#files.delete(other.path);
      }
      file.zone = candidate;
      file.candidate = undefined;
      this.counters.reloads += 1;
      changed = true;
    }
    return changed;
  }

  /** Tells why a content is not taken, and what is served instead. */
  #refuse(file: WatchedFile, problems: readonly ZoneProblem[]): void {
    this.counters.failures += 1;
    for (const problem of problems) this.#listener.onProblem(problem);
    if (file.zone === undefined) return;
    this.#listener.onProblem(fileError(file.path, `not taken; ${formatName(file.zone.origin)} stays as it was`));
  }

  #fail(problem: ZoneProblem): void {
    this.counters.failures += 1;
    this.#listener.onProblem(problem);
  }

  /** In the order of their paths, so that all replicas decide alike between two files. */
  #sorted(): WatchedFile[] {
    return [...this.#files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}

function isOf(zone: ZoneFile | undefined, apex: FoldedName): boolean {
  return zone !== undefined && foldName(zone.origin) === apex;
}

/** Changes whenever the file may have been written, replaced or made readable. */
async function stampOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return code === 'ENOENT' ? GONE : code;
  }
}
