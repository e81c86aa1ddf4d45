// Events that never came: the comparison with etcd finds them, whatever kind they were.

import { expect, it, type TestContext } from 'vitest';
import { startEtcd } from '../support/etcd.ts';
import { until } from '../support/until.ts';
import { AN_AUDIT_LATER_MS } from './describe-follower.ts';
import { LossyRelay } from './lossy-relay.ts';
import { RecordedFollower, StoreClient } from './recorded-follower.ts';

async function arrange({ onTestFinished }: TestContext) {
  const etcd = await startEtcd();
  onTestFinished(() => etcd.close());
  const relay = await LossyRelay.listen(etcd.endpoint);
  onTestFinished(() => relay.close());
  const client = new StoreClient(etcd.endpoint);
  onTestFinished(() => client.close());
  await client.putMany('/a/', 10, '10.0.0.1:8080');
  const clock = { aheadMs: 0 };
  const recorded = new RecordedFollower(
    { endpoints: [relay.endpoint] },
    { monotonicMs: () => performance.now() + clock.aheadMs },
  );
  onTestFinished(() => recorded.follower.close());
  await recorded.live();
  const audit = async () => {
    const { audits } = recorded.follower.counters;
    clock.aheadMs += AN_AUDIT_LATER_MS;
    await until('an audit begins', () => recorded.follower.counters.audits > audits);
  };
  return { relay, client, recorded, audit };
}

const LOSSES: ReadonlyArray<readonly [string, (client: StoreClient) => Promise<void>]> = [
  ['a delete', (client) => client.delete('/a/3')],
  ['a put of a new key', (client) => client.put('/a/new', '10.0.0.2:8080')],
  ['a put of a known key', (client) => client.put('/a/3', '10.0.0.2:8080')],
  ['a move', (client) => client.move('/a/3', '/a/new', '10.0.0.2:8080')],
];

for (const [event, lose] of LOSSES) {
  it.concurrent(`finds that ${event} was lost, and lists again`, async (context) => {
    const { relay, client, recorded, audit } = await arrange(context);
    relay.swallowNext = true;
    await lose(client);
    await until('the event is lost', () => !relay.swallowNext);
    // The next event is delivered, so the revision of the table passes the lost one.
    await client.put('/a/4', '10.0.0.3:8080');
    await until('the event after it is followed', () => recorded.table.get('/a/4') === '10.0.0.3:8080');
    await audit();
    await recorded.equals(() => client.content());
    expect(recorded.follower.counters).toMatchObject({ auditDifferences: 1, lists: 2 });
    expect(recorded.eventsOf('audit-difference')).toHaveLength(1);
  });
}

it.concurrent('finds a loss although nothing came after it and the revision is compacted', async (context) => {
  const { relay, client, recorded, audit } = await arrange(context);
  relay.swallowNext = true;
  await client.delete('/a/3');
  await until('the event is lost', () => !relay.swallowNext);
  await client.compact();
  await audit();
  await recorded.equals(() => client.content());
  expect(recorded.follower.counters).toMatchObject({ auditDifferences: 1, lists: 2 });
});
