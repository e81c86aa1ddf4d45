// How a channel secures its sockets, and a hold on them. grpc-js has both on its own; but a closed channel of grpc-js 1.14
// leaves a socket open whose peer is silent (one for every attempt to reach a frozen etcd), and its TLS sends an address
// as a server name, which RFC 6066 §3 forbids and Node warns of.

import { isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import * as grpc from '@grpc/grpc-js';
import type { EtcdTls } from './options.ts';

type SecureConnector = ReturnType<grpc.ChannelCredentials['_createSecureConnector']>;

export class OwnedSockets extends grpc.ChannelCredentials {
  readonly #host: string;
  readonly #tls: EtcdTls | undefined;
  readonly #sockets = new Set<Socket>();
  #destroyed = false;

  /**
   * @param host name or address of the server, which its certificate must be for
   * @param tls undefined for a plain connection
   */
  constructor(host: string, tls: EtcdTls | undefined) {
    super();
    this.#host = host;
    this.#tls = tls;
  }

  /** Ends every connection at once, and every one that is still to come. */
  destroy(): void {
    this.#destroyed = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  override _isSecure(): boolean {
    return this.#tls !== undefined;
  }

  override _equals(other: grpc.ChannelCredentials): boolean {
    return other === this;
  }

  override _createSecureConnector(): SecureConnector {
    return {
      connect: (socket) => this.#connect(socket),
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => grpc.CallCredentials.createEmpty(),
      destroy: () => {},
    };
  }

  async #connect(socket: Socket): ReturnType<SecureConnector['connect']> {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    if (this.#destroyed) socket.destroy();
    if (this.#tls === undefined) return { socket, secure: false };
    return { socket: await this.#handshake(socket, this.#tls), secure: true };
  }

  #handshake(socket: Socket, { ca, certificate, key }: EtcdTls): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const secured = connectTls({
        socket,
        host: this.#host,
        servername: isIP(this.#host) === 0 ? this.#host : '',
        ca,
        cert: certificate,
        key,
        ALPNProtocols: ['h2'],
      });
      secured.once('secureConnect', () => resolve(secured));
      secured.on('error', reject);
      secured.once('close', () => reject(new Error('closed during the TLS handshake')));
    });
  }
}
