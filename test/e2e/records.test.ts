// What `dig` shows of what `etcdctl` wrote.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DigAnswer, dig } from '../support/dig.ts';
import { until } from '../support/until.ts';
import { DEPLOYMENTS, type Running } from './deployments.ts';

/** Too many for a datagram of any size: 60 A records are 960 octets, 100 are over the 1232 that are ever sent. */
const MANY = 100;

const SPEC_SERVERS = {
  '/specServer/1': 'http://10.0.0.1:8080',
  '/specServer/2': '{"address":"10.0.0.2","port":8081,"priority":20,"weight":7,"metadata":{"zone":"a","rack":"7"}}',
  '/specServer/3': '[fd00::3]:8080',
};

describe.each(DEPLOYMENTS)('$name', ({ start }) => {
  let running: Running;

  beforeAll(async () => {
    running = await start();
    for (const [key, value] of Object.entries(SPEC_SERVERS)) await running.etcdctl('put', key, value);
    const { client } = running;
    const many = Array.from({ length: MANY }, (_, at) => client.put(`/many/${at}`).value(`10.1.0.${at + 1}:80`));
    await Promise.all(many);
    await until('the registrations are in DNS', async () => {
      return (
        (await ask('specServer.svc.local', 'A')).answer.length === 2 &&
        (await ask('99.many.svc.local')).status === 'NOERROR'
      );
    });
  });

  afterAll(() => running?.close());

  function ask(...question: readonly string[]): Promise<DigAnswer> {
    return dig(running.server, ...question);
  }

  /** The data of the answers in a fixed order: servers turn it from query to query. */
  async function data(...question: readonly string[]): Promise<string[]> {
    const { answer } = await ask(...question);
    return answer.map((record) => record.split(' ').slice(4).join(' ')).sort();
  }

  it('answers A and AAAA with the instances of each family, authoritative and with a short TTL', async () => {
    const answer = await ask('specServer.svc.local', 'A');
    expect(answer).toMatchObject({ status: 'NOERROR', flags: 'qr aa rd', authority: [], errorCode: undefined });
    expect([...answer.answer].sort()).toEqual([
      'specServer.svc.local. 5 IN A 10.0.0.1',
      'specServer.svc.local. 5 IN A 10.0.0.2',
    ]);
    expect(await data('specServer.svc.local', 'AAAA')).toEqual(['fd00::3']);
    expect(await data('1.specServer.svc.local', 'A')).toEqual(['10.0.0.1']);
  });

  it('answers SRV with port, priority and weight, and gives the addresses of the targets along', async () => {
    const expected = [
      '10 100 8080 1.specServer.svc.local.',
      '10 100 8080 3.specServer.svc.local.',
      '20 7 8081 2.specServer.svc.local.',
    ];
    expect(await data('specServer.svc.local', 'SRV')).toEqual(expected);
    expect(await data('_specServer._tcp.svc.local', 'SRV')).toEqual(expected);
    expect(await data('_http._tcp.specServer.svc.local', 'SRV')).toEqual(expected.slice(0, 1));
    const { additional } = await ask('specServer.svc.local', 'SRV');
    expect([...additional].sort()).toEqual([
      '1.specServer.svc.local. 5 IN A 10.0.0.1',
      '2.specServer.svc.local. 5 IN A 10.0.0.2',
      '3.specServer.svc.local. 5 IN AAAA fd00::3',
    ]);
  });

  it('answers TXT with the metadata of an instance', async () => {
    expect(await data('2.specServer.svc.local', 'TXT')).toEqual(['"zone=a" "rack=7"']);
  });

  it('answers NODATA, not NXDOMAIN, for a type that an existing name does not have', async () => {
    for (const question of [
      ['1.specServer.svc.local', 'AAAA'],
      ['specServer.svc.local', 'MX'],
      ['_tcp.svc.local', 'A'],
    ]) {
      const answer = await ask(...question);
      expect(answer, question.join(' ')).toMatchObject({ status: 'NOERROR', flags: 'qr aa rd', answer: [] });
      expect(answer.authority, question.join(' ')).toEqual([
        expect.stringMatching(
          /^svc\.local\. 2 IN SOA ns1\.svc\.local\. hostmaster\.svc\.local\. \d+ 3600 600 604800 2$/,
        ),
      ]);
    }
  });

  it('answers NXDOMAIN with the SOA for a name that nobody registered, and REFUSED outside its zones', async () => {
    const answer = await ask('specServe.svc.local', 'A');
    expect(answer).toMatchObject({ status: 'NXDOMAIN', flags: 'qr aa rd', answer: [] });
    expect(answer.authority).toEqual([expect.stringMatching(/^svc\.local\. 2 IN SOA /)]);
    expect(await ask('example.com', 'A')).toMatchObject({ status: 'REFUSED', flags: 'qr rd', errorCode: 20 });
  });

  it('answers the same over TCP', async () => {
    const answer = await ask('specServer.svc.local', 'SRV', '+tcp');
    expect(answer).toMatchObject({ status: 'NOERROR', flags: 'qr aa rd', transport: 'TCP' });
    expect(answer.answer).toHaveLength(3);
  });

  it('finds a name in any case and repeats it as it was asked', async () => {
    const answer = await ask('SPECserver.sVc.LOCAL', 'AAAA');
    expect(answer.question).toEqual([';SPECserver.sVc.LOCAL. IN AAAA']);
    expect(answer.answer).toEqual(['SPECserver.sVc.LOCAL. 5 IN AAAA fd00::3']);
  });

  it.each([
    { edns: '+noedns', limit: 512 },
    { edns: '+bufsize=600', limit: 600 },
    { edns: '+bufsize=1232', limit: 1232 },
    { edns: '+bufsize=4096', limit: 1232 },
  ])(
    'fills a datagram of $limit octets with whole records and sets TC for a client with $edns',
    async ({ edns, limit }) => {
      const answer = await ask('many.svc.local', 'A', edns, '+ignore');
      expect(answer.flags).toBe('qr aa tc rd');
      expect(answer.octets).toBeLessThanOrEqual(limit);
      // An A record whose owner is a pointer has 16 octets. Cookies aside, not one more would fit.
      expect(answer.octets).toBeGreaterThan(limit - 16 - 28);
      expect(answer.answer.length).toBeGreaterThan(20);
    },
  );

  it('gives all records to a client that asks again over TCP, as dig does by itself', async () => {
    const answer = await ask('many.svc.local', 'A');
    expect(answer).toMatchObject({ transport: 'TCP', flags: 'qr aa rd' });
    expect(new Set(answer.answer).size).toBe(MANY);
  });

  it('follows put, a new value and del', async () => {
    const addresses = (): Promise<string[]> => data('follow.svc.local', 'A');
    await running.etcdctl('put', '/follow/1', '10.2.0.1:80');
    await until('the put is in DNS', async () => (await addresses()).join() === '10.2.0.1');
    await running.etcdctl('put', '/follow/1', '10.2.0.2:80');
    await until('the new value is in DNS', async () => (await addresses()).join() === '10.2.0.2');
    await running.etcdctl('del', '/follow/1');
    await until('the name is gone', async () => (await ask('follow.svc.local', 'A')).status === 'NXDOMAIN');
  });

  it('forgets an instance whose lease ran out, and no other', async () => {
    const [, lease] = /^lease (\w+) granted/.exec(await running.etcdctl('lease', 'grant', '2')) ?? [];
    if (lease === undefined) throw new Error('expected a lease');
    await running.etcdctl('put', '/leased/1', '10.3.0.1:80', '--lease', lease);
    await running.etcdctl('put', '/leased/2', '10.3.0.2:80');
    const addresses = (): Promise<string[]> => data('leased.svc.local', 'A');
    await until('both are in DNS', async () => (await addresses()).length === 2);
    await until('the lease has run out', async () => (await addresses()).join() === '10.3.0.2');
  });

  it('leaves out an instance with a value that cannot be used, and not its neighbours', async () => {
    await running.etcdctl('put', '/bad/1', 'http://');
    await running.etcdctl('put', '/bad/2', '10.4.0.2:80');
    await until('the good one is in DNS', async () => (await data('bad.svc.local', 'A')).join() === '10.4.0.2');
    expect(running.server.log()).toContainEqual(
      expect.objectContaining({ level: 'warn', kind: 'rejected-key', key: '/bad/1' }),
    );
  });
});
