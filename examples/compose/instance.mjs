// An instance of `specServer`: an HTTP server that registers itself in etcd under a lease, registers again whenever the
// lease is lost, and on SIGTERM says goodbye first and serves on for those who still have its address.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { hostname, networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Etcd3 } from 'etcd3';

/** The TTL in DNS, and a second for what was asked for just before. */
const GOODBYE_MS = 5_000 + 1_000;
/** How long a killed instance stays in DNS; long enough for etcd to elect another leader. */
const LEASE_SECONDS = 10;
const RETRY_MS = 500;

const interfaces = Object.values(networkInterfaces()).flat();
const external = interfaces.find(({ family, internal }) => family === 'IPv4' && !internal);
const { ETCD = 'http://127.0.0.1:2379', ID = hostname(), ADDRESS = external?.address, PORT = '3456' } = process.env;

const etcd = new Etcd3({ hosts: ETCD.split(','), grpcOptions: { 'grpc.keepalive_time_ms': 6_000 } });
let lease;
let retry;

async function register() {
  lease = etcd.lease(LEASE_SECONDS);
  const lost = once(lease, 'lost');
  const put = lease.put(`/specServer/${ID}`).value(`http://${ADDRESS}:${PORT}`);
  await put.then(() => lost).catch(() => lease.release());
  retry = setTimeout(register, RETRY_MS);
}

const server = createServer((_request, response) => response.end(`${ID}\n`));
server.listen(Number(PORT), ADDRESS, register);
process.once('SIGTERM', async () => {
  clearTimeout(retry);
  await lease.revoke().catch(() => undefined);
  await delay(GOODBYE_MS);
  server.closeAllConnections();
  server.close();
  etcd.close();
});
