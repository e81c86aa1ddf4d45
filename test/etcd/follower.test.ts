// The follower's promises, held on a real etcd.

import { startEtcd } from '../support/etcd.ts';
import { describeFollower } from './describe-follower.ts';

describeFollower('a real etcd', async () => {
  const etcd = await startEtcd();
  return { port: etcd.clientPort, close: () => etcd.close() };
});
