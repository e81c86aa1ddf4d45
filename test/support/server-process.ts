// Programs in a network of their own, and a DNS server as a process: where a test changes addresses, sends datagrams
// that no socket would, or takes the descriptors away. It needs Linux, and root or unprivileged user namespaces.

import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestContext } from 'vitest';
import { until } from './until.ts';

const run = promisify(execFile);

const SERVER = fileURLToPath(new URL('dns-server-process.mjs', import.meta.url));

const { PATH } = process.env;

/** All of our environment that the programs get, with the directories of `ip` and `unshare` for those who are not root. */
const ENVIRONMENT = { PATH: `${PATH}:/usr/sbin:/sbin` };

export class Network {
  readonly #holder: ChildProcessWithoutNullStreams;

  private constructor(holder: ChildProcessWithoutNullStreams) {
    this.#holder = holder;
  }

  /** A network with nothing in it but a loopback interface, with 127.0.0.1 and ::1. */
  static async create({ onTestFinished }: TestContext): Promise<Network> {
    // `cat` holds the network until its input ends, which it does at the latest when this process does.
    const holder = spawn('unshare', ['-rn', 'sh', '-c', 'ip link set lo up && echo up && exec cat'], {
      env: ENVIRONMENT,
    });
    onTestFinished(async () => {
      const exited = once(holder, 'exit');
      holder.stdin.end();
      await exited;
    });
    await once(createInterface(holder.stdout), 'line');
    return new Network(holder);
  }

  /** Runs a program in this network: its output. */
  async run(...command: readonly string[]): Promise<string> {
    const [program = '', ...args] = this.command(command);
    const { stdout } = await run(program, args, { env: ENVIRONMENT });
    return stdout;
  }

  /** Writes one of the system's settings for this network, named by its path below /proc/sys. */
  async set(path: string, value: string): Promise<void> {
    await this.run('sh', '-c', 'echo "$1" > "/proc/sys/$0"', path, value);
  }

  /** The command that runs `command` in this network. */
  command(command: readonly string[]): string[] {
    return ['nsenter', '--preserve-credentials', '-U', '-n', '-t', String(this.#holder.pid), ...command];
  }
}

/** What the server process says. */
export interface ServerLine {
  readonly failed?: string;
  readonly port?: number;
  readonly addresses?: readonly string[];
  readonly address?: string;
  readonly error?: string;
  readonly counters?: {
    readonly dropped: Readonly<Record<string, number>>;
    readonly durationUs: { readonly counts: Readonly<Record<string, number>> };
    readonly tcpAccepted: number;
    readonly tcpRefused: Readonly<Record<string, number>>;
  };
}

export class ServerProcess {
  readonly lines: ServerLine[] = [];
  readonly child: ChildProcessWithoutNullStreams;
  errors = '';

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child;
    createInterface(child.stdout).on('line', (line) => this.lines.push(JSON.parse(line) as ServerLine));
    child.stderr.on('data', (text) => {
      this.errors += text;
    });
  }

  /** Starts one. `wrap` gives the command that runs a command where the test wants it. */
  static async start(
    { onTestFinished }: TestContext,
    listen: string,
    port: number,
    wrap: (command: readonly string[]) => readonly string[] = (command) => command,
  ): Promise<ServerProcess> {
    const [program = '', ...args] = wrap([process.execPath, SERVER, listen, String(port)]);
    const child = spawn(program, args, { env: ENVIRONMENT });
    const server = new ServerProcess(child);
    onTestFinished(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.stdin.end();
      await exited;
    });
    await until('the server process says that it listens', () => {
      if (child.exitCode !== null && server.lines.length === 0) throw new Error(server.errors);
      return server.lines.length > 0;
    });
    return server;
  }

  /** What it has counted, and the addresses it answers on. */
  async state(): Promise<Required<Pick<ServerLine, 'counters' | 'addresses'>>> {
    const before = this.lines.length;
    this.child.stdin.write('\n');
    const answer = () => this.lines.slice(before).find(({ counters }) => counters !== undefined);
    await until('the server process tells its counters', () => answer() !== undefined);
    const { counters, addresses } = answer() ?? {};
    if (counters === undefined || addresses === undefined) throw new Error('expected counters and addresses');
    return { counters, addresses };
  }
}
