// A TCP proxy with the faults of a network: connections that break, stop, never come back, or are refused.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  /** Set on black-holed links: they stay silent after the network has healed. */
  lost: boolean;
}

export class TcpProxy {
  readonly port: number;
  readonly #targetPort: number;
  readonly #links = new Set<Link>();
  #server: Server;
  #octetsPerSecond = Number.POSITIVE_INFINITY;
  #silent: 'no' | 'frozen' | 'black-hole' = 'no';

  private constructor(server: Server, targetPort: number) {
    this.#server = server;
    this.#targetPort = targetPort;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client) => this.#accept(client));
  }

  /** Forwards a free port of 127.0.0.1 to `targetPort` there. */
  static async listen(targetPort: number): Promise<TcpProxy> {
    return new TcpProxy(await listenOn(0), targetPort);
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#links.size;
  }

  /** Forwards no more than so many octets a second of what the target sends, on each connection. */
  slowDown(octetsPerSecond: number): void {
    this.#octetsPerSecond = octetsPerSecond;
  }

  /** Breaks every connection; new ones are forwarded. */
  cut(): void {
    for (const link of this.#links) destroy(link);
  }

  /** Stops forwarding on every connection, also on new ones, until `heal`: then all goes on where it stopped. */
  freeze(): void {
    this.#silent = 'frozen';
    this.#forwardOrPause();
  }

  /** The connections never forward again and never break; new ones are accepted and stay silent until `heal`. */
  blackHole(): void {
    this.#silent = 'black-hole';
    for (const link of this.#links) link.lost = true;
    this.#forwardOrPause();
  }

  /** Breaks every connection and refuses new ones until `heal`. */
  async refuse(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cut();
    await closed;
  }

  /** Ends the fault. Connections that `blackHole` silenced stay silent. */
  async heal(): Promise<void> {
    this.#silent = 'no';
    if (!this.#server.listening) {
      this.#server = await listenOn(this.port);
      this.#server.on('connection', (client) => this.#accept(client));
    }
    this.#forwardOrPause();
  }

  async close(): Promise<void> {
    if (this.#server.listening) await this.refuse();
  }

  #accept(client: Socket): void {
    const server = connect(this.#targetPort, '127.0.0.1');
    const link: Link = { client, server, lost: this.#silent === 'black-hole' };
    this.#links.add(link);
    for (const socket of [client, server]) {
      socket.setNoDelay();
      socket.on('error', () => destroy(link));
      socket.on('close', () => {
        destroy(link);
        this.#links.delete(link);
      });
    }
    client.on('data', (octets) => server.write(octets));
    server.on('data', (octets) => {
      client.write(octets);
      if (this.#octetsPerSecond === Number.POSITIVE_INFINITY) return;
      server.pause();
      setTimeout(() => this.#forwardOrPause(), (octets.length / this.#octetsPerSecond) * 1000);
    });
    this.#forwardOrPause();
  }

  #forwardOrPause(): void {
    for (const { client, server, lost } of this.#links) {
      const silent = lost || this.#silent !== 'no';
      for (const socket of [client, server]) silent ? socket.pause() : socket.resume();
    }
  }
}

function destroy({ client, server }: Link): void {
  client.destroy();
  server.destroy();
}

async function listenOn(port: number): Promise<Server> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
