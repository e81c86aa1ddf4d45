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
  const audit = async (laterMs = AN_AUDIT_LATER_MS) => {
    const { audits } = recorded.follower.counters;
    clock.aheadMs += laterMs;
    await until('an audit begins', () => recorded.follower.counters.audits > audits);
  };
  return { etcd, relay, client, recorded, audit };
}

/** Milliseconds, more than between two audits of all keys. */
const A_FULL_AUDIT_LATER_MS = 601_000;

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

it.concurrent('finds within ten minutes a loss that other audits have passed over', async (context) => {
  const { relay, client, recorded, audit } = await arrange(context);
  // The first audit of a session compares all keys.
  await audit();
  relay.swallowNext = true;
  await client.put('/a/3', '10.0.0.2:8080');
  await until('the event is lost', () => !relay.swallowNext);
  await client.put('/a/4', '10.0.0.3:8080');
  await until('the event after it is followed', () => recorded.table.get('/a/4') === '10.0.0.3:8080');
  relay.hideNext = '/a/3';
  await audit();
  await until('the audit has missed the key', () => relay.hideNext === undefined);
  await audit();
  await audit();
  expect(recorded.follower.counters).toMatchObject({ audits: 4, auditDifferences: 0 });
  await audit(A_FULL_AUDIT_LATER_MS);
  await recorded.equals(() => client.content());
  expect(recorded.follower.counters).toMatchObject({ auditDifferences: 1, lists: 2 });
});

it.concurrent('finds a lost event among more writes than one page of an audit has', async (context) => {
  const { relay, client, recorded, audit } = await arrange(context);
  await audit();
  relay.swallowNext = true;
  await client.put('/a/3', '10.0.0.2:8080');
  await until('the event is lost', () => !relay.swallowNext);
  await client.putMany('/many/', 5100, '10.0.0.3:8080');
  await until('the events after it are followed', () => recorded.table.size === 5110);
  await audit();
  await recorded.equals(() => client.content());
  expect(recorded.follower.counters).toMatchObject({ audits: 2, auditDifferences: 1, lists: 2 });
});

it.concurrent('lists where a table to be resumed is too large for etcd to compare', async (context) => {
  const { etcd, relay, client, recorded } = await arrange(context);
  await client.putMany('/many/', 300, '10.0.0.3:8080');
  await until('the puts are followed', () => recorded.table.size === 310);
  relay.isSlow = true;
  await etcd.restart();
  await until('the table is listed again', () => recorded.follower.counters.lists === 2);
  await recorded.equals(() => client.content());
  expect(recorded.follower.counters).toMatchObject({ lists: 2, auditDifferences: 0 });
  expect(recorded.eventsOf('audit-failed')).toEqual([]);
});
