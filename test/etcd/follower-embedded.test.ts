// The follower's promises, held on the embedded store.

import { EmbeddedStore } from '../../src/embedded/server.ts';
import { describeFollower } from './describe-follower.ts';

async function start() {
  const store = await EmbeddedStore.listen({ host: '127.0.0.1', port: 0 });
  return { port: Number(new URL(store.endpoint).port), close: () => store.close() };
}

describeFollower('the embedded store', start, false);
