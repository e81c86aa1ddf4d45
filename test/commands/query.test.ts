// `svcdns query` against a DNS server of ours, and against servers that answer wrongly or not at all.

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Packet } from 'dns2';
import { describe, expect, it, type TestContext } from 'vitest';
import { formatShort } from '../../src/commands/format-answer.ts';
import { query } from '../../src/commands/query.ts';
import { CLASS_IN, FLAG, RCODE } from '../../src/wire/codes.ts';
import { decodeMessage, encodeMessage, type Message } from '../../src/wire/message.ts';
import { nameOf } from '../../src/wire/name.ts';
import { parseType, TYPE } from '../../src/wire/record-types.ts';
import { framed, queryWithId } from '../support/dns-client.ts';
import { instancesOf, type ServerStart, startServer } from '../support/dns-server.ts';
import { freePort } from '../support/etcd.ts';
import { dataOf } from '../wire/zone-text.ts';
import { runCommand } from './run-command.ts';

interface Printed {
  readonly code: 0 | 1;
  readonly stdout: string;
  readonly stderr: string;
}

async function ask(server: string, ...argv: string[]): Promise<Printed> {
  const run = runCommand(query, 'query', '--server', server, ...argv);
  const code = await run.exited;
  return { code, stdout: run.stdout(), stderr: run.stderr() };
}

/** Asks a server of ours that is there for this one question. */
async function askOurs(context: TestContext, start: ServerStart, ...argv: string[]): Promise<Printed> {
  const { port } = await startServer(context, start);
  return ask(`127.0.0.1:${port}`, ...argv);
}

/** What differs from run to run. */
function withoutIds(text: string): string {
  return text
    .replace(/id: \d+/, 'id: ID')
    .replace(/Query time: \d+/, 'Query time: N')
    .replace(/#\d+/, '#PORT');
}

const ONE_INSTANCE = { registered: { '/specServer/1': 'http://10.0.0.1:8080' } };

describe('the full form', () => {
  it('has the header, the OPT record, the sections and where the answer came from, as dig prints them', async (context) => {
    const { code, stdout, stderr } = await askOurs(context, ONE_INSTANCE, 'specServer.svc.local', 'srv');
    expect(withoutIds(stdout)).toBe(
      [
        ';; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: ID',
        ';; flags: qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 2',
        '',
        ';; OPT PSEUDOSECTION:',
        '; EDNS: version: 0, flags:; udp: 1232',
        '',
        ';; QUESTION SECTION:',
        ';specServer.svc.local. IN SRV',
        '',
        ';; ANSWER SECTION:',
        'specServer.svc.local. 5 IN SRV 10 100 8080 1.specServer.svc.local.',
        '',
        ';; ADDITIONAL SECTION:',
        '1.specServer.svc.local. 5 IN A 10.0.0.1',
        '',
        ';; Query time: N msec',
        ';; SERVER: 127.0.0.1#PORT (UDP)',
        ';; MSG SIZE  rcvd: 109',
        '',
      ].join('\n'),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('has the SOA record of NXDOMAIN, which is an answer: it exits with 0', async (context) => {
    const { code, stdout } = await askOurs(context, ONE_INSTANCE, 'absent.svc.local');
    expect(stdout).toContain('status: NXDOMAIN');
    expect(stdout).toMatch(/;; AUTHORITY SECTION:\nsvc\.local\. 2 IN SOA /);
    expect(code).toBe(0);
  });

  it('has the extended error of a refusal by its number and name', async (context) => {
    const { code, stdout } = await askOurs(context, ONE_INSTANCE, 'www.example.com');
    expect(stdout).toContain('status: REFUSED');
    expect(stdout).toContain('flags: qr rd;');
    expect(stdout).toContain('; EDE: 20 (Not Authoritative)\n');
    expect(code).toBe(0);
  });

  it('takes a name without dots as it is, and not below a zone', async (context) => {
    const { stdout } = await askOurs(context, ONE_INSTANCE, 'specServer');
    expect(stdout).toContain('\n;specServer. IN A\n');
  });

  it('asks for A when no type is given', async (context) => {
    const { stdout } = await askOurs(context, ONE_INSTANCE, 'specServer.svc.local.');
    expect(stdout).toContain('\nspecServer.svc.local. 5 IN A 10.0.0.1\n');
  });

  it('asks for a type by its number', async (context) => {
    const { stdout } = await askOurs(context, ONE_INSTANCE, 'specServer.svc.local', 'TYPE65280');
    expect(stdout).toContain('\n;specServer.svc.local. IN TYPE65280\n');
    expect(stdout).toContain('status: NOERROR');
  });
});

describe('--short', () => {
  it('has the data of the answers and nothing else', async (context) => {
    const { code, stdout } = await askOurs(context, ONE_INSTANCE, '--short', 'specServer.svc.local', 'SRV');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '10 100 8080 1.specServer.svc.local.\n' });
  });

  it('is empty for NODATA', async (context) => {
    const { code, stdout } = await askOurs(context, ONE_INSTANCE, '--short', 'specServer.svc.local', 'AAAA');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  });

  it('has the HINFO record that answers ANY, a type that dns2 does not know, in its own form', async (context) => {
    const { stdout } = await askOurs(context, ONE_INSTANCE, '--short', 'specServer.svc.local', 'ANY');
    expect(stdout).toBe('"RFC8482" ""\n');
  });
});

describe('--json', () => {
  it('has everything in one object on one line', async (context) => {
    const { code, stdout } = await askOurs(context, ONE_INSTANCE, '--json', 'specServer.svc.local', 'SRV');
    expect(stdout.indexOf('\n')).toBe(stdout.length - 1);
    expect(JSON.parse(stdout)).toEqual({
      id: expect.any(Number),
      status: 'NOERROR',
      flags: ['qr', 'aa', 'rd'],
      edns: { version: 0, flags: [], udpPayloadOctets: 1232, errors: [] },
      question: [{ name: 'specServer.svc.local.', class: 'IN', type: 'SRV' }],
      answer: [
        {
          name: 'specServer.svc.local.',
          ttl: 5,
          class: 'IN',
          type: 'SRV',
          data: '10 100 8080 1.specServer.svc.local.',
        },
      ],
      authority: [],
      additional: [{ name: '1.specServer.svc.local.', ttl: 5, class: 'IN', type: 'A', data: '10.0.0.1' }],
      server: '127.0.0.1',
      port: expect.any(Number),
      transport: 'udp',
      elapsedMs: expect.any(Number),
      octets: 109,
    });
    expect(code).toBe(0);
  });
});

describe('the transport', () => {
  it('is TCP with --tcp', async (context) => {
    const { stdout } = await askOurs(context, ONE_INSTANCE, '--tcp', 'specServer.svc.local');
    expect(withoutIds(stdout)).toContain(';; SERVER: 127.0.0.1#PORT (TCP)');
    expect(stdout).toContain('\nspecServer.svc.local. 5 IN A 10.0.0.1\n');
  });

  it('is TCP after a truncated answer over UDP, and all records are shown', async (context) => {
    const { stdout } = await askOurs(context, { registered: instancesOf('specServer', 200) }, 'specServer.svc.local');
    expect(stdout).toMatch(/^;; Truncated over UDP, asked again over TCP\.\n/);
    expect(stdout).toContain('flags: qr aa rd; QUERY: 1, ANSWER: 200,');
    expect(stdout.match(/ IN A 10\.1\.0\.\d+\n/g)).toHaveLength(200);
  });

  it('reaches a server by its IPv6 address, over UDP and over TCP', async (context) => {
    const { port } = await startServer(context, ONE_INSTANCE);
    for (const flags of [[], ['--tcp']]) {
      const { code, stdout } = await ask(`[::1]:${port}`, '--short', ...flags, 'specServer.svc.local');
      expect({ code, stdout }).toEqual({ code: 0, stdout: '10.0.0.1\n' });
    }
  });
});

/** The answer to the question of `octets`, with these records. */
function answerTo(octets: Buffer, records: Message['answers'] = [], changes: Partial<Message> = {}): Buffer {
  const asked = decodeMessage(octets);
  if (asked === undefined) throw new Error(`not a message: ${octets.toString('hex')}`);
  const { id, questions } = asked;
  const flags = FLAG.QR | FLAG.AA;
  const answer = encodeMessage({
    id,
    flags,
    questions,
    answers: records,
    authorities: [],
    additionals: [],
    ...changes,
  });
  if (answer === undefined) throw new Error('expected an answer that fits');
  return Buffer.from(answer);
}

const ADDRESS_RECORD = {
  name: nameOf('a.example'),
  type: TYPE.A,
  class: CLASS_IN,
  ttlSeconds: 5,
  data: { kind: 'A', address: '10.0.0.1' },
} as const;

/** A server over UDP that sends the given datagrams for every query; returns its address and port. */
async function strangeServer({ onTestFinished }: TestContext, replies: (octets: Buffer) => Buffer[]): Promise<string> {
  const socket: UdpSocket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => {
    socket.close();
  });
  socket.on('message', (octets, { port, address }) => {
    for (const reply of replies(octets)) socket.send(reply, port, address);
  });
  return `127.0.0.1:${socket.address().port}`;
}

describe('a record', () => {
  it.each([
    ['AAAA', '::ffff:10.0.0.1'],
    ['AAAA', 'fd00::1:0:0:1'],
    ['NS', 'ns.example.'],
    ['CNAME', 'other.example.'],
    ['MX', '10 mail.example.'],
    ['TXT', '"a;b \\"c\\"" "\\195\\169"'],
    ['SOA', 'ns.example. host.example. 1 2 3 4 5'],
    ['CAA', '0 issue "ca.example"'],
    ['HINFO', '"cpu" "os"'],
    // dns2 knows the data of DNSKEY, and we do not.
    ['TYPE48', '\\# 6 010103080102'],
    ['TYPE65280', '\\# 3 010203'],
    ['TYPE65280', '\\# 0'],
  ])('of type %s has its data in zone-file notation: %s', async (mnemonic, text) => {
    const type = parseType(mnemonic) ?? 0;
    const record = { ...ADDRESS_RECORD, type, data: dataOf(text, type).data };
    const octets = answerTo(queryWithId(1), [record]);
    const reply = { packet: Packet.parse(octets), octets };
    expect(formatShort(reply)).toBe(`${text}\n`);
  });

  it('that registers control characters prints them as escapes', async (context) => {
    const registered = { '/a/1': '{"address":"10.0.0.1","metadata":{"note":"\\u001b[2J\\u202e"}}' };
    for (const flags of [[], ['--short'], ['--json']]) {
      const { stdout } = await askOurs(context, { registered }, ...flags, '1.a.svc.local', 'TXT');
      expect(stdout).toContain('note=');
      expect(stdout).toMatch(/^[\n -~]*$/);
    }
  });

  it('that is broken is left out of the answer and told of on standard error', async (context) => {
    const server = await strangeServer(context, (octets) => {
      const broken = { ...ADDRESS_RECORD, data: { kind: 'unknown', octets: new Uint8Array(3) } } as const;
      return [answerTo(octets, [broken, ADDRESS_RECORD])];
    });
    const { code, stdout, stderr } = await ask(server, '--short', 'a.example');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '10.0.0.1\n' });
    expect(stderr).toMatch(/^;; damaged: answers\[0\] .*RDLENGTH is 3, expected 4\n$/);
  });
});

describe('what is no answer to the question', () => {
  it('is passed over until the answer comes', async (context) => {
    const server = await strangeServer(context, (octets) => {
      const wrong = { ...ADDRESS_RECORD, data: { kind: 'A', address: '10.6.6.6' } } as const;
      const id = octets.readUInt16BE(0) ^ 1;
      const question = { name: nameOf('b.example'), type: TYPE.A, class: CLASS_IN };
      return [
        Buffer.from([1, 2, 3]),
        octets,
        answerTo(octets, [wrong], { id }),
        answerTo(octets, [wrong], { questions: [question] }),
        answerTo(octets, [wrong], { questions: [{ ...question, name: nameOf('a.example'), type: TYPE.AAAA }] }),
        answerTo(octets, [wrong], { questions: [] }),
        answerTo(octets, [ADDRESS_RECORD]),
      ];
    });
    const { code, stdout } = await ask(server, '--short', 'a.example');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '10.0.0.1\n' });
  });

  it('is not an error without a question, which a server sends that could not read it', async (context) => {
    const server = await strangeServer(context, (octets) => {
      return [answerTo(octets, [], { flags: FLAG.QR | RCODE.FORMERR, questions: [] })];
    });
    const { code, stdout } = await ask(server, 'a.example');
    expect(stdout).toContain('status: FORMERR');
    expect(code).toBe(0);
  });

  it('ends the wait over TCP, where nothing else can come', async (context) => {
    const server = await strangeTcpServer(context, (socket) => socket.write(framed(Buffer.alloc(12))));
    const { code, stdout, stderr } = await ask(server, '--tcp', 'a.example');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('over TCP: what came is no answer to the question; check that a DNS server listens there');
  });
});

/** A server over TCP that does `serve` once it has read something. */
async function strangeTcpServer({ onTestFinished }: TestContext, serve: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).once('data', () => serve(socket));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a TCP port');
  return `127.0.0.1:${address.port}`;
}

describe('no answer', () => {
  it.each([[[]], [['--tcp']]])('exits with 1 where nothing listens, and says what to do: %s', async (flags) => {
    const port = await freePort();
    const { code, stdout, stderr } = await ask(`127.0.0.1:${port}`, ...flags, 'a.example');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const over = flags.length === 0 ? 'UDP' : 'TCP';
    expect(stderr).toBe(
      `svcdns query: no answer from 127.0.0.1 port ${port} over ${over}: ` +
        'nothing listens there; start the server, or name another one with --server\n',
    );
  });

  it('over UDP exits with 1 after --timeout', async (context) => {
    const server = await strangeServer(context, () => []);
    const startedMs = performance.now();
    const { code, stdout, stderr } = await ask(server, '--timeout', '1', 'a.example');
    expect(performance.now() - startedMs).toBeGreaterThan(990);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/over UDP: nothing came within 1 s; .*--timeout\n$/);
  });

  it('over TCP exits with 1 after --timeout, also in the middle of a message', async (context) => {
    const server = await strangeTcpServer(context, (socket) => socket.write(Buffer.from([0, 100, 1])));
    const { code, stderr } = await ask(server, '--tcp', '--timeout', '1', 'a.example');
    expect(code).toBe(1);
    expect(stderr).toMatch(/over TCP: nothing came within 1 s; .*--timeout\n$/);
  });

  it('over TCP exits with 1 when the server ends the connection', async (context) => {
    const server = await strangeTcpServer(context, (socket) => socket.end(Buffer.from([0, 100, 1])));
    const { code, stderr } = await ask(server, '--tcp', 'a.example');
    expect(code).toBe(1);
    expect(stderr).toContain('what came is no answer to the question');
  });

  it('over TCP after a truncated one over UDP says that TCP is needed', async (context) => {
    const server = await strangeServer(context, (octets) => [answerTo(octets, [], { flags: FLAG.QR | FLAG.TC })]);
    const { code, stderr } = await ask(server, 'a.example');
    expect(code).toBe(1);
    expect(stderr).toContain('over TCP, which the truncated answer over UDP asks for: nothing listens there');
  });

  it('is waited for no longer when the command is stopped', async (context) => {
    const server = await strangeServer(context, () => []);
    const run = runCommand(query, 'query', '--server', server, '--timeout', '60', 'a.example');
    run.stop();
    expect(await run.exited).toBe(1);
    expect(run.stderr()).toBe(
      `svcdns query: no answer from ${server.replace(':', ' port ')} over UDP: stopped before it came\n`,
    );
  });
});

describe('a mistake in the question', () => {
  it.each([
    ['a..example', 'A', 'a..example: empty label at character 3'],
    ['a\\.b.example', 'A', 'a\\.b.example: dns2 cannot ask for a label with a dot in it'],
    ['a.example', 'AAA', 'AAA: expected a record type such as A, SRV or TYPE65'],
    ['a.example', 'TYPE0', 'TYPE0: expected a record type such as A, SRV or TYPE65'],
    ['a.example', '\u001b[2J', '\\u001b[2J: expected a record type such as A, SRV or TYPE65'],
  ])('is told and nothing is asked: %s %s', async (name, type, message) => {
    expect(await ask('127.0.0.1:1', name, type)).toEqual({ code: 1, stdout: '', stderr: `svcdns query: ${message}\n` });
  });
});
