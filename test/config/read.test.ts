// From a command line, an environment and a file to settings: which source goes first, and what each mistake says.

import { describe, expect, it } from 'vitest';
import { readSettings } from '../../src/config/read.ts';
import { nameOf } from '../../src/wire/name.ts';

interface Written {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

function read({ argv = ['serve'], env = {}, files = {} }: Written) {
  const readFile = (path: string): string => {
    const text = files[path];
    if (text === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`);
    return text;
  };
  return readSettings({ argv, env, readFile });
}

function settingsOf(written: Written) {
  const call = read(written);
  if (call.kind !== 'settings') throw new Error(JSON.stringify(call));
  return call.settings;
}

function mistakesOf(written: Written): readonly string[] {
  const call = read(written);
  return call.kind === 'mistakes' ? call.mistakes : [];
}

/** The same with one file, named by the flag. */
function fileMistakes(yaml: string): readonly string[] {
  return mistakesOf({ argv: ['serve', '--config', 'svcdns.yaml'], files: { 'svcdns.yaml': yaml } });
}

describe('settings', () => {
  it('have their defaults, parsed, when nothing is written', () => {
    expect(settingsOf({})).toMatchObject({
      etcdEndpoints: ['http://127.0.0.1:2379'],
      etcdCaFile: undefined,
      zones: [nameOf('svc.local')],
      maps: [{ prefix: '/', name: nameOf('svc.local'), apex: nameOf('svc.local'), subtree: false }],
      zonesDirectory: undefined,
      listen: [
        { address: '127.0.0.1', family: 4 },
        { address: '::1', family: 6 },
      ],
      port: 1053,
      http: { address: '127.0.0.1', family: 4, port: 8053 },
      ttlSeconds: 5,
      negativeTtlSeconds: 2,
      maxStaleSeconds: undefined,
      udpReceiveBufferOctets: 8 * 1024 * 1024,
      logFormat: 'auto',
    });
  });

  it('come from the flag before the environment, from that before the file, and from the file before the default', () => {
    const files = { 'a.yaml': 'ttl: 30\nport: 3000\nnegative-ttl: 3\n' };
    const env = { SVCDNS_CONFIG: 'a.yaml', SVCDNS_TTL: '20', SVCDNS_PORT: '2000' };
    expect(settingsOf({ argv: ['serve', '--ttl', '10'], env, files })).toMatchObject({
      ttlSeconds: 10,
      port: 2000,
      negativeTtlSeconds: 3,
      maxAnswers: 1000,
    });
  });

  it('come from the file of the flag when the environment names another', () => {
    const files = { 'a.yaml': 'ttl: 10', 'b.yaml': 'ttl: 20' };
    const env = { SVCDNS_CONFIG: 'b.yaml' };
    expect(settingsOf({ argv: ['serve', '--config=a.yaml'], env, files }).ttlSeconds).toBe(10);
  });

  it('tell which of them were written and which are defaults', () => {
    const call = read({ argv: ['dev', '--port', '1053'], env: { SVCDNS_TTL: '5' } });
    expect(call).toMatchObject({ kind: 'settings', command: 'dev', written: new Set(['port', 'ttlSeconds']) });
  });

  it('take lists with commas, by repetition and as YAML sequences alike', () => {
    const zones = [nameOf('a.local'), nameOf('b.local')];
    const files = { 'a.yaml': 'zone: [a.local, b.local]' };
    expect(settingsOf({ argv: ['serve', '--zone', 'a.local,b.local'] }).zones).toEqual(zones);
    expect(settingsOf({ argv: ['serve', '--zone=a.local', '--zone', 'b.local'] }).zones).toEqual(zones);
    expect(settingsOf({ env: { SVCDNS_ZONE: 'a.local,b.local' } }).zones).toEqual(zones);
    expect(settingsOf({ argv: ['serve', '--config', 'a.yaml'], files }).zones).toEqual(zones);
  });

  it('replace a list as a whole instead of adding to it', () => {
    expect(settingsOf({ argv: ['serve', '--zone', 'b.local'], env: { SVCDNS_ZONE: 'a.local' } }).zones).toEqual([
      nameOf('b.local'),
    ]);
  });

  it('take the last of a flag that is repeated', () => {
    expect(settingsOf({ argv: ['serve', '--ttl', '1', '--ttl', '2'] }).ttlSeconds).toBe(2);
  });

  it('map the root of the keys to the first zone unless told otherwise', () => {
    expect(settingsOf({ argv: ['serve', '--zone', 'a.local,b.local'] }).maps).toEqual([
      { prefix: '/', name: nameOf('a.local'), apex: nameOf('a.local'), subtree: false },
    ]);
    expect(settingsOf({ env: { SVCDNS_MAP: '/a=x.svc.local,subtree,/b=svc.local' } }).maps).toEqual([
      { prefix: '/a/', name: nameOf('x.svc.local'), apex: nameOf('svc.local'), subtree: true },
      { prefix: '/b/', name: nameOf('svc.local'), apex: nameOf('svc.local'), subtree: false },
    ]);
  });

  it('give a map the innermost of the zones that its name is in', () => {
    const argv = ['serve', '--zone', 'local,svc.local', '--map', '/=X.SVC.local,/a=xsvc.local'];
    expect(settingsOf({ argv }).maps.map(({ apex }) => apex)).toEqual([nameOf('svc.local'), nameOf('local')]);
  });

  it('count an empty variable as not set', () => {
    expect(settingsOf({ env: { SVCDNS_PORT: '', SVCDNS_UNHEARD_OF: '' } }).port).toBe(1053);
  });

  it('leave alone what Kubernetes puts into the environment beside a Service named svcdns', () => {
    const env = {
      SVCDNS_PORT: 'udp://10.96.0.7:53',
      SVCDNS_PORT_53_UDP: 'udp://10.96.0.7:53',
      SVCDNS_METRICS_SERVICE_HOST: '10.96.0.8',
      SVCDNS_METRICS_PORT: 'tcp://10.96.0.8:8053',
      SVCDNS_METRICS_PORT_8053_TCP_ADDR: '10.96.0.8',
      SVCDNS_PORT_53_UDP_ADDR: '10.96.0.7',
      SVCDNS_SERVICE_HOST: '10.96.0.7',
      SVCDNS_SERVICE_PORT: '53',
      SVCDNS_SERVICE_PORT_DNS_TCP: '53',
    };
    expect(settingsOf({ env }).port).toBe(1053);
  });

  it('are read from a file of comments alone as from none', () => {
    expect(settingsOf({ argv: ['serve', '--config', 'a.yaml'], files: { 'a.yaml': '# ttl: 3\n' } }).ttlSeconds).toBe(5);
  });

  it('are read from a file only as far as the command takes them', () => {
    const call = read({ argv: ['list', '--config', 'a.yaml'], files: { 'a.yaml': 'ttl: 9999\nzone: a.local\n' } });
    expect(call).toMatchObject({ kind: 'settings', settings: { ttlSeconds: 5, zones: [nameOf('a.local')] } });
  });
});

describe('a call', () => {
  it('keeps the arguments of its command', () => {
    expect(read({ argv: ['query', '--tcp', 'web.svc.local', '--server', '[::1]:53', 'SRV'] })).toMatchObject({
      command: 'query',
      arguments: ['web.svc.local', 'SRV'],
      settings: { tcp: true, short: false, server: { address: '::1', family: 6, port: 53 }, timeoutSeconds: 2 },
    });
  });

  it('takes everything after -- as an argument', () => {
    expect(read({ argv: ['check', '--', '--help'] })).toMatchObject({ kind: 'settings', arguments: ['--help'] });
  });

  it('asks for help with --help or -h at any place, whatever else is wrong', () => {
    expect(read({ argv: ['--help'] })).toMatchObject({ kind: 'help', text: expect.stringContaining('svcdns COMMAND') });
    expect(read({ argv: ['serve', '--prot', '-h'] })).toMatchObject({
      kind: 'help',
      text: expect.stringContaining('Usage: svcdns serve'),
    });
  });

  it('asks for the version', () => {
    expect(read({ argv: ['--version'] })).toEqual({ kind: 'version' });
  });

  it('is refused without a command, and with an unknown one', () => {
    const commands = 'serve, dev, query, list, watch, register, check';
    expect(mistakesOf({ argv: [] })).toEqual([`expected a command first: ${commands}`]);
    expect(mistakesOf({ argv: ['--port', '53', 'serve'] })).toEqual([`expected a command first: ${commands}`]);
    expect(mistakesOf({ argv: ['sevre'] })).toEqual(['sevre: unknown command, did you mean serve?']);
    expect(mistakesOf({ argv: ['toString'] })).toEqual([`toString: unknown command, expected ${commands}`]);
  });

  it('is refused with too few or too many arguments', () => {
    expect(mistakesOf({ argv: ['query'] })).toEqual(['query: expected NAME [TYPE]']);
    expect(mistakesOf({ argv: ['query', 'a', 'A', 'IN'] })).toEqual(['IN: unexpected argument of query']);
    expect(mistakesOf({ argv: ['check'] })).toEqual(['check: expected FILE|DIRECTORY...']);
  });
});

describe('mistakes', () => {
  it('are reported all at once, each with its source, value and expectation', () => {
    const call = read({
      argv: ['serve', '--ttl', '9999', '--listen', '127.0.0.1,localhost', '--prot', '53', '--config', 'svcdns.yaml'],
      env: { SVCDNS_PORT: 'x', SVCDNS_ZONES_DIR: 'zones' },
      files: { 'svcdns.yaml': '# ours\nzone: svc.local\nnegative-ttl: 0\nallow:\n  - 10.0.0.0/8\n  - 10.0.0.0/33\n' },
    });
    expect(call).toEqual({
      kind: 'mistakes',
      mistakes: [
        '--prot: unknown flag, did you mean --port?',
        'SVCDNS_ZONES_DIR: unknown variable',
        '--listen localhost: expected an IPv4 or IPv6 address',
        'SVCDNS_PORT=x: expected 0 to 65535',
        '--ttl 9999: expected 1 to 300 seconds',
        'svcdns.yaml:3:15: negative-ttl: 0: expected 1 to 300 seconds',
        'svcdns.yaml:6:5: allow: 10.0.0.0/33: expected a network such as 10.0.0.0/8 or fd00::/8',
      ],
    });
  });

  it('are reported in a value that another source overrides', () => {
    expect(mistakesOf({ argv: ['serve', '--port', '53'], env: { SVCDNS_PORT: 'x' } })).toEqual([
      'SVCDNS_PORT=x: expected 0 to 65535',
    ]);
  });

  it('name the nearest flag, key or variable, and none when nothing is near', () => {
    expect(mistakesOf({ argv: ['serve', '--negativ-ttl=3'] })).toEqual([
      '--negativ-ttl: unknown flag, did you mean --negative-ttl?',
    ]);
    expect(mistakesOf({ argv: ['serve', '--frobnicate'] })).toEqual(['--frobnicate: unknown flag']);
    expect(mistakesOf({ argv: ['serve', '-p', '53'] })).toEqual(['-p: unknown flag']);
    expect(mistakesOf({ env: { SVCDNS_ETDC: 'x' } })).toEqual([
      'SVCDNS_ETDC: unknown variable, did you mean SVCDNS_ETCD?',
    ]);
    expect(fileMistakes('listne: "::1"')).toEqual(['svcdns.yaml:1:1: listne: unknown setting, did you mean listen?']);
  });

  it('do not repeat a password that was written where none belongs', () => {
    const shown = mistakesOf({
      argv: ['serve', '--etcd', 'http://root:hunter2@127.0.0.1:2379'],
      env: { SVCDNS_ETCD_PASSWORD: 'hunter2' },
    }).join('\n');
    expect(shown).not.toContain('hunter2');
    expect(shown).toContain('--etcd http://***@127.0.0.1:2379: expected a URL');
  });

  it('say that a flag belongs to other commands', () => {
    expect(mistakesOf({ argv: ['serve', '--json'] })).toEqual([
      '--json: not a flag of serve, but of query, list, watch',
    ]);
    expect(mistakesOf({ argv: ['query', '--zone', 'a.local', 'a'] })).toEqual([
      '--zone: not a flag of query, but of serve, dev, list, watch',
    ]);
  });

  it('say that a value is missing, also before the next flag', () => {
    expect(mistakesOf({ argv: ['serve', '--ttl'] })).toEqual(['--ttl: expected 1 to 300 seconds']);
    expect(mistakesOf({ argv: ['serve', '--zones', '--ttl=3'] })).toEqual(['--zones: expected a directory']);
    expect(mistakesOf({ argv: ['query', 'a', '--tcp=yes'] })).toEqual(['--tcp=yes: expected no value']);
  });

  it('say that one value of a list is there twice', () => {
    expect(mistakesOf({ argv: ['serve', '--listen', '::1,0::1'] })).toEqual(['--listen 0::1: given twice']);
    expect(mistakesOf({ argv: ['serve', '--zone', 'a.local', '--zone', 'A.local.'] })).toEqual([
      '--zone A.local.: given twice',
    ]);
  });

  it('say that a map leads out of the zones', () => {
    const argv = ['serve', '--zone', 'svc.local,b.local', '--map', '/a=x.svc.local,/b=example.com,/c=xsvc.local'];
    expect(mistakesOf({ argv })).toEqual([
      '--map /b=example.com: expected a name in svc.local or b.local',
      '--map /c=xsvc.local: expected a name in svc.local or b.local',
    ]);
  });

  it('say which settings for etcd need each other', () => {
    const tls = ['serve', '--etcd', 'https://a.example'];
    expect(mistakesOf({ argv: [...tls, '--etcd-cert', 'a.pem'] })).toEqual([
      '--etcd-cert a.pem: expected etcd-key as well',
    ]);
    expect(mistakesOf({ argv: [...tls, '--etcd-key', 'a.pem'] })).toEqual([
      '--etcd-key a.pem: expected etcd-cert as well',
    ]);
    expect(mistakesOf({ env: { SVCDNS_ETCD_USER: 'dns' } })).toEqual([
      'SVCDNS_ETCD_USER=dns: expected etcd-password-file as well',
    ]);
    expect(mistakesOf({ argv: ['serve', '--etcd-password-file', 'p'] })).toEqual([
      '--etcd-password-file p: expected etcd-user as well',
    ]);
    expect(mistakesOf({ argv: ['serve', '--etcd-ca', 'ca.pem'] })).toEqual([
      '--etcd-ca ca.pem: expected https endpoints in etcd',
    ]);
    expect(mistakesOf({ argv: ['serve', '--etcd', 'https://a.example,http://b.example'] })).toEqual([
      '--etcd http://b.example: expected http or https for all endpoints alike',
    ]);
  });

  it('say where a file is no YAML, or no mapping of settings', () => {
    expect(fileMistakes('ttl: 3\nttl: 4\n')).toEqual(['svcdns.yaml:2:1: Map keys must be unique']);
    expect(fileMistakes('- ttl\n')).toEqual(['svcdns.yaml: expected a mapping of settings to values']);
    expect(fileMistakes('ttl: {a: 1}')).toEqual(['svcdns.yaml:1:6: ttl: expected one value']);
    expect(fileMistakes('ttl: [1, 2]')).toEqual(['svcdns.yaml:1:6: ttl: expected one value']);
    expect(fileMistakes('zone: [[a.local]]')).toEqual(['svcdns.yaml:1:8: zone: expected a value or a list of values']);
    expect(fileMistakes('ttl:\n')).toEqual(['svcdns.yaml:1:5: ttl: expected 1 to 300 seconds']);
    expect(fileMistakes('config: other.yaml')).toEqual(['svcdns.yaml:1:1: config: unknown setting']);
  });

  it('do not let an empty list of networks mean the default', () => {
    expect(fileMistakes('allow: []')).toEqual(['svcdns.yaml:1:1: allow: expected at least one value']);
  });

  it('say that the file cannot be read, and by whom it was named', () => {
    const reason = "ENOENT: no such file or directory, open 'gone.yaml'";
    expect(mistakesOf({ argv: ['serve', '--config', 'gone.yaml'] })).toEqual([`--config gone.yaml: ${reason}`]);
    expect(mistakesOf({ env: { SVCDNS_CONFIG: 'gone.yaml' } })).toEqual([`SVCDNS_CONFIG=gone.yaml: ${reason}`]);
  });

  it('stay on one line whatever the value holds', () => {
    expect(mistakesOf({ env: { SVCDNS_TTL: '5\n\u001b[2J' } })).toEqual([
      'SVCDNS_TTL=5\\x0a\\x1b[2J: expected 1 to 300 seconds',
    ]);
  });
});
