// A whole server in one process without sockets and without a store: changes go in as they come from etcd, questions
// and answers as octets. All parts are the real ones; only randomness is a sequence that every run repeats.

import { NAME_MAP } from '../../src/config/value-kinds.ts';
import type { KeyChange } from '../../src/registry/change.ts';
import type { NameMap } from '../../src/registry/names.ts';
import { type AppliedBatch, Registry } from '../../src/registry/registry.ts';
import { AnswerCache } from '../../src/server/answer-cache.ts';
import { ServerCookies } from '../../src/server/cookies.ts';
import { QueryCounters, type Transport } from '../../src/server/counters.ts';
import { ReplyOptions } from '../../src/server/reply-options.ts';
import { Responder } from '../../src/server/respond.ts';
import { CLASS_IN, MESSAGE_MAX_OCTETS, OPCODE_SHIFT } from '../../src/wire/codes.ts';
import { decodeMessage, encodeMessage, type Message, type ResourceRecord } from '../../src/wire/message.ts';
import { foldName, isAtOrBelow, type Name, nameOf, ROOT } from '../../src/wire/name.ts';
import { type EdnsOption, parseType, TYPE } from '../../src/wire/record-types.ts';
import { SIPHASH_KEY_OCTETS } from '../../src/wire/siphash.ts';
import { Authority } from '../../src/zone/authority.ts';
import { parseZoneFile, type ZoneFile } from '../../src/zone/zone-file.ts';

export interface WorldOptions {
  readonly zones?: readonly string[];
  /** As `--map` has them; without any, `/` stands for the first zone. */
  readonly maps?: readonly string[];
  readonly addresses?: readonly string[];
  readonly maxInstances?: number;
  readonly maxRecords?: number;
  readonly cacheEntries?: number;
  readonly isAllowed?: (address: string) => boolean;
  readonly nsid?: Uint8Array;
}

/** A question and how it is asked: without flags and without EDNS, over UDP, unless it says otherwise. */
export interface Ask {
  readonly name: string;
  readonly type: string;
  readonly class?: number;
  readonly opcode?: number;
  /** Header flags. */
  readonly flags?: number;
  /** What OPT says; no OPT without it. */
  readonly edns?: {
    readonly octets: number;
    readonly flags?: number;
    readonly version?: number;
    readonly options?: readonly EdnsOption[];
  };
  readonly transport?: Transport;
  readonly from?: string;
}

export interface Reply {
  readonly message: Message;
  readonly octets: number;
  /** Whether the question came back byte for byte. */
  readonly echoes: boolean;
}

const QUERY_ID = 0x1234;

export class World {
  readonly registry: Registry;
  readonly authority: Authority;
  readonly cache: AnswerCache;
  readonly counters = new QueryCounters();
  readonly replyOptions: ReplyOptions;
  readonly responder: Responder;
  /** Of the last change. */
  revision = 0n;
  /** What the clock of the cookies says. */
  nowSeconds = 1_700_000_000;
  readonly #origin: Name;
  readonly #out = Buffer.alloc(MESSAGE_MAX_OCTETS);

  constructor(options: WorldOptions = {}) {
    const { zones = ['svc.local'], maps = [], addresses = [], isAllowed = () => true } = options;
    this.#origin = nameOf(zones[0] ?? '.');
    const nameMaps = (maps.length > 0 ? maps : [`/=${zones[0]}`]).map((text) => nameMap(text, zones));
    this.registry = new Registry({ maps: nameMaps, maxInstances: options.maxInstances ?? 100_000 });
    this.authority = new Authority({
      names: this.registry,
      registeredZones: zones.map(nameOf),
      ttlSeconds: 5,
      negativeTtlSeconds: 2,
      addresses,
    });
    this.authority.knowledge = 'live';
    const { cacheEntries: maxEntries = 10_000, maxRecords = 1000 } = options;
    this.cache = new AnswerCache({ authority: this.authority, maxEntries, maxRecords });
    this.replyOptions = new ReplyOptions({ cookies: this.#cookies(), nsid: options.nsid });
    this.responder = new Responder({
      authority: this.authority,
      cache: this.cache,
      counters: this.counters,
      replyOptions: this.replyOptions,
      isAllowed,
      random: randomSequence(1),
      onFault: (error) => {
        throw error;
      },
    });
  }

  /** Their secrets are numbers in a row. */
  #cookies(): ServerCookies {
    let secrets = 0;
    return new ServerCookies({
      nowSeconds: () => this.nowSeconds,
      newSecret: () => {
        secrets += 1;
        return new Uint8Array(SIPHASH_KEY_OCTETS).fill(secrets);
      },
    });
  }

  put(key: string, value: string): AppliedBatch {
    return this.apply([putOf(key, value, this.revision + 1n)]);
  }

  delete(key: string): AppliedBatch {
    return this.apply([{ kind: 'delete', key: keyOctets(key), modRevision: this.revision + 1n }]);
  }

  /** Applies changes at the next revision. */
  apply(changes: readonly KeyChange[]): AppliedBatch {
    this.revision += 1n;
    const applied = this.registry.apply({ revision: this.revision, changes, source: 'watch' });
    this.authority.changed(applied.apexes, this.revision);
    return applied;
  }

  /** Replaces all fixed records by those of one zone file; its names are relative to the first zone. */
  readZoneFile(text: string): void {
    this.authority.setZoneFiles([zoneFileOf(text, this.#origin)]);
  }

  ask(ask: Ask): Reply {
    const query = encodeQuery(ask);
    const reply = this.send(query, ask.transport, ask.from);
    const message = reply && decodeMessage(reply);
    if (reply === undefined || message === undefined)
      throw new Error(`${ask.name} ${ask.type}: no reply, or one that is no message`);
    if (message.id !== QUERY_ID) throw new Error(`reply with id ${message.id}`);
    const end = questionEnd(query);
    return { message, octets: reply.length, echoes: query.subarray(12, end).equals(reply.subarray(12, end)) };
  }

  /** The reply's octets; undefined when the message is dropped. */
  send(message: Uint8Array, transport: Transport = 'udp', from = '127.0.0.1'): Buffer | undefined {
    const client = { address: from, transport, family: from.includes(':') ? 6 : 4 } as const;
    const length = this.responder.respond(Buffer.from(message), message.length, client, this.#out);
    return length === 0 ? undefined : Buffer.from(this.#out.subarray(0, length));
  }
}

/** The zone of a text without mistakes. */
export function zoneFileOf(text: string, origin: Name): ZoneFile {
  const result = parseZoneFile(text, origin);
  if (result.kind === 'zone') return result.zone;
  throw new Error(result.mistakes.map(({ line, column, message }) => `${line}:${column}: ${message}`).join('; '));
}

/** UTF-8, one character per octet. */
export function keyOctets(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

export function putOf(key: string, value: string, modRevision = 1n): KeyChange {
  return { kind: 'put', key: keyOctets(key), value: Buffer.from(value, 'utf8'), modRevision, leaseId: '0' };
}

/** A `--map` with its zone: the one with the longest apex. */
export function nameMap(text: string, zones: readonly string[]): NameMap {
  const map = NAME_MAP.parse(text);
  const apex = zones
    .map(nameOf)
    .filter((zone) => map !== undefined && isAtOrBelow(foldName(map.name), foldName(zone)))
    .sort((a, b) => b.length - a.length)[0];
  if (map === undefined || apex === undefined) throw new Error(`${text}: expected PREFIX=NAME of a name in ${zones}`);
  return { ...map, apex };
}

export function encodeQuery({ name, type, opcode = 0, flags = 0, edns, ...ask }: Ask): Buffer {
  const code = parseType(type);
  if (code === undefined) throw new Error(`${type}: expected a record type`);
  const opt: ResourceRecord[] =
    edns === undefined
      ? []
      : [
          {
            name: ROOT,
            type: TYPE.OPT,
            class: edns.octets,
            ttlSeconds: (edns.version ?? 0) * 0x10000 + (edns.flags ?? 0),
            data: { kind: 'OPT', options: edns.options ?? [] },
          },
        ];
  const bytes = encodeMessage({
    id: QUERY_ID,
    flags: flags | (opcode << OPCODE_SHIFT),
    questions: [{ name: nameOf(name), type: code, class: ask.class ?? CLASS_IN }],
    answers: [],
    authorities: [],
    additionals: opt,
  });
  if (bytes === undefined) throw new Error('a query of more than 65 535 octets');
  return Buffer.from(bytes);
}

function questionEnd(query: Buffer): number {
  let at = 12;
  while (query[at] !== 0) at += (query[at] ?? 0) + 1;
  return at + 5;
}

/** Numbers from 0 up to but not including 1, the same ones for the same seed (a Weyl sequence through a mixer). */
export function randomSequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
