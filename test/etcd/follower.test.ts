// The follower's promises, held on a real etcd.

import { startEtcd } from '../support/etcd.ts';
import { describeFollower } from './describe-follower.ts';

async function start() {
  const etcd = await startEtcd();
  return { port: etcd.clientPort, close: () => etcd.close() };
}

describeFollower('a real etcd', start, true);
