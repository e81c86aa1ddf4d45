// The servers that can be measured: which program each one is, and how it is told to serve the data on one port of
// 127.0.0.1 with one worker. Everything that is not said here is as the server's makers have it.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dnsmasqFiles, instances, records, ZONE, zoneFile } from './data.mjs';

/** Debian keeps servers out of the path of those who are not root. */
const PROGRAM_DIRECTORIES = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`.split(':');

const SVCDNS = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const DNS2_SERVER = fileURLToPath(new URL('dns2-server.mjs', import.meta.url));

/** @param {string} program */
export function findProgram(program) {
  return PROGRAM_DIRECTORIES.map((directory) => `${directory}/${program}`).find((path) => existsSync(path));
}

/**
 * @typedef {object} Place
 * @property {string} directory of its own, for configuration and state
 * @property {number} port
 * @property {'small' | 'wide'} dataSet
 * @property {string} storeEndpoint of the etcd that holds the same data
 */

/**
 * @typedef {object} Server
 * @property {string} title
 * @property {string} program
 * @property {(path: string) => string} version
 * @property {(place: Place) => readonly string[]} args writes what the server reads
 */

/** @type {Readonly<Record<string, Server>>} */
export const SERVERS = {
  svcdns: {
    title: 'svcdns',
    program: 'node',
    version: () => `${packageVersion('..')} on Node ${process.versions.node}`,
    args: ({ port, storeEndpoint }) => [
      ...[SVCDNS, 'serve', '--etcd', storeEndpoint, '--zone', ZONE, '--listen', '127.0.0.1'],
      ...['--port', String(port), '--http', 'off', '--log-level', 'error'],
    ],
  },
  knot: {
    title: 'Knot DNS',
    program: 'knotd',
    version: (path) => firstLine(path, ['-V']),
    args: ({ directory, port, dataSet }) => {
      writeZoneFile(directory, dataSet);
      writeFileSync(
        `${directory}/knot.conf`,
        `server:
  listen: 127.0.0.1@${port}
  rundir: ${directory}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: ${directory}
zone:
  - domain: ${ZONE}
    file: ${directory}/zone
    zonefile-sync: -1
    journal-content: none
log:
  - target: stderr
    any: error
`,
      );
      return ['-c', `${directory}/knot.conf`];
    },
  },
  nsd: {
    title: 'NSD',
    program: 'nsd',
    version: (path) => firstLine(path, ['-v']),
    args: ({ directory, port, dataSet }) => {
      writeZoneFile(directory, dataSet);
      writeFileSync(
        `${directory}/nsd.conf`,
        `server:
  ip-address: 127.0.0.1@${port}
  server-count: 1
  # Debian builds it with limits that one client with this much to ask would run into.
  rrl-ratelimit: 0
  username: ""
  database: ""
  zonesdir: "${directory}"
  pidfile: "${directory}/nsd.pid"
  xfrdfile: "${directory}/xfrd.state"
  zonelistfile: "${directory}/zone.list"
  xfrdir: "${directory}"
  logfile: "${directory}/nsd.log"
remote-control:
  control-enable: no
zone:
  name: ${ZONE}
  zonefile: zone
`,
      );
      return ['-d', '-c', `${directory}/nsd.conf`];
    },
  },
  bind: {
    title: 'BIND',
    program: 'named',
    version: (path) => firstLine(path, ['-v']),
    args: ({ directory, port, dataSet }) => {
      writeZoneFile(directory, dataSet);
      writeFileSync(
        `${directory}/named.conf`,
        `options {
  directory "${directory}";
  pid-file "${directory}/named.pid";
  session-keyfile "${directory}/session.key";
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  notify no;
  max-records-per-type 0;
};
controls { };
${zoneStatement(directory, 'type primary;')}
`,
      );
      return ['-f', '-n', '1', '-c', `${directory}/named.conf`];
    },
  },
  pdns: {
    title: 'PowerDNS',
    program: 'pdns_server',
    version: (path) => firstLine(path, ['--version']).replace(/^.*? (?=PowerDNS)/, ''),
    args: ({ directory, port, dataSet }) => {
      writeZoneFile(directory, dataSet);
      writeFileSync(`${directory}/named.conf`, zoneStatement(directory, 'type master;'));
      writeFileSync(
        `${directory}/pdns.conf`,
        `launch=bind
bind-config=${directory}/named.conf
local-address=127.0.0.1
local-port=${port}
receiver-threads=1
distributor-threads=1
socket-dir=${directory}
security-poll-suffix=
loglevel=3
`,
      );
      return [`--config-dir=${directory}`, '--daemon=no', '--guardian=no', '--disable-syslog'];
    },
  },
  dnsmasq: {
    title: 'dnsmasq',
    program: 'dnsmasq',
    version: (path) => firstLine(path, ['--version']),
    args: ({ directory, port, dataSet }) => {
      const { hosts, configuration } = dnsmasqFiles(instances(dataSet));
      writeFileSync(`${directory}/hosts`, hosts);
      writeFileSync(`${directory}/dnsmasq.conf`, configuration);
      return [
        ...['--keep-in-foreground', '--port', String(port), '--listen-address', '127.0.0.1', '--bind-interfaces'],
        ...['--no-resolv', '--no-hosts', '--addn-hosts', `${directory}/hosts`, '--local', `/${ZONE}/`],
        ...[`--conf-file=${directory}/dnsmasq.conf`, '--pid-file', '--log-facility=/dev/null'],
        // It would give root up for a user that cannot read the directory.
        '--user=root',
      ];
    },
  },
  coredns: {
    title: 'CoreDNS',
    program: 'coredns',
    version: (path) => firstLine(path, ['-version']),
    args: ({ directory, port, dataSet }) => {
      writeZoneFile(directory, dataSet);
      writeFileSync(
        `${directory}/Corefile`,
        `${ZONE}:${port} {
  bind 127.0.0.1
  file ${directory}/zone
}
`,
      );
      return ['-conf', `${directory}/Corefile`];
    },
  },
  dns2: {
    title: 'dns2',
    program: 'node',
    version: () => `${packageVersion('../node_modules/dns2')} on Node ${process.versions.node}`,
    args: ({ directory, port, dataSet }) => {
      writeFileSync(`${directory}/records.json`, JSON.stringify(records(instances(dataSet))));
      return [DNS2_SERVER, `${directory}/records.json`, String(port)];
    },
  },
};

function writeZoneFile(directory, dataSet) {
  writeFileSync(`${directory}/zone`, zoneFile(instances(dataSet)));
}

function zoneStatement(directory, type) {
  return `zone "${ZONE}" { ${type} file "${directory}/zone"; };`;
}

function packageVersion(directory) {
  return JSON.parse(readFileSync(new URL(`${directory}/package.json`, import.meta.url), 'utf8')).version;
}

/** The first line that a program prints about itself, wherever it prints it. */
function firstLine(path, args) {
  const output = execFileSync('sh', ['-c', '"$0" "$@" 2>&1 || true', path, ...args], { encoding: 'utf8' });
  return output.trim().split('\n')[0] ?? '';
}
