// Prints the instances of a service, now and whenever they change: `node examples/library/discover.mjs`, beside an etcd on
// this machine or `npm start`.

import { discover } from 'svcdns';

const discovery = discover('exampleServer');
process.once('SIGINT', () => discovery.close());

// `state` is `stale` while etcd is away; the list stays what it was.
discovery.on('state', (state) => console.log(`# ${state}`));

for await (const instances of discovery) {
  console.log(instances.map(({ host, port }) => `${host}:${port}`).join(' ') || '(none)');
}
