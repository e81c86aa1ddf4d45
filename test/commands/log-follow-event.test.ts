import { describe, expect, it } from 'vitest';
import { logFollowEvent } from '../../src/commands/log-follow-event.ts';
import { Log } from '../../src/ops/log.ts';

describe('sessions with etcd that end one after the other', () => {
  it('are told ever more seldom', () => {
    const lines: string[] = [];
    let nowMs = 0;
    const output = { write: (line: string) => void lines.push(line) };
    const log = new Log({ level: 'info', format: 'json', output, monotonicMs: () => nowMs });
    for (let failures = 1; failures <= 100; failures += 1) {
      nowMs += 1000;
      const endpoint = 'http://127.0.0.1:2379';
      logFollowEvent(log, {
        kind: 'session-ended',
        endpoint,
        reason: 'unreachable',
        detail: '',
        failures,
        retryMs: 1.5,
      });
    }
    log.close();
    expect(lines.map((line) => JSON.parse(line).failures)).toEqual([1, 2, 4, 8, 16, 32, 64]);
  });
});
