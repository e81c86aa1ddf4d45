// RFC 8906 §8: the tests that a server has to pass, with the commands of that document. dig sends them.

import { describe, expect, it } from 'vitest';
import { type DigAnswer, dig } from '../support/dig.ts';
import { instancesOf } from '../support/dns-server.ts';
import { subject } from './subject.ts';

const server = subject({ registered: instancesOf('many', 100), nsid: Buffer.from('ns1') });

const ask = (...args: readonly string[]): Promise<DigAnswer> => dig({ port: server.port }, ...args);

const SOA = [expect.stringMatching(/^svc\.local\. 300 IN SOA /)];
const EDNS_0 = 'EDNS: version: 0, flags:; udp: 1232';

describe('§8.1 basic DNS', () => {
  const basic = ['+noedns', '+noad', '+norec'];
  const expected = { status: 'NOERROR', flags: 'qr aa', answer: SOA, opt: [], hasUnknownFlags: false };

  it('§8.1.1: the server has the zone', async () => {
    expect(await ask(...basic, 'soa', 'svc.local')).toMatchObject(expected);
  });

  it('§8.1.2: unknown types', async () => {
    expect(await ask(...basic, 'type1000', 'svc.local')).toMatchObject({ ...expected, answer: [] });
  });

  it('§8.1.3.1: CD', async () => {
    expect(await ask(...basic, '+cd', 'soa', 'svc.local')).toMatchObject({ ...expected, flags: 'qr aa cd' });
  });

  it('§8.1.3.2: AD', async () => {
    expect(await ask('+noedns', '+norec', '+ad', 'soa', 'svc.local')).toMatchObject(expected);
  });

  it('§8.1.3.3: the reserved bit', async () => {
    expect(await ask(...basic, '+zflag', 'soa', 'svc.local')).toMatchObject(expected);
  });

  it('§8.1.3.4: RD', async () => {
    expect(await ask('+noedns', '+noad', '+rec', 'soa', 'svc.local')).toMatchObject({ ...expected, flags: 'qr aa rd' });
  });

  it('§8.1.4: unknown opcodes, and those that are known and not served', async () => {
    for (let opcode = 15; opcode > 0; opcode -= 1) {
      const { status, flags, answer } = await ask(...basic, `+opcode=${opcode}`, '+header-only');
      expect([status, flags, answer], `opcode ${opcode}`).toEqual(['NOTIMP', 'qr', []]);
    }
  });

  it('§8.1.5: TCP', async () => {
    expect(await ask(...basic, '+tcp', 'soa', 'svc.local')).toMatchObject({ ...expected, transport: 'TCP' });
  });
});

describe('§8.2 extended DNS', () => {
  const edns = ['+nocookie', '+noad', '+norec', '+edns=0'];
  const newer = ['+nocookie', '+noad', '+norec', '+edns=1', '+noednsneg'];
  const answered = { status: 'NOERROR', flags: 'qr aa', answer: SOA, opt: [EDNS_0], hasUnknownFlags: false };
  const badVersion = { status: 'BADVERS', flags: 'qr', answer: [], opt: [EDNS_0], hasUnknownFlags: false };

  it('§8.2.1: minimal EDNS', async () => {
    expect(await ask(...edns, 'soa', 'svc.local')).toMatchObject(answered);
  });

  it('§8.2.2: version negotiation', async () => {
    expect(await ask(...newer, 'soa', 'svc.local')).toMatchObject(badVersion);
  });

  it('§8.2.3: unknown options', async () => {
    expect(await ask(...edns, '+ednsopt=100', 'soa', 'svc.local')).toMatchObject(answered);
  });

  it('§8.2.4: unknown flags', async () => {
    expect(await ask(...edns, '+ednsflags=0x40', 'soa', 'svc.local')).toMatchObject(answered);
  });

  it('§8.2.5: version negotiation with unknown flags', async () => {
    expect(await ask(...newer, '+ednsflags=0x40', 'soa', 'svc.local')).toMatchObject(badVersion);
  });

  it('§8.2.6: version negotiation with unknown options', async () => {
    expect(await ask(...newer, '+ednsopt=100', 'soa', 'svc.local')).toMatchObject(badVersion);
  });

  it('§8.2.7: truncated responses', async () => {
    const truncated = await ask(...edns, '+bufsize=512', '+ignore', 'a', 'many.svc.local');
    expect(truncated).toMatchObject({ status: 'NOERROR', flags: 'qr aa tc', opt: [EDNS_0] });
    expect(truncated.octets).toBeLessThanOrEqual(512);
  });

  const withDo = 'EDNS: version: 0, flags: do; udp: 1232';

  it('§8.2.8: DO', async () => {
    expect(await ask(...edns, '+dnssec', 'soa', 'svc.local')).toMatchObject({ ...answered, opt: [withDo] });
  });

  it('§8.2.9: version negotiation with DO', async () => {
    expect(await ask(...newer, '+dnssec', 'soa', 'svc.local')).toMatchObject({ ...badVersion, opt: [withDo] });
  });

  it('§8.2.10: several known options', async () => {
    const options = ['+cookie=0102030405060708', '+nsid', '+expire', '+subnet=0.0.0.0/0'];
    const cookie = expect.stringMatching(/^COOKIE: 0102030405060708[0-9a-f]{32} \(good\)$/);
    expect(await ask('+edns=0', '+noad', '+norec', ...options, 'soa', 'svc.local')).toMatchObject({
      ...answered,
      opt: [EDNS_0, cookie, expect.stringMatching(/^NSID: 6e 73 31 \("ns1"\)$/)],
    });
  });
});
