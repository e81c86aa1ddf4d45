// The data of the benchmark: all servers are to hold the same.

import { describe, expect, it } from 'vitest';
import { dnsmasqFiles, etcdEntry, instances, zoneFile } from '../../bench/data.mjs';

describe('the data that the servers are given', () => {
  it('has an address of its own for each instance, in the keys, the zone file and the hosts file alike', () => {
    const all = instances('wide');
    expect(all.length).toBe(30_000);
    expect(new Set(all.map(({ address }) => address)).size).toBe(30_000);
    const zone = new Set(zoneFile(all).split('\n'));
    const hosts = new Set(dnsmasqFiles(all).hosts.split('\n'));
    const differing = all.filter((instance) => {
      const { key, value } = etcdEntry(instance);
      const [, service, id] = key.split('/');
      const address = value.slice('http://'.length, -':8080'.length);
      return (
        !zone.has(`${service} IN A ${address}`) ||
        !zone.has(`${id}.${service} IN A ${address}`) ||
        !zone.has(`${service} IN SRV 10 100 8080 ${id}.${service}`) ||
        !hosts.has(`${address} ${service}.bench.example`)
      );
    });
    expect(differing).toEqual([]);
  });
});
