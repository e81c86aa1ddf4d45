// A gRPC server that passes reads and watches on to an etcd, and can swallow events and hide keys on the way: what a bug
// of etcd's that loses an event looks like to its clients.

import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { Etcd3, type IRangeRequest, type IRangeResponse, type IWatchRequest, type IWatchResponse } from 'etcd3';

const { etcdserverpb } = grpc.loadPackageDefinition(
  loadSync(createRequire(import.meta.url).resolve('etcd3/proto/rpc.proto'), {
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  }),
);
const { KV, Watch } = etcdserverpb as unknown as Readonly<Record<'KV' | 'Watch', grpc.ServiceClientConstructor>>;

export class LossyRelay {
  readonly endpoint: string;
  /** Whether the next response with events is swallowed. */
  swallowNext = false;
  /** A key that the next read which has it does not show, though it counts it. */
  hideNext: string | undefined;
  /** Whether reads of what was written since a revision are left without an answer. */
  isSlow = false;
  readonly #server: grpc.Server;
  readonly #etcd: Etcd3;

  private constructor(server: grpc.Server, port: number, etcd: Etcd3) {
    this.#server = server;
    this.#etcd = etcd;
    this.endpoint = `http://127.0.0.1:${port}`;
  }

  static async listen(endpoint: string): Promise<LossyRelay> {
    const server = new grpc.Server();
    const etcd = new Etcd3({ hosts: endpoint });
    server.addService(KV.service, {
      range: (call: grpc.ServerUnaryCall<IRangeRequest, IRangeResponse>, done: grpc.sendUnaryData<IRangeResponse>) => {
        etcd.kv.range(call.request).then(
          (response) => {
            if (relay.isSlow && call.request.min_mod_revision !== '0') return;
            const kvs = response.kvs.filter(({ key }) => key.toString('latin1') !== relay.hideNext);
            if (kvs.length < response.kvs.length) relay.hideNext = undefined;
            done(null, { ...response, kvs });
          },
          (error: Error) => done(error),
        );
      },
    });
    server.addService(Watch.service, {
      watch: (downstream: grpc.ServerDuplexStream<IWatchRequest, IWatchResponse>) => {
        const opened = etcd.watchClient.watch();
        opened.then(
          (upstream) => {
            downstream.on('data', (request) => upstream.write(request));
            downstream.on('cancelled', () => upstream.cancel());
            upstream.on('data', (response) => {
              if (relay.swallowNext && response.events.length > 0) relay.swallowNext = false;
              else downstream.write(response);
            });
            upstream.on('error', () => downstream.end());
          },
          () => downstream.end(),
        );
      },
    });
    const bind = promisify(server.bindAsync.bind(server));
    const port = await bind('127.0.0.1:0', grpc.ServerCredentials.createInsecure());
    const relay = new LossyRelay(server, port, etcd);
    return relay;
  }

  close(): void {
    this.#server.forceShutdown();
    this.#etcd.close();
  }
}
