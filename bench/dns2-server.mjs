// A DNS server made with dns2 as its documentation shows: what a Node program gets without svcdns. It is given records
// as JSON and a port, and answers questions from a Map over UDP and TCP.

import { readFileSync } from 'node:fs';
import dns2 from 'dns2';
import { ZONE } from './data.mjs';

const [, , recordsFile = '', port = ''] = process.argv;
const { Packet } = dns2;
const TTL_SECONDS = 5;
const NAME_ERROR = 3;

/** Owner in lower case → its records. */
const names = new Map();
for (const { owner, type, data } of JSON.parse(readFileSync(recordsFile, 'utf8'))) {
  const name = `${owner}.${ZONE}`;
  const record = { name, type: Packet.TYPE[type], class: Packet.CLASS.IN, ttl: TTL_SECONDS };
  const [priority, weight, portNumber, target] = data;
  const value =
    type === 'A' ? { address: data[0] } : { priority, weight, port: portNumber, target: `${target}.${ZONE}` };
  if (!names.has(name)) names.set(name, []);
  names.get(name).push({ ...record, ...value });
}

function handle(request, send) {
  const response = Packet.createResponseFromRequest(request);
  response.header.aa = 1;
  const [{ name, type }] = request.questions;
  const found = names.get(name.toLowerCase());
  if (found === undefined) response.header.rcode = NAME_ERROR;
  response.answers = (found ?? []).filter((record) => record.type === type);
  if (type === Packet.TYPE.SRV) {
    const hosts = response.answers.flatMap(({ target }) => names.get(target) ?? []);
    response.additionals = hosts.filter((record) => record.type === Packet.TYPE.A);
  }
  send(response);
}

await dns2.createServer({ udp: true, tcp: true, handle }).listen({
  udp: { port: Number(port), address: '127.0.0.1' },
  tcp: { port: Number(port), address: '127.0.0.1' },
});
