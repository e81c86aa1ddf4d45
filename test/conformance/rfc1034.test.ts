// RFC 1034, concepts and facilities: the algorithm of a name server, and the zones and queries of its examples.

import { describe, it } from 'vitest';
import { subject } from './subject.ts';

/** §6.1, the root zone. */
const ROOT = `
$TTL 86400
.        IN SOA SRI-NIC.ARPA. HOSTMASTER.SRI-NIC.ARPA. ( 870611 1800 300 604800 86400 )
         NS A.ISI.EDU.
         NS C.ISI.EDU.
         NS SRI-NIC.ARPA.
MIL.     NS SRI-NIC.ARPA.
         NS A.ISI.EDU.
EDU.     NS SRI-NIC.ARPA.
         NS C.ISI.EDU.
SRI-NIC.ARPA.  A 26.0.0.73
               A 10.0.0.51
               MX 0 SRI-NIC.ARPA.
               HINFO DEC-2060 TOPS20
ACC.ARPA.      A 26.6.0.65
               HINFO PDP-11/70 UNIX
               MX 10 ACC.ARPA.
USC-ISIC.ARPA. CNAME C.ISI.EDU.
73.0.0.26.IN-ADDR.ARPA.  PTR SRI-NIC.ARPA.
65.0.6.26.IN-ADDR.ARPA.  PTR ACC.ARPA.
51.0.0.10.IN-ADDR.ARPA.  PTR SRI-NIC.ARPA.
52.0.0.10.IN-ADDR.ARPA.  PTR C.ISI.EDU.
103.0.3.26.IN-ADDR.ARPA. PTR A.ISI.EDU.
A.ISI.EDU.     A 26.3.0.103
C.ISI.EDU.     A 10.0.0.52
`;

/** §6.1, the zone EDU. */
const EDU = `
$TTL 172800
@        86400 SOA SRI-NIC.ARPA. HOSTMASTER.SRI-NIC.ARPA. ( 870729 1800 300 604800 86400 )
         86400 NS SRI-NIC.ARPA.
         86400 NS C.ISI.EDU.
UCI      NS ICS.UCI
         NS ROME.UCI
ICS.UCI  A 192.5.19.1
ROME.UCI A 192.5.19.31
ISI      NS VAXA.ISI
         NS A.ISI
         NS VENERA.ISI.EDU.
VAXA.ISI A 10.2.0.27
         A 128.9.0.33
VENERA.ISI A 10.1.0.52
         A 128.9.0.32
A.ISI    A 26.3.0.103
UDEL     NS LOUIE.UDEL
         NS UMN-REI-UC.ARPA.
LOUIE.UDEL A 10.0.0.96
         A 192.5.39.3
YALE     NS YALE.ARPA.
         NS YALE-BULLDOG.ARPA.
MIT      43200 NS XX.LCS.MIT
         43200 NS ACHILLES.MIT
XX.LCS.MIT   43200 A 10.0.0.44
ACHILLES.MIT 43200 A 18.72.0.8
`;

const LOCAL = `
$TTL 60
@       SOA ns hostmaster 1 1h 10m 1w 30
@       NS ns
ns      A 192.0.2.1
one     CNAME two
two     CNAME host
host    A 192.0.2.2
        TXT "a host"
broken  CNAME missing
typeless CNAME ns
loop    CNAME pool
pool    CNAME loop
out     CNAME www.example.com.
into    CNAME a.sub
sub     NS ns.sub
ns.sub  A 192.0.2.3
*.wild  A 192.0.2.4
*.alias CNAME host
a.b.c   A 192.0.2.5
`;

const server = subject({ zones: ['svc.local'], zoneFiles: { '.': ROOT, 'EDU.': EDU, 'test.': LOCAL } });

const ISI_REFERRAL = [
  'authority',
  'ISI.EDU. 172800 IN NS VAXA.ISI.EDU.',
  'ISI.EDU. 172800 IN NS A.ISI.EDU.',
  'ISI.EDU. 172800 IN NS VENERA.ISI.EDU.',
  'additional',
  'VAXA.ISI.EDU. 172800 IN A 10.2.0.27',
  'VAXA.ISI.EDU. 172800 IN A 128.9.0.33',
  'A.ISI.EDU. 172800 IN A 26.3.0.103',
  'VENERA.ISI.EDU. 172800 IN A 10.1.0.52',
  'VENERA.ISI.EDU. 172800 IN A 128.9.0.32',
];

describe('§3.6.2 aliases', () => {
  it('puts the CNAME into the answer and goes on with the name it leads to', async () => {
    await server.expects(
      'one.test. A',
      'NOERROR aa',
      'one.test. 60 IN CNAME two.test.',
      'two.test. 60 IN CNAME host.test.',
      'host.test. 60 IN A 192.0.2.2',
    );
  });

  it('does not follow it when CNAME itself is asked for', async () => {
    await server.expects('one.test. CNAME', 'NOERROR aa', 'one.test. 60 IN CNAME two.test.');
  });

  it('ends at a loop of aliases without an error', async () => {
    await server.expects(
      'loop.test. A',
      'NOERROR aa',
      'loop.test. 60 IN CNAME pool.test.',
      'pool.test. 60 IN CNAME loop.test.',
    );
  });
});

describe('§3.7.1 standard queries', () => {
  it('match the class exactly, and other classes are not served', async () => {
    await server.expects('host.test. A class=3', 'REFUSED');
    await server.expects('host.test. A class=255', 'REFUSED');
  });
});

describe('§4.2.1 zones', () => {
  it('are cut where a child zone is served too: the child answers with authority', async () => {
    await server.expects(
      'EDU. NS',
      'NOERROR aa',
      'EDU. 86400 IN NS SRI-NIC.ARPA.',
      'EDU. 86400 IN NS C.ISI.EDU.',
      'additional',
      'SRI-NIC.ARPA. 86400 IN A 26.0.0.73',
      'SRI-NIC.ARPA. 86400 IN A 10.0.0.51',
    );
  });

  it('bring the addresses of servers inside a delegation as glue', async () => {
    await server.expects(
      'x.sub.test. A',
      'NOERROR',
      'authority',
      'sub.test. 60 IN NS ns.sub.test.',
      'additional',
      'ns.sub.test. 60 IN A 192.0.2.3',
    );
  });
});

describe('§4.3.1 queries and responses', () => {
  it('never offers recursion, and copies RD', async () => {
    await server.expects('host.test. A rd', 'NOERROR aa rd', 'host.test. 60 IN A 192.0.2.2');
    await server.expects('www.example.com. A rd', 'NXDOMAIN aa rd', 'authority', '. 86400 IN SOA ...');
  });
});

describe('§4.3.2 the algorithm', () => {
  it('step 2: searches the zone that is the nearest ancestor', async () => {
    await server.expects('nothing.EDU. A', 'NXDOMAIN aa', 'authority', 'EDU. 86400 IN SOA ...');
    await server.expects('nothing.ARPA. A', 'NXDOMAIN aa', 'authority', '. 86400 IN SOA ...');
  });

  it('step 3a: copies all records of the type at the whole name', async () => {
    await server.expects('host.test. TXT', 'NOERROR aa', 'host.test. 60 IN TXT "a host"');
  });

  it('step 3a: starts again at the target of a CNAME, unless CNAME was asked for', async () => {
    await server.expects(
      'typeless.test. TXT',
      'NOERROR aa',
      'typeless.test. 60 IN CNAME ns.test.',
      'authority',
      'test. 30 IN SOA ...',
    );
    await server.expects(
      'broken.test. A',
      'NXDOMAIN aa',
      'broken.test. 60 IN CNAME missing.test.',
      'authority',
      'test. 30 IN SOA ...',
    );
  });

  it('step 3b: refers to the child zone at a cut, without AA, also behind a CNAME', async () => {
    await server.expects(
      'sub.test. NS',
      'NOERROR',
      'authority',
      'sub.test. 60 IN NS ns.sub.test.',
      'additional',
      'ns.sub.test. 60 IN A 192.0.2.3',
    );
    await server.expects(
      'into.test. A',
      'NOERROR aa',
      'into.test. 60 IN CNAME a.sub.test.',
      'authority',
      'sub.test. 60 IN NS ns.sub.test.',
      'additional',
      'ns.sub.test. 60 IN A 192.0.2.3',
    );
  });

  it('step 3b: does not take glue for data of its own', async () => {
    await server.expects(
      'ns.sub.test. A',
      'NOERROR',
      'authority',
      'sub.test. 60 IN NS ns.sub.test.',
      'additional',
      'ns.sub.test. 60 IN A 192.0.2.3',
    );
  });

  it('step 3c: answers from * with the name that was asked for as owner', async () => {
    await server.expects('anything.wild.test. A', 'NOERROR aa', 'anything.wild.test. 60 IN A 192.0.2.4');
    await server.expects(
      'x.alias.test. A',
      'NOERROR aa',
      'x.alias.test. 60 IN CNAME host.test.',
      'host.test. 60 IN A 192.0.2.2',
    );
  });

  it('step 3c: answers a name that does not exist with a name error, with authority', async () => {
    await server.expects('missing.test. A', 'NXDOMAIN aa', 'authority', 'test. 30 IN SOA ...');
    await server.expects('x.host.test. A', 'NXDOMAIN aa', 'authority', 'test. 30 IN SOA ...');
  });

  it('step 3: takes a name that only stands above others for one that exists', async () => {
    await server.expects('b.c.test. A', 'NOERROR aa', 'authority', 'test. 30 IN SOA ...');
    await server.expects('c.test. A', 'NOERROR aa', 'authority', 'test. 30 IN SOA ...');
  });

  it('step 6: adds the addresses of hosts that records name', async () => {
    await server.expects(
      'test. NS',
      'NOERROR aa',
      'test. 60 IN NS ns.test.',
      'additional',
      'ns.test. 60 IN A 192.0.2.1',
    );
  });
});

describe('§4.3.4 negative answers', () => {
  it('have the SOA, with how long they may be kept', async () => {
    await server.expects(
      'host.test. AAAA',
      'NOERROR aa',
      'authority',
      'test. 30 IN SOA ns.test. hostmaster.test. 1 3600 600 604800 30',
    );
  });
});

describe('§6.2 the example queries', () => {
  it('§6.2.1 SRI-NIC.ARPA A', async () => {
    await server.expects(
      'SRI-NIC.ARPA. A',
      'NOERROR aa',
      'SRI-NIC.ARPA. 86400 IN A 26.0.0.73',
      'SRI-NIC.ARPA. 86400 IN A 10.0.0.51',
    );
  });

  it('§6.2.2 SRI-NIC.ARPA * gives one record, as RFC 8482 asks, and not all that there are', async () => {
    await server.expects('SRI-NIC.ARPA. ANY', 'NOERROR aa', 'SRI-NIC.ARPA. 3600 IN HINFO "RFC8482" ""');
  });

  it('§6.2.3 SRI-NIC.ARPA MX', async () => {
    await server.expects(
      'SRI-NIC.ARPA. MX',
      'NOERROR aa',
      'SRI-NIC.ARPA. 86400 IN MX 0 SRI-NIC.ARPA.',
      'additional',
      'SRI-NIC.ARPA. 86400 IN A 26.0.0.73',
      'SRI-NIC.ARPA. 86400 IN A 10.0.0.51',
    );
  });

  it('§6.2.4 SRI-NIC.ARPA NS gives no data, and the SOA that RFC 2308 asks for', async () => {
    await server.expects(
      'SRI-NIC.ARPA. NS',
      'NOERROR aa',
      'authority',
      '. 86400 IN SOA SRI-NIC.ARPA. HOSTMASTER.SRI-NIC.ARPA. 870611 1800 300 604800 86400',
    );
  });

  it('§6.2.5 SIR-NIC.ARPA A', async () => {
    await server.expects(
      'SIR-NIC.ARPA. A',
      'NXDOMAIN aa',
      'authority',
      '. 86400 IN SOA SRI-NIC.ARPA. HOSTMASTER.SRI-NIC.ARPA. 870611 1800 300 604800 86400',
    );
  });

  it('§6.2.6 BRL.MIL A', async () => {
    await server.expects(
      'BRL.MIL. A',
      'NOERROR',
      'authority',
      'MIL. 86400 IN NS SRI-NIC.ARPA.',
      'MIL. 86400 IN NS A.ISI.EDU.',
      'additional',
      'A.ISI.EDU. 172800 IN A 26.3.0.103',
      'SRI-NIC.ARPA. 86400 IN A 26.0.0.73',
      'SRI-NIC.ARPA. 86400 IN A 10.0.0.51',
    );
  });

  // The example takes C.ISI.EDU from the glue of the root zone, which RFC 2181 §5.4.1 no longer lets a server answer with.
  it('§6.2.7 USC-ISIC.ARPA A gives the alias and a referral for where it leads', async () => {
    await server.expects('USC-ISIC.ARPA. A', 'NOERROR aa', 'USC-ISIC.ARPA. 86400 IN CNAME C.ISI.EDU.', ...ISI_REFERRAL);
  });

  it('§6.2.8 USC-ISIC.ARPA CNAME', async () => {
    await server.expects('USC-ISIC.ARPA. CNAME', 'NOERROR aa', 'USC-ISIC.ARPA. 86400 IN CNAME C.ISI.EDU.');
  });
});

describe('§6.3.1 a resolver asks for the MX of ISI.EDU', () => {
  it('and is referred', async () => {
    await server.expects('ISI.EDU. MX', 'NOERROR', ...ISI_REFERRAL);
  });
});
