// The tables of commands and settings: complete, without clashes, and what the help text shows.

import { describe, expect, it } from 'vitest';
import { helpFor, overview } from '../src/config/help.ts';
import { COMMANDS, type Command, environmentName, SETTINGS, type Setting } from '../src/config.ts';

const settings = Object.values(SETTINGS) as readonly Setting[];
const commands = Object.keys(COMMANDS) as Command[];

describe('the table of settings', () => {
  it('has the flags and defaults that are promised to users', () => {
    const serving = settings.filter((setting) => setting.commands.includes('serve'));
    expect(Object.fromEntries(serving.map((setting) => [setting.flag, setting.default]))).toEqual({
      etcd: 'http://127.0.0.1:2379',
      'etcd-ca': undefined,
      'etcd-cert': undefined,
      'etcd-key': undefined,
      'etcd-user': undefined,
      'etcd-password-file': undefined,
      zone: 'svc.local',
      map: undefined,
      zones: undefined,
      listen: '127.0.0.1,::1',
      port: '1053',
      http: '127.0.0.1:8053',
      ttl: '5',
      'negative-ttl': '2',
      'max-answers': '1000',
      'max-stale': undefined,
      allow: '127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,::1,fc00::/7,fe80::/10',
      'tcp-connections': '512',
      'tcp-connections-per-client': '32',
      'max-instances': '100000',
      'cache-entries': '20000',
      'udp-receive-buffer': '8MiB',
      config: undefined,
      'log-level': 'info',
      'log-format': 'auto',
    });
  });

  it('gives every flag to one setting only', () => {
    const flags = settings.map((setting) => setting.flag);
    expect(new Set(flags).size).toBe(flags.length);
  });

  it.each(settings.filter((setting) => setting.default !== undefined))(
    'has a default for --$flag that it would take itself',
    ({ default: text = '', list, value }) => {
      for (const item of list ? text.split(',') : [text]) expect(value.parse(item)).toBeDefined();
    },
  );

  it('names a setting in the environment after its flag', () => {
    expect(environmentName(SETTINGS.negativeTtlSeconds)).toBe('SVCDNS_NEGATIVE_TTL');
  });
});

describe('the help text', () => {
  it('names every command with its summary', () => {
    for (const command of commands) expect(overview()).toContain(COMMANDS[command].summary);
  });

  it.each(commands)(
    'of %s has every flag of it on one line with its help and default, and no other flag',
    (command) => {
      const lines = helpFor(command).split('\n');
      for (const { flag, placeholder, help, default: text, commands: takers } of settings) {
        const found = lines.filter((line) => line.startsWith(`  --${flag} `));
        expect(found).toHaveLength(takers.includes(command) ? 1 : 0);
        if (found[0] === undefined) continue;
        expect(found[0]).toContain(help);
        if (placeholder !== '') expect(found[0]).toContain(placeholder);
        if (placeholder !== '' && text !== undefined) expect(found[0]).toContain(`default ${text})`);
      }
    },
  );

  it('shows the range of a number with its unit', () => {
    expect(helpFor('serve')).toContain('TTL of registered instances (1 to 300 seconds, default 5)');
    expect(helpFor('serve')).toContain('(1 to 2592000 seconds)');
  });

  it('shows the arguments of a command in its usage line', () => {
    expect(helpFor('query').split('\n')[0]).toBe('Usage: svcdns query [flags] NAME [TYPE]');
    expect(helpFor('serve').split('\n')[0]).toBe('Usage: svcdns serve [flags]');
  });

  it('speaks of the environment and of a file only where a setting can come from them', () => {
    expect(helpFor('serve')).toContain('SVCDNS_ETCD');
    expect(helpFor('serve')).toContain('The file of --config');
    expect(helpFor('list')).toContain('SVCDNS_ETCD');
    expect(helpFor('check')).not.toContain('--config');
    expect(helpFor('query')).not.toContain('SVCDNS_');
  });
});
