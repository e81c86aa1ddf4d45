// The instances of a service, pushed to a Node program.

import { describe, expect, it, type TestContext } from 'vitest';
import { type Discovery, discover } from '../../src/registrar/discover.ts';
import type { EtcdMember } from '../support/etcd.ts';
import { until } from '../support/until.ts';
import { registerOne, startOne } from './registering.ts';

function follow({ onTestFinished }: TestContext, { endpoint }: EtcdMember): Discovery {
  const discovery = discover('specServer', { etcd: { endpoints: [endpoint] } });
  onTestFinished(() => discovery.close());
  return discovery;
}

const idsOf = ({ instances }: Discovery): string[] => instances.map(({ id }) => id).sort();

describe.concurrent('a discovery', () => {
  it('has the instances directly below the service, with all that was registered of them', async (context) => {
    const etcd = await startOne(context);
    await etcd.etcdctl('put', '/specServer/a/b', '10.0.0.9:80');
    await etcd.etcdctl('put', '/specServers/1', '10.0.0.9:80');
    await etcd.etcdctl('put', '/specServer/down', '{"address":"10.0.0.9","port":80,"state":"down"}');
    await etcd.etcdctl('put', '/specServer/bad', 'http://');
    await etcd.etcdctl('put', '/specServer/2', 'svc.example:9090');
    registerOne(context, [etcd.endpoint], { ports: { grpc: 9090 }, weight: 5, metadata: { a: 'b=c' } });
    const discovery = follow(context, etcd);
    await until('both are there', () => discovery.instances.length === 2);
    expect([...discovery.instances].sort((one, other) => (one.id < other.id ? -1 : 1))).toEqual([
      {
        id: '1',
        host: '10.0.0.1',
        port: 8080,
        ports: { http: 8080, grpc: 9090 },
        priority: 10,
        weight: 5,
        metadata: { a: 'b=c' },
      },
      { id: '2', host: 'svc.example', port: 9090, ports: {}, priority: 10, weight: 100, metadata: {} },
    ]);
  });

  it('gives each list to whoever iterates, and ends when it is closed', async (context) => {
    const etcd = await startOne(context);
    const discovery = follow(context, etcd);
    const lists: number[] = [];
    for await (const instances of discovery) {
      lists.push(instances.length);
      if (instances.length === 0) await etcd.etcdctl('put', '/specServer/1', '10.0.0.1:80');
      else void discovery.close();
    }
    expect(lists).toEqual([0, 1]);
  });

  it('keeps its list while etcd is away, and says so', async (context) => {
    const etcd = await startOne(context);
    await etcd.etcdctl('put', '/specServer/1', '10.0.0.1:80');
    const discovery = follow(context, etcd);
    const states: string[] = [];
    discovery.on('state', (state) => states.push(state));
    await until('it is live', () => discovery.state === 'live');
    await etcd.kill();
    await until('it is stale', () => discovery.state === 'stale');
    expect(idsOf(discovery)).toEqual(['1']);
    etcd.spawn();
    await etcd.ready();
    await etcd.etcdctl('put', '/specServer/2', '10.0.0.2:80');
    await until('the second is there', () => discovery.instances.length === 2);
    expect(states).toEqual(['live', 'stale', 'live']);
  });
});
