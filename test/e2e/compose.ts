// docker-compose.yml as processes of this host. Each service runs what the file says: its entrypoint and command, its
// environment, its files. What a container gives is given by other means: every service has a loopback address of its
// own, the names of services are replaced by these, and so are 0.0.0.0 and the addresses of the network.

import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { Program } from '../support/program.ts';
import { CHECKOUT } from '../support/svcdns.ts';
import { readImage } from './dockerfile.ts';

/** The first three octets in the file. */
const NETWORK = '172.30.53.';

const SERVICE = z.strictObject({
  image: z.string(),
  build: z.literal('.').optional(),
  restart: z.literal('unless-stopped'),
  read_only: z.literal(true).optional(),
  cap_drop: z.tuple([z.literal('ALL')]).optional(),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]).optional(),
  user: z.string().optional(),
  tmpfs: z.tuple([z.literal('/tmp')]).optional(),
  deploy: z.strictObject({ replicas: z.int() }).optional(),
  entrypoint: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  networks: z.strictObject({ default: z.strictObject({ ipv4_address: z.ipv4() }) }).optional(),
  healthcheck: z
    .union([
      z.strictObject({ test: z.tuple([z.literal('CMD')], z.string()), interval: z.string() }),
      z.strictObject({ disable: z.literal(true) }),
    ])
    .optional(),
});

const PROJECT = z.object({ services: z.record(z.string(), SERVICE) });

export type Service = z.infer<typeof SERVICE>;

/** The services of the file, with anchors and merges resolved. Throws where the file says what no test knows. */
export function readServices(): Readonly<Record<string, Service>> {
  const text = readFileSync(join(CHECKOUT, 'docker-compose.yml'), 'utf8');
  return PROJECT.parse(parse(text, { merge: true })).services;
}

/** One container's place. */
export interface Container {
  readonly service: Service;
  readonly address: string;
  /** Of its own, for what it may write. */
  readonly directory: string;
  program: Program;
}

export class Compose {
  readonly #containers = new Map<string, Container>();
  readonly #addresses = new Map<string, string>();
  readonly #directory = mkdtempSync(join(tmpdir(), 'svcdns-test-compose-'));
  /** 127.x.y. : all of 127.0.0.0/8 is this host, so runs beside each other do not meet. */
  readonly #network = `127.${randomInt(1, 255)}.${randomInt(0, 256)}.`;

  /** Starts all services. Containers of a service with replicas are named `service-1` and so on. */
  static up(): Compose {
    const compose = new Compose();
    const containers = Object.entries(readServices()).flatMap(([name, service]) => {
      const replicas = Array.from({ length: service.deploy?.replicas ?? 0 }, (_, at) => `${name}-${at + 1}`);
      return (replicas.length === 0 ? [name] : replicas).map((container) => ({ container, service }));
    });
    containers.forEach(({ container, service }, at) => {
      const fixed = service.networks?.default.ipv4_address.slice(NETWORK.length);
      compose.#addresses.set(container, `${compose.#network}${fixed ?? 128 + at}`);
    });
    for (const { container, service } of containers) {
      const directory = join(compose.#directory, container);
      mkdirSync(directory);
      const place = { service, address: compose.address(container), directory };
      compose.#containers.set(container, { ...place, program: compose.#run(container, place) });
    }
    return compose;
  }

  /** Kills all of it. */
  async down(): Promise<void> {
    await Promise.all([...this.#containers.values()].map(({ program }) => program.close()));
    rmSync(this.#directory, { recursive: true });
  }

  address(name: string): string {
    const address = this.#addresses.get(name);
    if (address === undefined) throw new Error(`docker-compose.yml has no ${name}`);
    return address;
  }

  container(name: string): Container {
    const container = this.#containers.get(name);
    if (container === undefined) throw new Error(`docker-compose.yml has no ${name}`);
    return container;
  }

  /** Starts a container again that has ended, as `restart` asks for. */
  restart(name: string): void {
    const container = this.container(name);
    container.program = this.#run(name, container);
  }

  /** Runs the health check of a container: its exit code. */
  async health(name: string): Promise<number | NodeJS.Signals | null> {
    const { service, address } = this.container(name);
    const { healthcheck, image } = service;
    const command = healthcheck !== undefined && 'test' in healthcheck ? healthcheck.test.slice(1) : readImage().health;
    const words = command.map((word) => onHost(word.replace('127.0.0.1', address)));
    const isEtcd = image.includes('/etcd:');
    const env = isEtcd ? { ETCDCTL_API: '3', ETCDCTL_ENDPOINTS: `${address}:2379` } : {};
    return new Program(words, { cwd: CHECKOUT, env }).ended();
  }

  #run(name: string, { service, address, directory }: Omit<Container, 'program'>): Program {
    const translate = (text: string): string => this.#translate(text, address, directory);
    const env = Object.fromEntries(Object.entries(service.environment).map(([key, value]) => [key, translate(value)]));
    if (service.image.includes('/etcd:')) {
      return new Program(['etcd'], { env: { ...env, ETCD_LOG_LEVEL: 'error', ETCD_LOGGER: 'zap' } });
    }
    if (service.image.startsWith('nginx:')) {
      const [source = ''] = service.volumes[0]?.split(':') ?? [];
      const config = join(directory, 'nginx.conf');
      const text = readFileSync(join(CHECKOUT, source), 'utf8').replace(/^ *listen /m, `listen ${address}:`);
      writeFileSync(config, translate(text));
      // One process, so that nothing is left when it is killed.
      return new Program(['nginx', '-p', directory, '-c', config, '-g', 'daemon off; master_process off;']);
    }
    const image = readImage();
    if (service.entrypoint === undefined) {
      const own = Object.entries(image.environment).map(([key, value]) => [key, translate(value)]);
      const command = [...image.entrypoint, ...image.command].map(onHost);
      return new Program(command, { cwd: CHECKOUT, env: { ...Object.fromEntries(own), ...env } });
    }
    const command = service.entrypoint.map((word) => onHost(mounted(service, word)));
    return new Program(command, { cwd: CHECKOUT, env: { ...env, ID: name, ADDRESS: address } });
  }

  #translate(text: string, address: string, directory: string): string {
    let translated = text
      .replaceAll('0.0.0.0', address)
      .replaceAll(NETWORK, this.#network)
      .replaceAll('/var/lib/etcd', join(directory, 'etcd'))
      .replaceAll('/tmp/', `${directory}/`);
    for (const [name, own] of this.#addresses) translated = translated.replaceAll(`//${name}:`, `//${own}:`);
    return translated;
  }
}

/** The image's Node is ours, and /app is the checkout. */
function onHost(word: string): string {
  return word === 'node' ? process.execPath : word;
}

/** The file of the checkout behind a path in the container, if one is mounted there. */
function mounted({ volumes }: Service, path: string): string {
  for (const volume of volumes) {
    const [source = '', target] = volume.split(':');
    if (target === path) return join(CHECKOUT, source);
  }
  return path;
}
