// A directory of zone files while they are edited: what is taken, when, and what stays in service meanwhile.

import { mkdir, mkdtemp, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { REST_MS, ZoneDirectory } from '../../src/ops/zone-directory.ts';
import { formatProblem } from '../../src/ops/zone-source.ts';
import { formatRecord } from '../../src/wire/message.ts';
import { formatName } from '../../src/wire/name.ts';
import type { ZoneFile } from '../../src/zone/zone-file.ts';
import { until } from '../support/until.ts';

const zoneText = (address: string) => `$TTL 5\n@ SOA ns1 host 1 2 3 4 5\n NS ns1\nns1 A ${address}\n`;

let path: string;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'svcdns-zones-'));
});

afterEach(async () => {
  await rm(path, { recursive: true });
});

/** A watched directory with a clock that only the test moves. */
function watched() {
  const told: string[] = [];
  const clock = { nowMs: 0 };
  const handed: string[][] = [];
  const listener = {
    onZones: (zones: ReadonlyMap<string, ZoneFile>) => {
      handed.push(serving(zones.values()));
    },
    onProblem: (problem: Parameters<typeof formatProblem>[0]) => {
      told.push(formatProblem(problem).replaceAll(`${path}/`, ''));
    },
  };
  const directory = new ZoneDirectory(path, listener, () => clock.nowMs);
  return {
    directory,
    handed,
    clock,
    serving: () => serving(directory.zones.values()),
    /** What was told since the last call. */
    told: () => told.splice(0),
    /** Polls until every file has rested: once to see a change, once to act upon it. */
    settle: async () => {
      await directory.poll();
      clock.nowMs += REST_MS;
      await directory.poll();
    },
  };
}

/** `svc.local. 127.0.0.1`: each zone by its apex and the address of its last record. */
function serving(zones: Iterable<ZoneFile>): string[] {
  return Array.from(zones, ({ origin, records }) => {
    const last = records.at(-1);
    return `${formatName(origin)} ${last && formatRecord(last).split(' ').at(-1)}`;
  });
}

const write = (name: string, text: string) => writeFile(join(path, name), text);

describe('loading', () => {
  it('takes each *.zone file as the zone that it is named after', async () => {
    await write('svc.local.zone', zoneText('10.0.0.1'));
    await write('0.0.10.in-addr.arpa.zone', zoneText('10.0.0.2'));
    await write('.svc.local.zone', zoneText('10.0.0.3'));
    await write('svc.local.zone~', zoneText('10.0.0.4'));
    const { directory, serving, told, handed } = watched();
    await directory.load();
    expect(serving()).toEqual(['0.0.10.in-addr.arpa. 10.0.0.2', 'svc.local. 10.0.0.1']);
    expect([handed.length, told(), directory.counters]).toEqual([1, [], { reloads: 2, failures: 0 }]);
  });

  it('tells every mistake with file, line and column, and takes the other files', async () => {
    await write('a.zone', `${zoneText('10.0.0.300')}x MX b c\n`);
    await write('b.zone', zoneText('10.0.0.1'));
    await write('c.zone', '');
    await mkdir(join(path, 'd.zone'));
    const { directory, serving, told } = watched();
    await directory.load();
    expect(serving()).toEqual(['b. 10.0.0.1']);
    expect(told()).toEqual([
      'a.zone:4:7: error: 10.0.0.300: expected an IPv4 address',
      'a.zone:5:6: error: preference b: expected 0 to 65535',
      'c.zone:1:1: error: no SOA record: a zone begins with one at its apex',
      'd.zone: error: expected a regular file',
    ]);
    expect(directory.counters).toEqual({ reloads: 1, failures: 3 });
  });

  it('tells warnings and takes the file', async () => {
    await write('a.zone', zoneText('10.0.0.1').replace(' NS ns1\n', ''));
    const { directory, serving, told } = watched();
    await directory.load();
    expect(serving()).toEqual(['a. 10.0.0.1']);
    expect(told()).toEqual(['a.zone:2:1: warning: no NS record at the apex a.: resolvers expect one']);
  });

  it('refuses a file that is too large without reading it', async () => {
    await write('a.zone', zoneText('10.0.0.1'));
    await truncate(join(path, 'a.zone'), 2 ** 26 + 1);
    const { directory, told } = watched();
    await directory.load();
    expect(told()).toEqual(['a.zone: error: 67108865 octets, expected at most 67108864']);
  });

  it('says that the directory is not there, and takes its zones once it is', async () => {
    const place = path;
    path = join(place, 'zones');
    const { directory, serving, settle, told } = watched();
    await directory.load();
    await directory.poll();
    expect(told()).toEqual([expect.stringContaining('zones: error: ENOENT: no such file or directory')]);
    await mkdir(path);
    await write('a.zone', zoneText('10.0.0.1'));
    await settle();
    expect(serving()).toEqual(['a. 10.0.0.1']);
    path = place;
  });

  it('serves one of two files for the same zone, and says which', async () => {
    await write('a.zone', `$ORIGIN svc.local.\n${zoneText('10.0.0.1')}`);
    await write('svc.local.zone', zoneText('10.0.0.2'));
    const { directory, serving, told } = watched();
    await directory.load();
    expect(serving()).toEqual(['svc.local. 10.0.0.1']);
    expect(told()).toEqual([expect.stringMatching(/^svc\.local\.zone: error: svc\.local\. is the zone of .*a\.zone$/)]);
  });
});

describe('a change', () => {
  it('is taken once the file has rested, and not before', async () => {
    await write('a.zone', zoneText('10.0.0.1'));
    const { directory, serving, clock, handed } = watched();
    await directory.load();
    await write('a.zone', zoneText('10.0.0.20'));
    await directory.poll();
    clock.nowMs += REST_MS - 1;
    await directory.poll();
    expect(serving()).toEqual(['a. 10.0.0.1']);
    clock.nowMs += 1;
    await directory.poll();
    expect(serving()).toEqual(['a. 10.0.0.20']);
    expect(handed).toEqual([['a. 10.0.0.1'], ['a. 10.0.0.20']]);
  });

  it('is not taken while the file is still being written', async () => {
    const whole = zoneText('10.0.0.20');
    await write('a.zone', zoneText('10.0.0.1'));
    const { directory, serving, told, clock } = watched();
    await directory.load();
    for (let length = 10; length < whole.length; length += 10) {
      await write('a.zone', whole.slice(0, length));
      await directory.poll();
      clock.nowMs += REST_MS - 1;
      await directory.poll();
    }
    expect([serving(), told()]).toEqual([['a. 10.0.0.1'], []]);
  });

  it('that leaves the content as it was reloads nothing', async () => {
    await write('a.zone', zoneText('10.0.0.1'));
    const { directory, settle, handed } = watched();
    await directory.load();
    await utimes(join(path, 'a.zone'), 1, 1);
    await settle();
    expect([handed.length, directory.counters.reloads]).toEqual([1, 1]);
  });

  it('that breaks the file, or empties it, keeps the zone in service and is told once', async () => {
    await write('a.zone', zoneText('10.0.0.1'));
    const { directory, serving, settle, told } = watched();
    await directory.load();
    await write('a.zone', zoneText('10.0.0.999'));
    await settle();
    expect(told()).toEqual([
      'a.zone:4:7: error: 10.0.0.999: expected an IPv4 address',
      'a.zone: error: not taken; a. stays as it was',
    ]);
    await settle();
    expect(told()).toEqual([]);
    await write('a.zone', '');
    await settle();
    expect(told()).toEqual([
      'a.zone:1:1: error: no SOA record: a zone begins with one at its apex',
      'a.zone: error: not taken; a. stays as it was',
    ]);
    expect(serving()).toEqual(['a. 10.0.0.1']);
    await write('a.zone', zoneText('10.0.0.2'));
    await settle();
    expect([serving(), directory.counters]).toEqual([['a. 10.0.0.2'], { reloads: 2, failures: 2 }]);
  });

  it('never takes part of a zone that ends with a parenthesis, wherever the file is cut', async () => {
    const whole = '$TTL 5\n@ NS ns1\nns1 A 10.0.0.1\n@ SOA ( ns1 host 1 2 3 4 5 )';
    await write('a.zone', whole);
    const { directory, settle, handed } = watched();
    await directory.load();
    for (let length = 0; length < whole.length; length += 1) {
      await write('a.zone', whole.slice(0, length));
      await settle();
    }
    expect([handed.length, directory.counters]).toEqual([1, { reloads: 1, failures: whole.length }]);
  });

  it('that replaces the file by renaming another over it is taken', async () => {
    await write('a.zone', zoneText('10.0.0.1'));
    const { directory, serving, settle } = watched();
    await directory.load();
    await write('a.new', zoneText('10.0.0.2'));
    await rename(join(path, 'a.new'), join(path, 'a.zone'));
    await settle();
    expect(serving()).toEqual(['a. 10.0.0.2']);
  });

  it('behind a symbolic link is taken, as container platforms swap them', async () => {
    for (const version of [1, 2]) {
      await mkdir(join(path, `v${version}`));
      await write(`v${version}/a.zone`, zoneText(`10.0.0.${version}`));
    }
    await symlink('v1', join(path, 'data'));
    await symlink('data/a.zone', join(path, 'a.zone'));
    const { directory, serving, settle } = watched();
    await directory.load();
    await symlink('v2', join(path, 'data.new'));
    await rename(join(path, 'data.new'), join(path, 'data'));
    await settle();
    expect(serving()).toEqual(['a. 10.0.0.2']);
  });

  it('is taken at once when the operator asks, and problems are told again', async () => {
    await write('a.zone', zoneText('10.0.0.1'));
    await write('b.zone', 'x');
    const { directory, serving, told } = watched();
    await directory.load();
    const problem = 'b.zone:1:2: error: expected a record type';
    expect(told()).toEqual([problem]);
    await write('a.zone', zoneText('10.0.0.20'));
    await directory.load();
    expect([serving(), told()]).toEqual([['a. 10.0.0.20'], [problem]]);
  });

  it('that makes the file unreadable keeps the zone, and the file is taken again once it can be read', async () => {
    await write('a.zone', zoneText('10.0.0.1'));
    const { directory, serving, settle, told } = watched();
    await directory.load();
    // A link into itself cannot be read by anybody, the superuser included.
    await rm(join(path, 'a.zone'));
    await symlink('a.zone', join(path, 'a.zone'));
    await settle();
    await settle();
    expect(told()).toEqual([
      expect.stringMatching(/^a\.zone: error: ELOOP: /),
      'a.zone: error: not taken; a. stays as it was',
    ]);
    expect(serving()).toEqual(['a. 10.0.0.1']);
    await rm(join(path, 'a.zone'));
    await write('a.zone', zoneText('10.0.0.2'));
    await settle();
    expect([serving(), told()]).toEqual([['a. 10.0.0.2'], []]);
  });
});

describe('a file that goes', () => {
  it('keeps its zone in service, and that is told once', async () => {
    await write('a.zone', zoneText('10.0.0.1'));
    const { directory, serving, settle, told } = watched();
    await directory.load();
    await rm(join(path, 'a.zone'));
    await directory.poll();
    expect(told()).toEqual([]);
    await settle();
    await settle();
    expect(told()).toEqual(['a.zone: error: gone; a. stays as it was until a restart']);
    expect(serving()).toEqual(['a. 10.0.0.1']);
  });

  it('gives its zone up to another file that has it', async () => {
    await write('a.zone', `$ORIGIN svc.local.\n${zoneText('10.0.0.1')}`);
    const { directory, serving, settle, told } = watched();
    await directory.load();
    await write('svc.local.zone', zoneText('10.0.0.2'));
    await settle();
    expect(serving()).toEqual(['svc.local. 10.0.0.1']);
    expect(told()).toHaveLength(1);
    await directory.load();
    expect(serving()).toEqual(['svc.local. 10.0.0.1']);
    await rm(join(path, 'a.zone'));
    await settle();
    expect(serving()).toEqual(['svc.local. 10.0.0.2']);
  });

  it('takes the directory with it, and all zones stay in service', async () => {
    await write('a.zone', zoneText('10.0.0.1'));
    const { directory, serving, settle, told } = watched();
    await directory.load();
    await rename(path, `${path}-moved`);
    await settle();
    await settle();
    expect(told()).toEqual([expect.stringContaining('error: ENOENT')]);
    expect(serving()).toEqual(['a. 10.0.0.1']);
    await rename(`${path}-moved`, path);
  });
});

describe('watching', () => {
  it('takes a change by itself, and tells nothing after it has ended', async () => {
    await write('a.zone', zoneText('10.0.0.1'));
    const handed: string[][] = [];
    const listener = {
      onZones: (zones: ReadonlyMap<string, ZoneFile>) => {
        handed.push(serving(zones.values()));
      },
      onProblem: () => {},
    };
    const directory = new ZoneDirectory(path, listener);
    await directory.load();
    const stop = new AbortController();
    const ended = directory.watch(stop.signal);
    await write('a.zone', zoneText('10.0.0.20'));
    await until('the new content is in service', () => handed.length === 2);
    stop.abort();
    await ended;
    expect(handed).toEqual([['a. 10.0.0.1'], ['a. 10.0.0.20']]);
  });

  it('ends at once when it was told to before it began', async () => {
    const directory = new ZoneDirectory(path, { onZones: () => {}, onProblem: () => {} });
    await expect(directory.watch(AbortSignal.abort())).resolves.toBeUndefined();
  });
});
