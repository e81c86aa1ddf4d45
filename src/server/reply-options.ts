// The EDNS options of a reply that a query has to ask for with options of its own: a server cookie (RFC 7873), the
// server's identifier (RFC 5001), and how long an idle TCP connection stays open (RFC 7828).

import { EDNS_OPTION } from '../wire/codes.ts';
import {
  appendOption,
  COOKIE_OCTETS,
  COOKIE_OPTION_OCTETS,
  KEEPALIVE_OPTION_OCTETS,
  OPTION_HEADER_OCTETS,
} from '../wire/edns.ts';
import type { Query } from '../wire/query.ts';
import type { ServerCookies } from './cookies.ts';
import type { Client } from './respond.ts';
import { IDLE_MAX_MS } from './tcp-connection.ts';

export interface ReplyOptionsSettings {
  readonly cookies: ServerCookies;
  /** The server's identifier, at most 128 octets; undefined to have none. */
  readonly nsid: Uint8Array | undefined;
}

/** TIMEOUT counts in these (RFC 7828 §3.1). */
const KEEPALIVE_UNIT_MS = 100;

export class ReplyOptions {
  readonly cookies: ServerCookies;
  readonly #nsid: Uint8Array | undefined;

  constructor({ cookies, nsid }: ReplyOptionsSettings) {
    this.cookies = cookies;
    this.#nsid = nsid;
  }

  /** Octets that `append` appends. */
  octets(query: Query, { transport }: Client): number {
    const cookie = query.cookieAt > 0 ? COOKIE_OPTION_OCTETS : 0;
    const nsid = query.asksNsid && this.#nsid !== undefined ? OPTION_HEADER_OCTETS + this.#nsid.length : 0;
    const keepalive = query.asksKeepalive && transport === 'tcp' ? KEEPALIVE_OPTION_OCTETS : 0;
    return cookie + nsid + keepalive;
  }

  /**
   * Appends what the query asks for to the OPT record that begins at `optAt` and ends at `at`.
   *
   * @returns where it ends then
   */
  append(query: Query, message: Uint8Array, client: Client, out: Uint8Array, optAt: number, at: number): number {
    let end = at;
    if (query.cookieAt > 0) {
      const data = appendOption(out, optAt, end, EDNS_OPTION.COOKIE, COOKIE_OCTETS);
      this.cookies.write(message, query.cookieAt, client.address, out, data);
      end = data + COOKIE_OCTETS;
    }
    if (query.asksNsid && this.#nsid !== undefined) {
      const data = appendOption(out, optAt, end, EDNS_OPTION.NSID, this.#nsid.length);
      out.set(this.#nsid, data);
      end = data + this.#nsid.length;
    }
    // Over UDP it is to be ignored (RFC 7828 §3.3.1).
    if (query.asksKeepalive && client.transport === 'tcp') {
      const data = appendOption(out, optAt, end, EDNS_OPTION.TCP_KEEPALIVE, 2);
      const timeout = IDLE_MAX_MS / KEEPALIVE_UNIT_MS;
      out[data] = timeout >>> 8;
      out[data + 1] = timeout & 0xff;
      end = data + 2;
    }
    return end;
  }
}
