// Log lines: their two forms, their limits, and that text of strangers stays text.

import { describe, expect, it } from 'vitest';
import { formatKey } from '../../src/ops/escape.ts';
import { KEY_REPEAT_MS, LINES_PER_SECOND } from '../../src/ops/line-limiter.ts';
import { Log, type LogOptions } from '../../src/ops/log.ts';

/** A log into an array, with a clock that stands until it is moved. */
function openLog(options: Partial<LogOptions> & { readonly isTTY?: boolean } = {}) {
  const lines: string[] = [];
  const clock = { ms: 0 };
  const output = { isTTY: options.isTTY ?? false, write: (line: string) => lines.push(line) };
  const log = new Log({ level: 'info', format: 'auto', output, monotonicMs: () => clock.ms, ...options });
  return { log, lines, clock, parsed: () => lines.map((line) => JSON.parse(line)) };
}

/** Everything that a terminal or a line reader acts on, but for the line's own end. */
const RAW_CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

const HOSTILE = 'a\u001b[2J\r\nb\u0000\u007f\u009b31m\u202e\u2028c';
const ESCAPED = 'a\\u001b[2J\\u000d\\u000ab\\u0000\\u007f\\u009b31m\\u202e\\u2028c';

describe('a log line', () => {
  it('is one JSON object with time, level, kind, fields and message when the output is no terminal', () => {
    const { log, lines, parsed } = openLog();
    log.info('listening', 'answering queries', { addresses: ['127.0.0.1:1053', '[::1]:1053'], tries: 1, lease: 7587n });
    expect(lines[0]?.endsWith('}\n')).toBe(true);
    expect(parsed()).toEqual([
      {
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        level: 'info',
        kind: 'listening',
        addresses: ['127.0.0.1:1053', '[::1]:1053'],
        tries: 1,
        lease: '7587',
        msg: 'answering queries',
      },
    ]);
  });

  it('is coloured text on a terminal, and there at once', () => {
    const { log, lines } = openLog({ isTTY: true });
    log.warn('zone-file', 'kept the old zone', { file: 'svc.local.zone' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^\[\d\d:\d\d:\d\d\.\d{3}\] \p{Cc}\[33mWARN.*kept the old zone.*"file":"svc\.local\.zone".*\n$/u,
    );
  });

  it('has the form that was asked for, whatever the output is', () => {
    const json = openLog({ isTTY: true, format: 'json' });
    json.log.info('ready', 'ready');
    expect(json.parsed()).toMatchObject([{ msg: 'ready' }]);
    const pretty = openLog({ format: 'pretty' });
    pretty.log.info('ready', 'ready');
    expect(pretty.lines[0]).toMatch(/^\[[\d:.]+\] INFO: ready\n$/);
  });

  it('is left out below the level', () => {
    const { log, parsed } = openLog({ level: 'warn' });
    log.debug('probe', 'a');
    log.info('ready', 'b');
    log.warn('stale', 'c');
    log.error('socket', 'd');
    expect(parsed().map(({ level }) => level)).toEqual(['warn', 'error']);
  });

  it.each(['json', 'pretty'] as const)(
    'shows control characters and marks of direction only as escapes (%s)',
    (format) => {
      const { log, lines } = openLog({ format });
      log.error('panic', HOSTILE, { value: HOSTILE, stack: [HOSTILE, 'at b'] });
      log.rejectedKey({ key: `/a/${HOSTILE.replace(/[^\0-\u00ff]/g, '')}`, reason: 'bad-host', detail: HOSTILE });
      expect(lines).toHaveLength(2);
      for (const line of lines) expect(line.slice(0, -1)).not.toMatch(RAW_CONTROL);
      expect(lines[0]).toContain(format === 'json' ? JSON.stringify(ESCAPED).slice(1, -1) : ESCAPED);
    },
  );
});

describe('a key in a log line', () => {
  it('is its UTF-8 text', () => {
    expect(formatKey(Buffer.from('/caf\u00e9/1', 'utf8').toString('latin1'))).toBe('/caf\u00e9/1');
  });

  it('is shown octet by octet when it is no UTF-8', () => {
    expect(formatKey('/a/\u00ff\u001b')).toBe('/a/\\xff\\x1b');
  });
});

describe('the limit of log lines', () => {
  it('lets five of a kind through in a second and says how many it left out', () => {
    const { log, parsed, clock } = openLog();
    for (let line = 0; line < 12; line += 1) log.warn('send-failed', 'cannot send', { line });
    log.warn('stale', 'another kind');
    expect(parsed().map(({ kind }) => kind)).toEqual([...Array(LINES_PER_SECOND).fill('send-failed'), 'stale']);
    expect(log.droppedLines).toBe(7);

    clock.ms = 999;
    log.warn('send-failed', 'cannot send');
    expect(parsed()).toHaveLength(6);
    clock.ms = 1_000;
    log.warn('send-failed', 'cannot send');
    expect(parsed()).toHaveLength(7);

    log.close();
    expect(parsed().at(-1)).toMatchObject({ level: 'warn', kind: 'lines-left-out', of: 'send-failed', count: 8 });
  });

  it('reports what it left out although no other line of that kind comes', async () => {
    const { log, parsed } = openLog();
    for (let line = 0; line < 6; line += 1) log.warn('send-failed', 'cannot send');
    await expect
      .poll(() => parsed().at(-1), { timeout: 10_000 })
      .toMatchObject({ kind: 'lines-left-out', of: 'send-failed', count: 1 });
    expect(parsed()).toHaveLength(6);
    log.close();
    log.close();
    expect(parsed()).toHaveLength(6);
  });

  it('names a rejected key once in ten minutes, and again after them', () => {
    const { log, parsed, clock } = openLog();
    const rejection = { key: '/a/1', reason: 'bad-port', detail: 'port 0' } as const;
    log.rejectedKey(rejection);
    clock.ms = KEY_REPEAT_MS - 1;
    log.rejectedKey(rejection);
    log.rejectedKey({ ...rejection, key: '/a/2' });
    expect(parsed().map(({ key }) => key)).toEqual(['/a/1', '/a/2']);
    clock.ms = KEY_REPEAT_MS;
    log.rejectedKey(rejection);
    expect(parsed().at(-1)).toMatchObject({ kind: 'rejected-key', key: '/a/1', reason: 'bad-port', detail: 'port 0' });
    expect(parsed()).toHaveLength(3);
    // A repetition was not wanted, so it is not counted as a line that is missing.
    expect(log.droppedLines).toBe(0);
    log.close();
  });

  it('still names a key whose first line fell to the limit of its kind', () => {
    const { log, parsed, clock } = openLog();
    for (let key = 1; key <= 6; key += 1) log.rejectedKey({ key: `/a/${key}`, reason: 'empty', detail: '' });
    expect(parsed()).toHaveLength(LINES_PER_SECOND);
    clock.ms = 1_000;
    log.rejectedKey({ key: '/a/6', reason: 'empty', detail: '' });
    expect(parsed().at(-1)).toMatchObject({ key: '/a/6' });
    log.close();
  });
});
