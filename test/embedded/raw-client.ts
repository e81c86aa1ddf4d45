// A gRPC client with nothing on top: every field of a request can be set, and every field of a response is seen. The
// ids of cluster and member are taken off the headers, so that what two stores answer can be compared.

import type { ClientDuplexStream, ServiceDefinition, ServiceError } from '@grpc/grpc-js';
import { Client, credentials, status } from '@grpc/grpc-js';
import type { WireEvent, WireKeyValue } from '../../src/embedded/protocol.ts';
import { loadServices } from '../../src/embedded/protocol.ts';
import { until } from '../support/until.ts';

type Services = Awaited<ReturnType<typeof loadServices>>;

/** The fields of a request that are not their zero. */
export type Fields = Readonly<Record<string, unknown>>;

/** What came back: the fields that a test looks into, of whatever response it is, or the status that refused it. */
export interface Answer {
  readonly header: { readonly revision: string } | null;
  readonly kvs: readonly WireKeyValue[];
  readonly events: readonly WireEvent[];
  readonly keys: readonly Buffer[];
  readonly fragment: boolean;
  readonly canceled: boolean;
  readonly compact_revision: string;
  readonly code?: number;
  readonly details?: string;
}

export class RawClient {
  readonly #services: Services;
  readonly #client: Client;

  private constructor(services: Services, client: Client) {
    this.#services = services;
    this.#client = client;
  }

  static async connect(endpoint: string): Promise<RawClient> {
    const { host } = new URL(endpoint);
    return new RawClient(await loadServices(), new Client(host, credentials.createInsecure()));
  }

  /** @param request its fields; the others are their zeros */
  call(service: keyof Services, method: string, request: Fields = {}): Promise<Answer> {
    const { path, requestSerialize, responseDeserialize } = methodOf(this.#services[service], method);
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        (bytes) => responseDeserialize(bytes) as Answer,
        request,
        (error: ServiceError | null, response) => {
          if (response !== undefined) resolve(withoutIds(response));
          else resolve({ ...NOTHING, code: error?.code ?? status.OK, details: error?.details ?? '' });
        },
      );
    });
  }

  watch(): RawStream {
    return this.#stream('watch', 'Watch');
  }

  keepAlive(): RawStream {
    return this.#stream('lease', 'LeaseKeepAlive');
  }

  close(): void {
    this.#client.close();
  }

  #stream(service: keyof Services, method: string): RawStream {
    const { path, requestSerialize, responseDeserialize } = methodOf(this.#services[service], method);
    return new RawStream(
      this.#client.makeBidiStreamRequest(path, requestSerialize, (bytes) => responseDeserialize(bytes) as Answer),
    );
  }
}

/** A call with many requests and many responses. */
export class RawStream {
  /** All that has come and was not taken. */
  readonly responses: Answer[] = [];
  readonly #call: ClientDuplexStream<Fields, Answer>;
  #ended: 'by the server' | ServiceError | undefined;

  constructor(call: ClientDuplexStream<Fields, Answer>) {
    this.#call = call;
    call.on('data', (response: Answer) => this.responses.push(withoutIds(response)));
    call.on('error', (error: ServiceError) => {
      this.#ended = error;
    });
    call.on('end', () => {
      this.#ended ??= 'by the server';
    });
  }

  /** How the call came to its end; undefined while it goes on. */
  get ended(): 'by the server' | ServiceError | undefined {
    return this.#ended;
  }

  send(request: Fields): void {
    this.#call.write(request);
  }

  /** Waits for that many responses and takes them. */
  async take(count: number): Promise<Answer[]> {
    await until(`${count} responses`, () => this.responses.length >= count || this.#ended !== undefined);
    return this.responses.splice(0, count);
  }

  /** Stops reading: what the server sends fills its buffers. */
  pause(): void {
    this.#call.pause();
  }

  resume(): void {
    this.#call.resume();
  }

  /** Says that no further request comes. */
  halfClose(): void {
    this.#call.end();
  }

  cancel(): void {
    this.#call.cancel();
  }
}

function methodOf(service: ServiceDefinition, name: string) {
  const method = service[name];
  if (method === undefined) throw new Error(`no method ${name}`);
  return method;
}

const NOTHING = {
  header: null,
  kvs: [],
  events: [],
  keys: [],
  fragment: false,
  canceled: false,
  compact_revision: '0',
};

function withoutIds(response: Answer): Answer {
  return { ...response, header: response.header && { revision: response.header.revision } };
}

export function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
