// The server that a file of this folder questions: one for all its tests, on real sockets, with zones as text. Queries
// and replies are written as in the scenarios: see ../scenarios/scenario.ts.

import { beforeAll, expect } from 'vitest';
import { CLASS_IN } from '../../src/wire/codes.ts';
import type { Message } from '../../src/wire/message.ts';
import { nameOf } from '../../src/wire/name.ts';
import { parseType } from '../../src/wire/record-types.ts';
import { askOf, expectReply } from '../scenarios/scenario.ts';
import { encodeQuery, zoneFileOf } from '../scenarios/world.ts';
import { type Closer, fileCloser } from '../support/closer.ts';
import { framed, queryWithId, TcpClient, UdpClient } from '../support/dns-client.ts';
import { type ServerStart, type StartedServer, startServer } from '../support/dns-server.ts';
import { hex, toHex } from '../wire/hex.ts';

export interface SubjectStart extends ServerStart {
  /** Origin → zone file. */
  readonly zoneFiles?: Readonly<Record<string, string>>;
}

/** Starts a server before the tests of this file and closes it after them. */
export function subject(start: SubjectStart = {}): Subject {
  const made = new Subject(fileCloser());
  beforeAll(() => made.start(start));
  return made;
}

export class Subject {
  readonly #closer: Closer;
  #started: StartedServer | undefined;
  #udp: UdpClient | undefined;

  constructor(closer: Closer) {
    this.#closer = closer;
  }

  async start({ zoneFiles = {}, registered = {}, ...start }: SubjectStart): Promise<void> {
    this.#started = await startServer(this.#closer, { ...start, registered });
    const files = Object.entries(zoneFiles).map(([origin, text]) => zoneFileOf(text, nameOf(origin)));
    this.world.authority.setZoneFiles(files);
    this.#udp = await UdpClient.open(this.#closer);
  }

  get world(): StartedServer['world'] {
    return known(this.#started).world;
  }

  get port(): number {
    return known(this.#started).port;
  }

  async ask(query: string): Promise<Message> {
    const ask = askOf(query.split(/ +/));
    const datagram = encodeQuery(ask);
    const reply = await (ask.transport === 'tcp' ? this.#askTcp(datagram) : known(this.#udp).ask(datagram, this.port));
    return reply.message;
  }

  /** Asks, and compares the reply: its status, then the records of its sections. The question has to come back. */
  async expects(query: string, ...reply: readonly string[]): Promise<void> {
    const message = await this.ask(query);
    expectReply(message, reply, query);
    const { name, type, class: questionClass = CLASS_IN } = askOf(query.split(/ +/));
    expect(message.questions, query).toEqual([{ name: nameOf(name), type: parseType(type), class: questionClass }]);
  }

  /** The reply to a message in hexadecimal digits, in such digits. */
  async reply(message: string, transport: 'udp' | 'tcp' = 'udp'): Promise<string> {
    const octets = hex(message);
    const { bytes } = transport === 'udp' ? await known(this.#udp).ask(octets, this.port) : await this.#askTcp(octets);
    return toHex(bytes);
  }

  /** Checks that a message gets no reply: the one to a query that is sent behind it is the first to come. */
  async staysSilent(message: string): Promise<void> {
    const udp = known(this.#udp);
    const before = udp.received.length;
    udp.send(hex(message), this.port);
    await udp.ask(queryWithId(0x7e57), this.port);
    expect(udp.received.slice(before).map((datagram) => datagram.message.id)).toEqual([0x7e57]);
  }

  async #askTcp(query: Uint8Array) {
    const client = await this.connect();
    client.socket.write(framed(query));
    const [message] = await client.answered(1);
    client.socket.destroy();
    return { message: known(message), bytes: known(client.received[0]) };
  }

  connect(): Promise<TcpClient> {
    return TcpClient.connect(this.#closer, this.port);
  }
}

/** The data of an option of a reply in hexadecimal digits; undefined when it has none of that code. */
export function optionOf({ additionals }: Message, code: number): string | undefined {
  const options = additionals.flatMap(({ data }) => (data.kind === 'OPT' ? data.options : []));
  const option = options.find((found) => found.code === code);
  return option && toHex(option.data);
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('expected a server that is up');
  return value;
}
