// The open TCP connections of a server, never more than allowed: for all clients together and for each address.

import type { TcpConnection } from './tcp-connection.ts';

/** The connections of all listening sockets of one server. */
export interface TcpLimits {
  readonly connections: number;
  readonly connectionsPerClient: number;
}

/** The open connections, whichever of the server's sockets accepted them. */
export class TcpPool {
  readonly #limits: TcpLimits;
  /** Oldest first. */
  readonly #connections = new Map<TcpConnection, string>();
  readonly #perClient = new Map<string, number>();

  constructor(limits: TcpLimits) {
    this.#limits = limits;
  }

  /** Whether another connection of this client may be opened. The oldest idle one makes room when all places are taken. */
  admit(address: string): 'admitted' | 'all-connections' | 'client-connections' {
    if ((this.#perClient.get(address) ?? 0) >= this.#limits.connectionsPerClient) return 'client-connections';
    if (this.#connections.size < this.#limits.connections) return 'admitted';
    for (const connection of this.#connections.keys()) {
      if (!connection.isIdle) continue;
      connection.close('idle');
      return 'admitted';
    }
    return 'all-connections';
  }

  add(connection: TcpConnection, address: string): void {
    this.#connections.set(connection, address);
    this.#perClient.set(address, (this.#perClient.get(address) ?? 0) + 1);
  }

  remove(connection: TcpConnection): void {
    const address = this.#connections.get(connection);
    if (address === undefined) return;
    this.#connections.delete(connection);
    const left = (this.#perClient.get(address) ?? 1) - 1;
    if (left === 0) this.#perClient.delete(address);
    else this.#perClient.set(address, left);
  }

  checkLimits(nowMs: number): void {
    for (const connection of this.#connections.keys()) connection.checkLimits(nowMs);
  }

  closeAll(): void {
    for (const connection of this.#connections.keys()) connection.close('shutdown');
  }
}
