// RFC 5001, NSID: the server's identifier, for those who ask for it.

import { describe, it } from 'vitest';
import { subject } from './subject.ts';

const NSID = '6e73312e666f6f';
const RECORD = 'specServer.svc.local. 5 IN A 10.0.0.1';

const server = subject({
  nsid: Buffer.from(NSID, 'hex'),
  registered: { '/specServer/1': 'http://10.0.0.1:8080' },
});

describe('§2.2 a query with the option', () => {
  it('gets the identifier, over UDP and TCP', async () => {
    await server.expects('specServer.svc.local. A edns option=3', `NOERROR aa opt option=3:${NSID}`, RECORD);
    await server.expects('specServer.svc.local. A edns option=3 tcp', `NOERROR aa opt option=3:${NSID}`, RECORD);
  });

  it('gets it with every response code', async () => {
    await server.expects('example.com. A edns option=3', `REFUSED opt ede=20 option=3:${NSID}`);
    await server.expects(
      'none.svc.local. A edns option=3',
      `NXDOMAIN aa opt option=3:${NSID}`,
      'authority',
      'svc.local. 2 IN SOA ...',
    );
  });

  it('may have a payload, which means nothing', async () => {
    await server.expects('specServer.svc.local. A edns option=3:abcdef', `NOERROR aa opt option=3:${NSID}`, RECORD);
  });
});

describe('§2.2 a query without the option', () => {
  it('gets no identifier', async () => {
    await server.expects('specServer.svc.local. A edns', 'NOERROR aa opt', RECORD);
    await server.expects('specServer.svc.local. A', 'NOERROR aa', RECORD);
  });
});
