// Queries in wire form, for the loads that are made here, and a client that sends them and waits for the answers.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const HEADER_OCTETS = 12;

const TYPES = { A: 1, SRV: 33 };

/** Milliseconds. An answer on one machine takes far less than one; this is for a server that is not up yet. */
const TIMEOUT_MS = 200;

/**
 * @param {string} question a name without escapes, and a type
 * @param {number} [id]
 */
export function encodeQuery(question, id = 0) {
  const [name = '', type = ''] = question.split(' ');
  const labels = name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, 'latin1')]);
  const header = Buffer.from([id >>> 8, id & 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, TYPES[type], 0, 1])]);
}

/** A UDP client of one server, with any number of queries under way. */
export class UdpClient {
  #socket = createSocket('udp4');
  #port;
  #id = 0;
  /** @type {Map<number, (reply: Buffer | undefined) => void>} */
  #waiting = new Map();

  /** @param {number} port on 127.0.0.1 */
  constructor(port) {
    this.#port = port;
    this.#socket.on('message', (message) => this.#waiting.get(message.readUInt16BE(0))?.(message));
    // Nobody listens there yet, says ICMP. The query times out.
    this.#socket.on('error', () => {});
  }

  /**
   * @param {string} question
   * @returns {Promise<Buffer | undefined>} undefined when no answer came in time
   */
  ask(question) {
    this.#id = (this.#id + 1) & 0xffff;
    const id = this.#id;
    return new Promise((resolve) => {
      const settle = (/** @type {Buffer | undefined} */ reply) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(reply);
      };
      const timer = setTimeout(settle, TIMEOUT_MS, undefined);
      this.#waiting.set(id, settle);
      this.#socket.send(encodeQuery(question, id), this.#port, '127.0.0.1');
    });
  }

  async close() {
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }
}

/** @param {Buffer} reply */
export function answerCount(reply) {
  return reply.readUInt16BE(6);
}

/**
 * Whether the octets of an address are in a reply, which is where no others look like them.
 *
 * @param {Buffer} reply
 * @param {Buffer} octets
 */
export function answerHolds(reply, octets) {
  return reply.includes(octets, HEADER_OCTETS);
}
