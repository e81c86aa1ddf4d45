// `svcdns query`: one question, and the whole answer. Like dig, it succeeds whenever a server answers, whatever the
// answer is; a truncated answer over UDP is asked for again over TCP.

import { escapeText } from '../ops/escape.ts';
import { labelsOf, parseName } from '../wire/name.ts';
import { formatType, parseType, TYPE } from '../wire/record-types.ts';
import { ask, type Question, type Reply, type Transport } from './ask.ts';
import type { CommandContext, ExitCode } from './command.ts';
import { answerObject, formatDamage, formatFull, formatShort } from './format-answer.ts';
import { jsonLine } from './json-line.ts';

/** Asks `--server` for NAME, taken as absolute, and TYPE, which is A unless it is given. */
export async function query(context: CommandContext): Promise<ExitCode> {
  const { settings, stdout, stderr, signal } = context;
  const { server, timeoutSeconds } = settings;
  const [nameText = '', typeText = formatType(TYPE.A)] = context.arguments;
  const question = parseQuestion(nameText, typeText);
  if (typeof question === 'string') {
    stderr.write(`svcdns query: ${escapeText(question)}\n`);
    return 1;
  }
  const askOver = (transport: Transport) => ask(question, { server, transport, timeoutSeconds, signal });
  const first = await askOver(settings.tcp ? 'tcp' : 'udp');
  const isCut = first.kind === 'reply' && first.transport === 'udp' && first.packet.header.tc === 1;
  const reply = isCut ? await askOver('tcp') : first;
  if (reply.kind === 'no-reply') {
    const transport = settings.tcp || isCut ? 'TCP' : 'UDP';
    const cut = isCut ? ', which the truncated answer over UDP asks for' : '';
    const where = `${server.address} port ${server.port} over ${transport}${cut}`;
    stderr.write(`svcdns query: no answer from ${where}: ${reply.reason}\n`);
    return 1;
  }
  stderr.write(formatDamage(reply));
  stdout.write(
    settings.json ? jsonLine(answerObject(reply)) : settings.short ? formatShort(reply) : formatAll(reply, isCut),
  );
  return 0;
}

function formatAll(reply: Reply, isCut: boolean): string {
  return `${isCut ? ';; Truncated over UDP, asked again over TCP.\n' : ''}${formatFull(reply)}`;
}

/** The question in the form that dns2 takes, or what is wrong with it. */
function parseQuestion(nameText: string, typeText: string): Question | string {
  const name = parseName(nameText);
  if (typeof name !== 'string') return `${nameText}: ${name.reason} at character ${name.offset + 1}`;
  const labels = labelsOf(name);
  if (labels.some((label) => label.includes('.'))) return `${nameText}: dns2 cannot ask for a label with a dot in it`;
  const type = parseType(typeText);
  // dns2 writes ANY in place of type 0, which is reserved.
  if (type === undefined || type === 0) return `${typeText}: expected a record type such as A, SRV or TYPE65`;
  return { name: labels.join('.'), type };
}
