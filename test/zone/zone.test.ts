// The records of a zone file by name, and the zone that is made up where there is no file.

import { describe, expect, it } from 'vitest';
import { formatRecord } from '../../src/wire/message.ts';
import { foldName, nameOf } from '../../src/wire/name.ts';
import { formatData, TYPE } from '../../src/wire/record-types.ts';
import { buildZone, makeUpZoneFile, withServerAddresses } from '../../src/zone/zone.ts';
import { zoneFileOf } from '../scenarios/world.ts';

const build = (text: string) => buildZone(zoneFileOf(text, nameOf('svc.local')));
const folded = (text: string) => foldName(nameOf(text));
const SOA = '@ 60 SOA ns1 hostmaster 5 1h 10m 1w 2\n';

describe('the fixed part of a zone', () => {
  it('has the names that only stand above others, without records', () => {
    const { nodes } = build(`${SOA}a.b.c 60 A 10.0.0.1\n`);
    expect([...nodes.keys()].sort()).toEqual(
      ['a.b.c.svc.local', 'b.c.svc.local', 'c.svc.local', 'svc.local'].map(folded).sort(),
    );
    expect(nodes.get(folded('b.c.svc.local'))?.rrsets.size).toBe(0);
  });

  it('joins the records of a name and type, whatever the case of the name', () => {
    const { nodes } = build(`${SOA}Web 60 A 10.0.0.1\nweb 60 A 10.0.0.2\nweb 60 TXT "a"\n`);
    const web = nodes.get(folded('WEB.svc.local'));
    expect(web?.rrsets.get(TYPE.A)?.data.map(formatData)).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(web?.rrsets.get(TYPE.TXT)?.data).toHaveLength(1);
  });

  it('knows its SOA, its delegations and whether it has wildcards', () => {
    const plain = build(`${SOA}@ 60 NS ns1\n`);
    expect(plain).toMatchObject({ soaTtlSeconds: 60, soa: { serial: 5 }, hasWildcards: false });
    expect(plain.cuts.size).toBe(0);
    const other = build(`${SOA}sub 60 NS ns1.example.com.\n*.wild 60 A 10.0.0.1\n`);
    expect([...other.cuts]).toEqual([folded('sub.svc.local')]);
    expect(other.hasWildcards).toBe(true);
    // Only a whole first label is one (RFC 4592 §2.1.1).
    expect(build(`${SOA}a*b 60 A 10.0.0.1\n`).hasWildcards).toBe(false);
  });
});

describe('a made-up zone file', () => {
  it('has SOA, NS and the addresses of the name server', () => {
    const { origin, records } = withServerAddresses(makeUpZoneFile(nameOf('svc.local'), 2), [
      '192.0.2.53',
      '2001:db8::53',
    ]);
    expect(origin).toBe(nameOf('svc.local'));
    expect(records.map(formatRecord)).toEqual([
      'svc.local. 300 IN SOA ns1.svc.local. hostmaster.svc.local. 0 3600 600 604800 2',
      'svc.local. 300 IN NS ns1.svc.local.',
      'ns1.svc.local. 300 IN A 192.0.2.53',
      'ns1.svc.local. 300 IN AAAA 2001:db8::53',
    ]);
  });

  it('makes a zone also where no label fits in front of its name', () => {
    const long = nameOf(`${'a'.repeat(61)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}`);
    expect(buildZone(makeUpZoneFile(long, 2)).soa.mname).toBe(long);
  });
});

describe('the name servers of a zone file', () => {
  const served = (text: string) => {
    const { records } = withServerAddresses(zoneFileOf(text, nameOf('svc.local')), ['192.0.2.53']);
    return records.filter(({ data }) => data.kind === 'A').map(formatRecord);
  };

  it('have the addresses of this server, where they are in the zone and have none', () => {
    expect(served('@ 60 SOA ns1 hostmaster 5 1h 10m 1w 2\n@ 60 NS ns1\n')).toEqual([
      'ns1.svc.local. 300 IN A 192.0.2.53',
    ]);
  });

  it('keep the addresses that the file gives them, and get none when they are elsewhere', () => {
    expect(served('@ 60 SOA ns1 hostmaster 5 1h 10m 1w 2\n@ 60 NS ns1\nns1 60 A 10.0.0.53\n')).toEqual([
      'ns1.svc.local. 60 IN A 10.0.0.53',
    ]);
    expect(served('@ 60 SOA ns1 hostmaster 5 1h 10m 1w 2\n@ 60 NS ns.example.\n')).toEqual([]);
  });

  it('get none when they are those of a delegation', () => {
    const file = '@ 60 SOA ns1 hostmaster 5 1h 10m 1w 2\n@ 60 NS ns.example.\nb 60 NS ns.b\n';
    expect(served(file)).toEqual([]);
  });
});
