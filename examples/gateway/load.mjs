// A client that sends requests at a steady rate, whatever becomes of them, each on a connection of its own.
import { once } from 'node:events';
import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

/** Requests a second to each gateway: enough to see a gap of a tenth of a second, and little for a shared machine. */
const RATE = 100;

/** Milliseconds; who uses the gateway has given up by then. */
const TIMEOUT_MS = 10_000;

export class Load {
  /** What became of the requests that are done, by gateway: `{ endedAt, answeredBy }` or `{ endedAt, failure }`. */
  results = {};
  #timer;
  #pending = 0;

  /** Starts at once. @param gateways URLs by name */
  constructor(gateways) {
    for (const name of Object.keys(gateways)) this.results[name] = [];
    // A tick that comes late is not made up for: a burst would be a test of this client.
    this.#timer = setInterval(() => {
      for (const [name, url] of Object.entries(gateways)) void this.#send(url, this.results[name]);
    }, 1000 / RATE);
  }

  /** Sends no more, and waits for what is on its way. */
  async stop() {
    clearInterval(this.#timer);
    while (this.#pending > 0) await delay(10);
  }

  async #send(url, results) {
    this.#pending += 1;
    const result = await outcome(url);
    results.push({ endedAt: performance.now(), ...result });
    this.#pending -= 1;
  }
}

async function outcome(url) {
  try {
    // Without an agent, no connection is used twice.
    const request = get(url, { agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) });
    // One that comes after the response has begun is an error of the response too, and counted there.
    request.on('error', () => undefined);
    const [response] = await once(request, 'response');
    const body = await text(response);
    return response.statusCode === 200 ? { answeredBy: body } : { failure: `status ${response.statusCode}` };
  } catch (error) {
    return { failure: error.message };
  }
}
