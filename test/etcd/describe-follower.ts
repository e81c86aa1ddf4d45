// What the follower promises on any store with etcd's API and over any network: the same tests for the real etcd and for
// other stores. Every test has a store of its own, behind a proxy that has the faults.

import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it, type TestContext } from 'vitest';
import { freePort } from '../support/etcd.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { RecordedFollower, type RecordOptions, StoreClient } from './recorded-follower.ts';

export interface TestStore {
  readonly port: number;
  close(): Promise<void>;
}

/** Milliseconds within which silence must be noticed: the wait for a probe, two probes, and some for a busy machine. */
export const NOTICED_MS = 4500;

/** Milliseconds within which a healed store must be found: an attempt, the longest wait, and some for a busy machine. */
const FOUND_MS = 5000;

/** Milliseconds, more than between two audits. */
export const AN_AUDIT_LATER_MS = 61_000;

/** @param isApart whether the store has a process of its own: what is timed closely cannot be timed with one that shares ours */
export function describeFollower(name: string, startStore: () => Promise<TestStore>, isApart: boolean): void {
  async function arrange({ onTestFinished }: TestContext) {
    const store = await startStore();
    onTestFinished(() => store.close());
    const proxy = await TcpProxy.listen(store.port);
    onTestFinished(() => proxy.close());
    const client = new StoreClient(`http://127.0.0.1:${store.port}`);
    onTestFinished(() => client.close());
    const follow = (options?: RecordOptions, endpoints: readonly string[] = [proxy.endpoint]) => {
      const recorded = new RecordedFollower({ endpoints }, options);
      onTestFinished(() => recorded.follower.close());
      return recorded;
    };
    return { proxy, client, follow, content: () => client.content() };
  }

  describe.concurrent(`following ${name}`, () => {
    it('lists what is there, then follows every put and delete', async (context) => {
      const { client, follow, content } = await arrange(context);
      await client.putMany('/specServer/', 250, '10.0.0.1:8080');
      const recorded = follow();
      await recorded.live();
      expect(recorded.batches).toHaveLength(1);
      expect(recorded.batches[0]).toMatchObject({ source: 'list', revision: BigInt(await client.revision()) });
      expect(recorded.table.size).toBe(250);

      await client.put('/specServer/250', '10.0.0.2:8080');
      await client.delete('/specServer/3');
      await client.put('/specServer/4', '10.0.0.3:8080');
      await recorded.equals(content);
      expect(recorded.states).toEqual(['live']);
      expect(recorded.follower.appliedRevision).toBe(BigInt(await client.revision()));
      expect(recorded.follower.staleMs()).toBe(0);
    });

    it('lists a prefix of several pages completely', async (context) => {
      const { client, follow, content } = await arrange(context);
      await client.putMany('/specServer/', 12_000, '10.0.0.1:8080');
      const recorded = follow();
      await recorded.live();
      await recorded.equals(content);
      expect(recorded.eventsOf('listed')).toMatchObject([{ keys: 12_000, pages: 3 }]);
    });

    it('applies a transaction as one change', async (context) => {
      const { client, follow, content } = await arrange(context);
      await client.put('/a/1', '10.0.0.1:8080');
      const recorded = follow();
      await recorded.live();
      await client.move('/a/1', '/a/2', '10.0.0.1:8080');
      await recorded.equals(content);
      const revision = BigInt(await client.revision());
      expect(recorded.batches.at(-1)).toMatchObject({ source: 'watch', revision });
      expect(recorded.batches.at(-1)?.changes).toHaveLength(2);
    });

    it('follows the keys of its prefixes only, each once although prefixes overlap', async (context) => {
      const { client, follow } = await arrange(context);
      for (const key of ['/a/1', '/ab', '/b/1', '/b/c/1']) await client.put(key, 'listed');
      const recorded = follow({ prefixes: ['/b/c/', '/a/', '/b/'] });
      await recorded.live();
      expect([...recorded.table.keys()].sort()).toEqual(['/a/1', '/b/1', '/b/c/1']);
      for (const key of ['/a/2', '/ab2', '/c', '/b/2', '/b/c/2']) await client.put(key, 'watched');
      await until('the last put is followed', () => recorded.table.has('/b/c/2'));
      expect([...recorded.table.keys()].sort()).toEqual(['/a/1', '/a/2', '/b/1', '/b/2', '/b/c/1', '/b/c/2']);
      expect(recorded.batches.flatMap(({ changes }) => changes)).toHaveLength(6);
    });

    it('keeps keys that are not text apart, octet by octet', async (context) => {
      const { client, follow, content } = await arrange(context);
      await client.put('/\xff', 'listed');
      const recorded = follow();
      await recorded.live();
      await client.put('/\xff\x00', 'watched');
      await client.put('/\xc3', 'half of a UTF-8 sequence');
      await recorded.equals(content);
      expect(recorded.table.size).toBe(3);
    });

    it('follows values that are larger together than a default gRPC message', async (context) => {
      const { client, follow, content } = await arrange(context);
      const large = Buffer.alloc(1_400_000, 'x');
      for (const key of ['/a/1', '/a/2', '/a/3', '/a/4']) await client.put(key, large);
      const recorded = follow();
      await recorded.live();
      for (const key of ['/b/1', '/b/2', '/b/3', '/b/4']) await client.put(key, large);
      await recorded.equals(content);
    });

    it('lists over a slow link, in smaller pages', async (context) => {
      const { client, proxy, follow, content } = await arrange(context);
      // All in one page would take longer than a page may.
      await client.putMany('/a/', 3750, Buffer.alloc(8000, 'x'));
      proxy.slowDown(8_000_000);
      const recorded = follow();
      await recorded.live(40_000);
      await recorded.equals(content);
      expect(recorded.eventsOf('listed')).toMatchObject([{ keys: 3750, pages: 15 }]);
    });

    if (isApart) {
      it('compares itself over a slow link, whose probes wait behind the pages', async (context) => {
        const { client, proxy, follow } = await arrange(context);
        // Two pages, each of which takes about as long as a probe may.
        await client.putMany('/a/', 4000, Buffer.alloc(1000, 'x'));
        proxy.slowDown(2_500_000);
        let aheadMs = 0;
        const recorded = follow({ monotonicMs: () => performance.now() + aheadMs });
        await recorded.live(40_000);
        for (let audits = 1; audits <= 2; audits += 1) {
          aheadMs += AN_AUDIT_LATER_MS;
          await until('an audit begins', () => recorded.follower.counters.audits === audits, 40_000);
        }
        expect(recorded.eventsOf('audit-failed')).toEqual([]);
        expect(recorded.states).toEqual(['live']);
      });
    }

    it('catches up over a slow link, whose probes wait behind the backlog', async (context) => {
      const { client, proxy, follow, content } = await arrange(context);
      const recorded = follow();
      await recorded.live();
      await proxy.refuse();
      await recorded.stale();
      await client.putMany('/a/', 750, Buffer.alloc(8000, 'x'));
      proxy.slowDown(1_500_000);
      await proxy.heal();
      await recorded.equals(content, 40_000);
      expect(recorded.follower.counters.lists).toBe(1);
    });

    it('loses nothing when the connection breaks as soon as the watch is created, again and again', async (context) => {
      const { client, proxy, follow, content } = await arrange(context);
      await client.put('/a/gone', '10.0.0.1:8080');
      await client.put('/a/stays', '10.0.0.1:8080');
      let cutsLeft = 0;
      const recorded = follow({
        log: ({ kind }) => {
          if (kind !== 'watching' || cutsLeft === 0) return;
          cutsLeft -= 1;
          proxy.cut();
        },
      });
      await recorded.live();
      await proxy.refuse();
      await client.putMany('/b/', 50, '10.0.0.2:8080');
      await client.delete('/a/gone');
      cutsLeft = 5;
      await proxy.heal();
      await until('the connection broke five times', () => cutsLeft === 0);
      await recorded.equals(content);
      expect(recorded.follower.counters.lists).toBe(1);
    });

    it('loses nothing when the connection breaks in the middle of a backlog of two prefixes', async (context) => {
      const { client, proxy, follow, content } = await arrange(context);
      await client.put('/a/stays', '10.0.0.1:8080');
      let cut = false;
      const recorded = follow({
        prefixes: ['/a/', '/b/'],
        onBatch: ({ source }) => {
          if (source === 'list' || cut) return;
          cut = true;
          proxy.cut();
        },
      });
      await recorded.live();
      await proxy.refuse();
      await recorded.stale();
      // etcd ships a backlog in responses of at most 1000 revisions.
      await Promise.all(Array.from({ length: 3000 }, (_, at) => client.put(`/${'ab'[at % 2]}/${at}`, '10.0.0.2:8080')));
      await proxy.heal();
      await recorded.equals(content);
      expect(recorded.follower.counters).toMatchObject({ lists: 1, eventsApplied: 3000 });
    });

    it('loses nothing of a backlog that is larger than a default gRPC message', async (context) => {
      const { client, proxy, follow, content } = await arrange(context);
      await client.put('/a/stays', '10.0.0.1:8080');
      const recorded = follow();
      await recorded.live();
      await proxy.refuse();
      await recorded.stale();
      await client.putMany('/b/', 1500, Buffer.alloc(8000, 'x'));
      await proxy.heal();
      await recorded.equals(content);
      expect(recorded.follower.counters.lists).toBe(1);
    });

    it('lists again when the store was compacted meanwhile, and reports only what changed', async (context) => {
      const { client, proxy, follow, content } = await arrange(context);
      await client.putMany('/a/', 20, '10.0.0.1:8080');
      const recorded = follow();
      await recorded.live();
      await proxy.refuse();
      await recorded.stale();
      await client.put('/a/20', '10.0.0.2:8080');
      await client.put('/a/7', '10.0.0.3:8080');
      await client.delete('/a/3');
      await client.compact();
      await proxy.heal();
      await recorded.equals(content);
      expect(recorded.follower.counters.lists).toBe(2);
      expect(recorded.eventsOf('audit-failed')).toMatchObject([{ reason: 'compacted' }]);
      expect(recorded.follower.counters.sessionsEnded.compacted).toBe(0);
      const { source, changes } = recorded.batches[1] ?? {};
      expect(source).toBe('list');
      expect(changes?.map(({ kind, key }) => `${kind} ${key}`)).toEqual(['put /a/20', 'put /a/7', 'delete /a/3']);
    });

    it('resumes without a list after a put, after a delete, and after the last key is deleted', async (context) => {
      const { client, proxy, follow } = await arrange(context);
      await client.putMany('/a/', 2, '10.0.0.1:8080');
      const recorded = follow({ prefixes: ['/a/', '/quiet/'] });
      await recorded.live();
      const writes = [
        () => client.put('/a/1', '10.0.0.2:8080'),
        () => client.delete('/a/0'),
        () => client.move('/a/1', '/b/1', '10.0.0.2:8080'),
      ];
      for (const write of writes) {
        const { watches } = recorded.follower.counters;
        const applied = recorded.follower.appliedRevision;
        await write();
        await until('the write is followed', () => recorded.follower.appliedRevision > applied);
        await client.put('elsewhere', '');
        proxy.cut();
        await until('watching again', () => recorded.follower.counters.watches > watches);
      }
      expect(recorded.table.size).toBe(0);
      await client.put('/a/new', '10.0.0.3:8080');
      await until('the last put is followed', () => recorded.table.has('/a/new'));
      expect(recorded.follower.counters).toMatchObject({ lists: 1, auditDifferences: 0 });
      expect(recorded.eventsOf('audit-failed')).toEqual([]);
    });

    it('loses nothing on a link that breaks three times in half a second, for a while', async (context) => {
      const { client, proxy, follow, content } = await arrange(context);
      await client.put('/a/stays', '10.0.0.1:8080');
      const recorded = follow();
      await recorded.live();
      for (let cut = 0; cut < 9; cut += 1) {
        const { watches } = recorded.follower.counters;
        await Promise.all(Array.from({ length: 20 }, (_, at) => client.put(`/b/${cut}-${at}`, '10.0.0.2:8080')));
        await client.delete(`/b/${cut}-0`);
        proxy.cut();
        // Each third cut waits for the watch to be back; the others hit the attempts.
        if (cut % 3 === 2) await until('watching again', () => recorded.follower.counters.watches > watches);
      }
      await recorded.equals(content);
      expect(recorded.follower.counters.lists).toBe(1);
    });

    it('notices a connection that is silent for ever, keeps its table, and takes a new one', async (context) => {
      const { client, proxy, follow, content } = await arrange(context);
      await client.put('/a/stays', '10.0.0.1:8080');
      const recorded = follow();
      await recorded.live();
      proxy.blackHole();
      await recorded.stale(NOTICED_MS);
      await client.putMany('/b/', 50, '10.0.0.2:8080');
      expect(recorded.table.size).toBe(1);
      expect(recorded.follower.staleMs()).toBeGreaterThan(1000);
      await proxy.heal();
      await recorded.live(FOUND_MS);
      await recorded.equals(content);
      expect(recorded.follower.counters.lists).toBe(1);
    });

    it('catches up on a connection that was frozen for a moment, without ending it', async (context) => {
      const { client, proxy, follow, content } = await arrange(context);
      await client.put('/a/stays', '10.0.0.1:8080');
      const recorded = follow();
      await recorded.live();
      proxy.freeze();
      await client.putMany('/b/', 200, '10.0.0.2:8080');
      await proxy.heal();
      await recorded.equals(content);
      expect(recorded.states).toEqual(['live']);
    });

    it('keeps its table for as long as etcd refuses connections', async (context) => {
      const { client, proxy, follow, content } = await arrange(context);
      await client.putMany('/a/', 10, '10.0.0.1:8080');
      const recorded = follow();
      await recorded.live();
      await proxy.refuse();
      await until('some attempts have failed', () => recorded.eventsOf('session-ended').length >= 4);
      expect(recorded.follower.state).toBe('stale');
      expect(recorded.table.size).toBe(10);
      expect(recorded.batches).toHaveLength(1);
      await proxy.heal();
      await recorded.live(FOUND_MS);
      await recorded.equals(content);
      expect(recorded.states).toEqual(['live', 'stale', 'live']);
    });

    it('starts before etcd does, and reports nothing until it has listed', async (context) => {
      const { client, proxy, follow, content } = await arrange(context);
      await proxy.refuse();
      await client.put('/a/1', '10.0.0.1:8080');
      const recorded = follow();
      await until('some attempts have failed', () => recorded.eventsOf('session-ended').length >= 3);
      expect(recorded.follower.state).toBe('syncing');
      expect(recorded.batches).toEqual([]);
      await proxy.heal();
      await recorded.live(FOUND_MS);
      await recorded.equals(content);
      expect(recorded.states).toEqual(['live']);
    });

    it('goes on to the next endpoint when one refuses connections', async (context) => {
      const { client, proxy, follow, content } = await arrange(context);
      await client.put('/a/1', '10.0.0.1:8080');
      const recorded = follow({}, [`http://127.0.0.1:${await freePort()}`, proxy.endpoint]);
      await recorded.live(2000);
      await recorded.equals(content);
      expect(recorded.follower.counters.sessionsEnded.unreachable).toBe(1);
    });

    it('goes on to the next endpoint when one accepts connections and says nothing', async (context) => {
      const { client, proxy, follow, content } = await arrange(context);
      await client.put('/a/1', '10.0.0.1:8080');
      const silent = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
      context.onTestFinished(() => void silent.close());
      await until('the silent endpoint listens', () => silent.listening);
      const { port } = silent.address() as AddressInfo;
      const recorded = follow({}, [`http://127.0.0.1:${port}`, proxy.endpoint]);
      await recorded.live(3000);
      await recorded.equals(content);
      expect(recorded.follower.counters.sessionsEnded.timeout).toBe(1);
      const connections = () => new Promise<number>((resolve) => silent.getConnections((_, count) => resolve(count)));
      await until('no connection to the silent endpoint is left', async () => (await connections()) === 0);
    });

    it('finds itself equal to the store: quiet, compacted, and under writes', async (context) => {
      const { client, follow, content } = await arrange(context);
      await client.putMany('/a/', 10, '10.0.0.1:8080');
      let aheadMs = 0;
      const recorded = follow({ prefixes: ['/a/', '/b/'], monotonicMs: () => performance.now() + aheadMs });
      const { counters } = recorded.follower;
      const audit = async () => {
        const { audits } = counters;
        aheadMs += AN_AUDIT_LATER_MS;
        await until('an audit is made', () => counters.audits > audits);
      };
      await recorded.live();
      await audit();
      for (let at = 0; at < 20; at += 1) await client.put('elsewhere', String(at));
      await client.compact();
      await audit();
      let writing = true;
      const writes = (async () => {
        for (let at = 0; writing; at += 1) {
          await client.put(`/b/${at % 50}`, String(at));
          await client.delete(`/b/${(at + 25) % 50}`);
        }
      })();
      for (let time = 0; time < 3; time += 1) await audit();
      writing = false;
      await writes;
      await recorded.equals(content);
      expect(counters).toMatchObject({ audits: 5, auditDifferences: 0, lists: 1 });
      expect(recorded.eventsOf('audit-failed')).toEqual([]);
    });

    it('closes within a second, once and for all, although the connection is frozen', async (context) => {
      const { client, proxy, follow } = await arrange(context);
      await client.put('/a/1', '10.0.0.1:8080');
      const recorded = follow();
      await recorded.live();
      proxy.freeze();
      await client.put('/a/2', '10.0.0.1:8080');
      const startedMs = performance.now();
      await Promise.all([recorded.follower.close(), recorded.follower.close()]);
      expect(performance.now() - startedMs).toBeLessThan(1000);
      const { batches, states, events } = recorded;
      const said = [batches.length, states.length, events.length];
      await proxy.heal();
      await until('the connection is gone', () => proxy.connections === 0);
      expect([batches.length, states.length, events.length]).toEqual(said);
    });

    it('closes at once while it connects to a silent endpoint', async (context) => {
      const { proxy, follow } = await arrange(context);
      proxy.freeze();
      const recorded = follow();
      await until('the follower has connected', () => proxy.connections === 1);
      const startedMs = performance.now();
      await recorded.follower.close();
      expect(performance.now() - startedMs).toBeLessThan(1000);
      expect(recorded.batches).toEqual([]);
    });
  });
}
