// RFC 7828, edns-tcp-keepalive: how long an idle connection stays open, for clients that ask.

import { describe, it } from 'vitest';
import { subject } from './subject.ts';

const server = subject({ registered: { '/specServer/1': 'http://10.0.0.1:8080' } });

const A = 'specServer.svc.local. A edns';
const RECORD = 'specServer.svc.local. 5 IN A 10.0.0.1';

describe('§3.1 the option', () => {
  it('without data asks for the time, which comes in units of 100 ms: 10 s', async () => {
    await server.expects(`${A} option=11 tcp`, 'NOERROR aa opt option=11:0064', RECORD);
  });

  it('with a time in a query is a format error: only a server says one', async () => {
    await server.expects(`${A} option=11:0064 tcp`, 'FORMERR opt option=11:0064');
    await server.expects(`${A} option=11:00 tcp`, 'FORMERR opt option=11:0064');
  });
});

describe('§3.3.1 over UDP', () => {
  it('is ignored, whatever it says', async () => {
    await server.expects(`${A} option=11`, 'NOERROR aa opt', RECORD);
    await server.expects(`${A} option=11:0064`, 'NOERROR aa opt', RECORD);
  });
});

describe('§3.3.2 responses', () => {
  it('do not have it unasked', async () => {
    await server.expects(`${A} tcp`, 'NOERROR aa opt', RECORD);
    await server.expects('specServer.svc.local. A tcp', 'NOERROR aa', RECORD);
  });
});
