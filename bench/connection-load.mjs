// Asks over TCP with a connection for each query, which dnsperf cannot do faster than ten times a second a client. Open
// connections at a time are bounded; at a fixed rate a query that is due while all are in use waits, and its wait counts.

import { createConnection } from 'node:net';
import { performance } from 'node:perf_hooks';
import { summarizeLatency } from './dnsperf.mjs';
import { encodeQuery } from './query.mjs';

/** Half of what svcdns admits from one address, and far below the limits of the others. */
const CONNECTIONS_MAX = 16;

/** Milliseconds after which a query counts as lost. */
const TIMEOUT_MS = 1_000;

const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

/**
 * @param {object} load
 * @param {number} load.port
 * @param {readonly string[]} load.questions
 * @param {number} load.seconds
 * @param {number} [load.rate] queries a second; as many as the server answers, without it
 * @returns {Promise<import('./dnsperf.mjs').LoadResult>}
 */
export async function runConnections({ port, questions, seconds, rate }) {
  const messages = questions.map((question) => frame(encodeQuery(question)));
  const latencies = [];
  const rcodes = {};
  let octets = 0;
  let sent = 0;
  let lost = 0;
  const startedMs = performance.now();
  const endMs = startedMs + seconds * 1_000;
  const ask = async () => {
    for (;;) {
      const dueMs = rate === undefined ? performance.now() : startedMs + (sent / rate) * 1_000;
      if (dueMs > endMs || performance.now() > endMs) return;
      const message = messages[sent % messages.length];
      sent += 1;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      // A timer may be late by more than the answer takes; that is not the server's doing.
      const fromMs = waitMs > 0 ? performance.now() : dueMs;
      const reply = await exchange(port, message);
      if (reply === undefined) {
        lost += 1;
        continue;
      }
      latencies.push((performance.now() - fromMs) * 1_000);
      octets += reply.length - 2;
      const rcode = RCODES[(reply[5] ?? 0) & 15] ?? 'other';
      rcodes[rcode] = (rcodes[rcode] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS_MAX }, ask));
  const completed = latencies.length;
  return {
    completed,
    lost,
    queriesPerSecond: completed / ((performance.now() - startedMs) / 1_000),
    replyOctets: completed === 0 ? 0 : Math.round(octets / completed),
    rcodes,
    ...(rate === undefined ? {} : { latency: summarizeLatency(latencies) }),
  };
}

/** The reply with its length in front; undefined when none came. */
function exchange(port, message) {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
    let received = Buffer.alloc(0);
    socket
      .on('connect', () => socket.write(message))
      .on('data', (chunk) => {
        received = Buffer.concat([received, chunk]);
        if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
        resolve(received);
        socket.end();
      })
      .on('error', () => socket.destroy())
      // Says nothing where the reply has come.
      .on('close', () => resolve(undefined))
      .setTimeout(TIMEOUT_MS, () => socket.destroy());
  });
}

function frame(message) {
  const framed = Buffer.alloc(2 + message.length);
  framed.writeUInt16BE(message.length, 0);
  message.copy(framed, 2);
  return framed;
}
