// Every command and every setting of svcdns, one entry each. The flag is also the key of the configuration file, and
// `SVCDNS_` with the flag in capitals is the name in the environment. config/read.ts reads the settings of a call
// through this table, config/help.ts prints it. A new setting is one entry here.

import {
  CIDR,
  DIRECTORY,
  dnsServer,
  ETCD_ENDPOINT,
  FILE,
  HTTP_LISTEN,
  IP_ADDRESS,
  NAME_MAP,
  NSID,
  octets,
  oneOf,
  PORT,
  SWITCH,
  USER_NAME,
  type ValueKind,
  wholeNumber,
  ZONE_NAME,
} from './config/value-kinds.ts';
import {
  DEFAULT_CHECK_TIMING,
  DEFAULT_LEASE_SECONDS,
  LEASE_MAX_SECONDS,
  LEASE_MIN_SECONDS,
} from './registrar/defaults.ts';
import { CHECK, INSTANCE_ADDRESS, INSTANCE_ID, KEY_PREFIX, METADATA, NAMED_PORT } from './registrar/setting-kinds.ts';
import { VALUE_FORMATS } from './registrar/value.ts';
import { TTL_MAX_SECONDS, TTL_MIN_SECONDS } from './registry/instance.ts';
import type { NameMap } from './registry/names.ts';

/** One command of the command line. */
export interface CommandEntry {
  /** One line for the overview. */
  readonly summary: string;
  /** How its arguments are written; empty for none. */
  readonly usage: string;
  readonly argumentsMin: number;
  readonly argumentsMax: number;
  /** Whether another program with its own arguments may follow behind `--`. */
  readonly runsProgram?: boolean;
  /** Flags by which this command means another setting than others do: as they are written, and the setting's own. */
  readonly flagNames?: Readonly<Record<string, string>>;
}

export const COMMANDS = {
  serve: {
    summary: 'Answers DNS queries with the instances that are registered in etcd.',
    usage: '',
    argumentsMin: 0,
    argumentsMax: 0,
  },
  dev: {
    summary: 'Does the same with a store of its own and some sample instances: needs no etcd.',
    usage: '',
    argumentsMin: 0,
    argumentsMax: 0,
  },
  query: {
    summary: 'Asks a DNS server and shows the whole answer.',
    usage: 'NAME [TYPE]',
    argumentsMin: 1,
    argumentsMax: 2,
  },
  list: {
    summary: 'Shows the keys in etcd, the names they give, and why a value cannot be used.',
    usage: '[NAME]',
    argumentsMin: 0,
    argumentsMax: 1,
  },
  watch: {
    summary: 'Shows the changes in etcd as they come, until it is stopped.',
    usage: '[NAME]',
    argumentsMin: 0,
    argumentsMax: 1,
  },
  register: {
    summary:
      'Registers an instance of a service for as long as it runs, alone or around the program that is the instance.',
    usage: 'NAME [-- PROGRAM [ARGUMENT...]]',
    argumentsMin: 1,
    argumentsMax: 1,
    runsProgram: true,
    // The port of the instance and the TTL of its lease: those of the DNS are of no concern here.
    flagNames: { port: 'instance-port', ttl: 'lease' },
  },
  check: {
    summary: 'Reads zone files and shows all their mistakes.',
    usage: 'FILE|DIRECTORY...',
    argumentsMin: 1,
    argumentsMax: Number.POSITIVE_INFINITY,
  },
} as const satisfies Record<string, CommandEntry>;

export type Command = keyof typeof COMMANDS;

/** One setting. */
export interface Setting {
  /** Without its dashes. */
  readonly flag: string;
  /** How the value is written in the help text; empty for a switch. */
  readonly placeholder: string;
  readonly value: ValueKind<unknown>;
  /** In text, as a user would write it. */
  readonly default?: string;
  /** Several values: with commas between them, as a sequence in the file, or by repeating the flag. */
  readonly list?: true;
  /** Where it may stand, when that is not everywhere: what belongs to one call has no place in a file. */
  readonly source?: 'flag' | 'flag or environment';
  readonly help: string;
  readonly commands: readonly Command[];
}

const SERVING = ['serve', 'dev'] as const;
const READING_ETCD = ['serve', 'dev', 'list', 'watch'] as const;
const USING_ETCD = [...READING_ETCD, 'register'] as const;
const REGISTERING = ['register'] as const;

export const SETTINGS = {
  etcdEndpoints: {
    flag: 'etcd',
    placeholder: 'URL[,URL...]',
    value: ETCD_ENDPOINT,
    default: 'http://127.0.0.1:2379',
    list: true,
    help: 'endpoints of one etcd cluster',
    commands: USING_ETCD,
  },
  etcdCaFile: {
    flag: 'etcd-ca',
    placeholder: 'FILE',
    value: FILE,
    help: 'PEM certificates that etcd must be signed by, instead of those that Node trusts',
    commands: USING_ETCD,
  },
  etcdCertificateFile: {
    flag: 'etcd-cert',
    placeholder: 'FILE',
    value: FILE,
    help: 'PEM certificate to show to etcd',
    commands: USING_ETCD,
  },
  etcdKeyFile: {
    flag: 'etcd-key',
    placeholder: 'FILE',
    value: FILE,
    help: 'PEM key of that certificate',
    commands: USING_ETCD,
  },
  etcdUser: {
    flag: 'etcd-user',
    placeholder: 'NAME',
    value: USER_NAME,
    help: 'user of etcd',
    commands: USING_ETCD,
  },
  // A password itself is no setting: other users can read a command line, and often an environment.
  etcdPasswordFile: {
    flag: 'etcd-password-file',
    placeholder: 'FILE',
    value: FILE,
    help: 'file that holds the password of that user',
    commands: USING_ETCD,
  },
  zones: {
    flag: 'zone',
    placeholder: 'NAME[,NAME...]',
    value: ZONE_NAME,
    default: 'svc.local',
    list: true,
    help: 'zones that registrations live in',
    commands: READING_ETCD,
  },
  maps: {
    flag: 'map',
    placeholder: 'PREFIX=NAME[,subtree]',
    value: NAME_MAP,
    list: true,
    help: 'name, in a zone, of the keys below a prefix; with subtree it has the instances at any depth (default / is the first zone)',
    commands: READING_ETCD,
  },
  zonesDirectory: {
    flag: 'zones',
    placeholder: 'DIR',
    value: DIRECTORY,
    help: 'directory of zone files, *.zone (default zones, where there is one)',
    commands: SERVING,
  },
  listen: {
    flag: 'listen',
    placeholder: 'ADDR[,ADDR...]',
    value: IP_ADDRESS,
    default: '127.0.0.1,::1',
    list: true,
    help: 'addresses for DNS, over UDP and TCP; 0.0.0.0 and :: are all addresses of the host',
    commands: SERVING,
  },
  port: {
    flag: 'port',
    placeholder: 'N',
    value: PORT,
    // 53 needs a privilege, 5353 is taken by multicast DNS on most machines.
    default: '1053',
    help: 'port for DNS; 0 is any free one',
    commands: SERVING,
  },
  http: {
    flag: 'http',
    placeholder: 'ADDR:PORT|off',
    value: HTTP_LISTEN,
    default: '127.0.0.1:8053',
    help: 'where /livez, /readyz and /metrics are',
    commands: SERVING,
  },
  ttlSeconds: {
    flag: 'ttl',
    placeholder: 'S',
    value: wholeNumber(TTL_MIN_SECONDS, TTL_MAX_SECONDS, 'seconds'),
    // Short because asking again costs a memory read here, and what is cached downstream keeps sending traffic to an
    // instance that is gone.
    default: '5',
    help: 'TTL of registered instances',
    commands: SERVING,
  },
  negativeTtlSeconds: {
    flag: 'negative-ttl',
    placeholder: 'S',
    value: wholeNumber(TTL_MIN_SECONDS, TTL_MAX_SECONDS, 'seconds'),
    // Shorter than the TTL: a name that is asked for too early is most often about to be registered.
    default: '2',
    help: 'how long a resolver may remember that there is no such name or type',
    commands: SERVING,
  },
  maxAnswers: {
    flag: 'max-answers',
    placeholder: 'N',
    // 4000 A records of 16 octets are close to the 65535 octets of a message.
    value: wholeNumber(1, 4000, 'records'),
    default: '1000',
    help: 'records of one RRset in an answer over TCP',
    commands: SERVING,
  },
  maxStaleSeconds: {
    flag: 'max-stale',
    placeholder: 'S',
    // 30 days, RFC 8767 §5 suggests 1 to 3. Who wants more wants no limit.
    value: wholeNumber(1, 30 * 24 * 3600, 'seconds'),
    help: 'how long to answer from memory while etcd is out of reach; no limit unless set',
    commands: SERVING,
  },
  allow: {
    flag: 'allow',
    placeholder: 'CIDR[,CIDR...]',
    value: CIDR,
    // RFC 6890: loopback, RFC 1918, link-local; for IPv6 loopback, unique local (RFC 4193), link-local.
    default: '127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,::1,fc00::/7,fe80::/10',
    list: true,
    help: 'networks that may ask',
    commands: SERVING,
  },
  nsid: {
    flag: 'nsid',
    placeholder: 'TEXT',
    value: NSID,
    help: 'name of this server among others, for clients that ask for it (dig +nsid); hexadecimal when it begins with 0x',
    commands: SERVING,
  },
  tcpConnections: {
    flag: 'tcp-connections',
    placeholder: 'N',
    value: wholeNumber(1, 65535, 'connections'),
    // A descriptor each; half of the 1024 that a process may have open where nobody set more.
    default: '512',
    help: 'TCP connections at one time',
    commands: SERVING,
  },
  tcpConnectionsPerClient: {
    flag: 'tcp-connections-per-client',
    placeholder: 'N',
    value: wholeNumber(1, 65535, 'connections'),
    // So that sixteen clients are needed to use up all.
    default: '32',
    help: 'TCP connections of one client address at one time',
    commands: SERVING,
  },
  maxInstances: {
    flag: 'max-instances',
    placeholder: 'N',
    value: wholeNumber(1, 1_000_000, 'instances'),
    // What 300 MB of memory and a start within 3 s are made for.
    default: '100000',
    help: 'instances to hold; those beyond are rejected and counted',
    commands: SERVING,
  },
  cacheEntries: {
    flag: 'cache-entries',
    placeholder: 'N',
    value: wholeNumber(1, 1_000_000, 'entries'),
    // The names and types of 10 000 services that are really asked for; encoded answers of some 100 octets each.
    default: '20000',
    help: 'encoded answers to keep',
    commands: SERVING,
  },
  udpReceiveBufferOctets: {
    flag: 'udp-receive-buffer',
    placeholder: 'OCTETS',
    value: octets('4KiB', '1024MiB'),
    // The usual default of Linux holds 256 queries, which is less than what comes in one pause of garbage collection.
    default: '8MiB',
    help: 'receive buffer to ask the system for, of each UDP socket',
    commands: SERVING,
  },
  configFile: {
    flag: 'config',
    placeholder: 'FILE',
    value: FILE,
    source: 'flag or environment',
    help: 'YAML file of settings, with the flags as keys',
    commands: USING_ETCD,
  },
  logLevel: {
    flag: 'log-level',
    placeholder: 'LEVEL',
    value: oneOf('error', 'warn', 'info', 'debug'),
    default: 'info',
    help: 'least important lines to write: error, warn, info or debug',
    commands: [...SERVING, 'register'],
  },
  logFormat: {
    flag: 'log-format',
    placeholder: 'FORMAT',
    value: oneOf('auto', 'json', 'pretty'),
    default: 'auto',
    help: 'json, pretty, or auto: pretty on a terminal and json elsewhere',
    commands: [...SERVING, 'register'],
  },
  server: {
    flag: 'server',
    placeholder: 'ADDR[:PORT]',
    value: dnsServer(1053),
    default: '127.0.0.1:1053',
    source: 'flag',
    help: 'server to ask',
    commands: ['query'],
  },
  tcp: {
    flag: 'tcp',
    placeholder: '',
    value: SWITCH,
    default: 'false',
    source: 'flag',
    help: 'ask over TCP at once',
    commands: ['query'],
  },
  short: {
    flag: 'short',
    placeholder: '',
    value: SWITCH,
    default: 'false',
    source: 'flag',
    help: 'show only the data of the records',
    commands: ['query'],
  },
  json: {
    flag: 'json',
    placeholder: '',
    value: SWITCH,
    default: 'false',
    source: 'flag',
    help: 'show JSON',
    commands: ['query', 'list', 'watch'],
  },
  timeoutSeconds: {
    flag: 'timeout',
    placeholder: 'S',
    value: wholeNumber(1, 60, 'seconds'),
    default: '2',
    source: 'flag',
    help: 'how long to wait for the answer',
    commands: ['query'],
  },
  instanceId: {
    flag: 'id',
    placeholder: 'ID',
    value: INSTANCE_ID,
    source: 'flag',
    help: 'name of the instance in its service (default: the name of this host and the port)',
    commands: REGISTERING,
  },
  instanceAddress: {
    flag: 'address',
    placeholder: 'URL|ADDR[:PORT]',
    value: INSTANCE_ADDRESS,
    source: 'flag',
    help: 'where the instance is reached (default: the address from which this host reaches etcd)',
    commands: REGISTERING,
  },
  instancePort: {
    flag: 'instance-port',
    placeholder: 'N',
    value: wholeNumber(1, 65535),
    source: 'flag',
    help: 'port of the instance, unless the address has it; --port for short',
    commands: REGISTERING,
  },
  instancePorts: {
    flag: 'ports',
    placeholder: 'NAME=N[,NAME=N...]',
    value: NAMED_PORT,
    list: true,
    source: 'flag',
    help: 'ports by name, as in _grpc._tcp; the first is the port of the instance unless there is another',
    commands: REGISTERING,
  },
  instanceWeight: {
    flag: 'weight',
    placeholder: 'N',
    value: wholeNumber(0, 65535),
    source: 'flag',
    help: 'share of the load beside other instances; 100 where nobody says',
    commands: REGISTERING,
  },
  instancePriority: {
    flag: 'priority',
    placeholder: 'N',
    value: wholeNumber(0, 65535),
    source: 'flag',
    help: 'the lowest ones are used first; 10 where nobody says',
    commands: REGISTERING,
  },
  instanceMetadata: {
    flag: 'metadata',
    placeholder: 'KEY=VALUE',
    value: METADATA,
    list: true,
    source: 'flag',
    help: 'a TXT string of the instance; repeat the flag for more',
    commands: REGISTERING,
  },
  valueFormat: {
    flag: 'format',
    placeholder: 'FORMAT',
    value: oneOf(...VALUE_FORMATS),
    source: 'flag',
    help: 'of the value: url, hostport, json, skydns or grpc (default url, or json where a URL cannot say all)',
    commands: REGISTERING,
  },
  keyPrefix: {
    flag: 'prefix',
    placeholder: 'PREFIX',
    value: KEY_PREFIX,
    default: '/',
    source: 'flag',
    help: 'what the key begins with; the service and the id come behind',
    commands: REGISTERING,
  },
  leaseSeconds: {
    flag: 'lease',
    placeholder: 'S',
    value: wholeNumber(LEASE_MIN_SECONDS, LEASE_MAX_SECONDS, 'seconds'),
    default: String(DEFAULT_LEASE_SECONDS),
    source: 'flag',
    help: 'how long an instance stays in etcd that has died without a word; --ttl for short',
    commands: REGISTERING,
  },
  check: {
    flag: 'check',
    placeholder: 'URL|tcp|none',
    value: CHECK,
    default: 'none',
    source: 'flag',
    help: 'registers the instance only while a URL answers with 200 to 399, or its port accepts',
    commands: REGISTERING,
  },
  checkIntervalSeconds: {
    flag: 'check-interval',
    placeholder: 'S',
    value: wholeNumber(1, 3600, 'seconds'),
    default: String(DEFAULT_CHECK_TIMING.intervalMs / 1000),
    source: 'flag',
    help: 'from one check to the next',
    commands: REGISTERING,
  },
  checkTimeoutSeconds: {
    flag: 'check-timeout',
    placeholder: 'S',
    value: wholeNumber(1, 60, 'seconds'),
    default: String(DEFAULT_CHECK_TIMING.timeoutMs / 1000),
    source: 'flag',
    help: 'after which a check has failed',
    commands: REGISTERING,
  },
  checkRise: {
    flag: 'rise',
    placeholder: 'N',
    value: wholeNumber(1, 100, 'checks'),
    default: String(DEFAULT_CHECK_TIMING.rise),
    source: 'flag',
    help: 'passes in a row that bring the instance back',
    commands: REGISTERING,
  },
  checkFall: {
    flag: 'fall',
    placeholder: 'N',
    value: wholeNumber(1, 100, 'checks'),
    default: String(DEFAULT_CHECK_TIMING.fall),
    source: 'flag',
    help: 'failures in a row that take the instance out',
    commands: REGISTERING,
  },
  drainSeconds: {
    flag: 'drain',
    placeholder: 'S',
    value: wholeNumber(0, 3600, 'seconds'),
    // The default TTL of the answers that clients hold, and a second for etcd and the servers.
    default: '6',
    source: 'flag',
    help: 'when stopped, from taking the instance out to passing the signal on to the program',
    commands: REGISTERING,
  },
  graceSeconds: {
    flag: 'grace',
    placeholder: 'S',
    value: wholeNumber(0, 3600, 'seconds'),
    // What container runtimes give a process as well.
    default: '10',
    source: 'flag',
    help: 'from passing that signal on to killing the program',
    commands: REGISTERING,
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;

type ValueOf<Entry extends Setting> = Entry['value'] extends ValueKind<infer Value> ? Value : never;

/** The value of every setting as its entry parses it; undefined for one that is not set and has no default. */
export type ParsedSettings = {
  readonly [Key in SettingName]: (typeof SETTINGS)[Key] extends { readonly list: true }
    ? readonly ValueOf<(typeof SETTINGS)[Key]>[]
    : (typeof SETTINGS)[Key] extends { readonly default: string }
      ? ValueOf<(typeof SETTINGS)[Key]>
      : ValueOf<(typeof SETTINGS)[Key]> | undefined;
};

/** The settings of one call, with the zone of each map. */
export type Settings = Omit<ParsedSettings, 'maps'> & { readonly maps: readonly NameMap[] };

/** Where a setting stands in the environment. */
export function environmentName(setting: Setting): string {
  return `SVCDNS_${setting.flag.toUpperCase().replaceAll('-', '_')}`;
}
