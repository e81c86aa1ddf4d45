// What the servers are asked: one entry a workload, with the questions and the way they are sent.

import { CROWD, serviceName, ZONE } from './data.mjs';
import { seededRandom } from './statistics.mjs';

/** Questions of a workload that asks for more names than there are; all caches are smaller than that or see few twice. */
const MANY_QUESTIONS = 100_000;

/** dig's cookie option: a client cookie of 8 octets (RFC 7873 §5.1), the same in every query. */
const CLIENT_COOKIE = '10:0102030405060708';

/** Queries a second at which latency is measured over TCP with a connection each: opening it costs the client more. */
const CONNECTIONS_PER_SECOND = 1_000;

/**
 * @typedef {object} Workload
 * @property {string} title
 * @property {'small' | 'wide'} data
 * @property {'udp' | 'tcp' | 'tcp-connections'} transport with `tcp-connections` each query has a connection of its own
 * @property {readonly string[]} flags of dnsperf
 * @property {number} [maxRate] queries a second at which latency is measured, at most
 * @property {'NOERROR' | 'NXDOMAIN'} rcode that the answers are to have
 * @property {() => string[]} questions a name and a type each
 */

/** @type {Readonly<Record<string, Workload>>} */
export const WORKLOADS = {
  a: {
    ...overUdp('A of 3 instances'),
    questions: () => everyService('A'),
  },
  srv: {
    ...overUdp('SRV of 3 instances, with their addresses'),
    questions: () => everyService('SRV'),
  },
  nxdomain: {
    ...overUdp('NXDOMAIN of random names'),
    rcode: 'NXDOMAIN',
    questions: () => randomNames(),
  },
  cookie: {
    ...overUdp('A with EDNS and a client cookie, as dig asks'),
    flags: ['-E', CLIENT_COOKIE],
    questions: () => everyService('A'),
  },
  case: {
    ...overUdp('A in random case (0x20)'),
    questions: () => inRandomCase(everyService('A')),
  },
  truncated: {
    ...overUdp('A of 300 instances, truncated to 1232 octets'),
    flags: ['-e'],
    questions: () => [`${CROWD}.${ZONE} A`],
  },
  'tcp-connections': {
    ...overUdp('A over TCP, a connection for each query'),
    transport: 'tcp-connections',
    maxRate: CONNECTIONS_PER_SECOND,
    questions: () => everyService('A'),
  },
  'tcp-pipelined': {
    ...overUdp('A over TCP, pipelined on 4 connections'),
    transport: 'tcp',
    flags: ['-m', 'tcp'],
    questions: () => everyService('A'),
  },
  zipf: {
    ...overUdp('A of 10 000 names, drawn by Zipf'),
    data: 'wide',
    questions: () => drawnByZipf(10_000),
  },
};

/** @param {string} title */
function overUdp(title) {
  return { title, data: 'small', transport: 'udp', flags: [], rcode: 'NOERROR' };
}

/** @param {string} type */
function everyService(type) {
  return Array.from({ length: 1_000 }, (_, index) => `${serviceName(index)}.${ZONE} ${type}`);
}

function randomNames() {
  const random = seededRandom(1);
  return Array.from({ length: MANY_QUESTIONS }, () => `${random().toString(36).slice(2, 12)}.${ZONE} A`);
}

/** @param {readonly string[]} questions */
function inRandomCase(questions) {
  const random = seededRandom(2);
  return questions.map((question) => {
    const [name = '', type] = question.split(' ');
    const spelled = Array.from(name, (letter) => (random() < 0.5 ? letter.toUpperCase() : letter)).join('');
    return `${spelled} ${type}`;
  });
}

/**
 * Questions in which the n-th name comes up in proportion to 1/n, as names do that people ask for.
 *
 * @param {number} names
 */
function drawnByZipf(names) {
  const sums = new Float64Array(names);
  let sum = 0;
  for (let rank = 0; rank < names; rank += 1) {
    sum += 1 / (rank + 1);
    sums[rank] = sum;
  }
  const random = seededRandom(3);
  return Array.from({ length: MANY_QUESTIONS }, () => {
    const point = random() * sum;
    return `${serviceName(sums.findIndex((upTo) => upTo > point))}.${ZONE} A`;
  });
}
