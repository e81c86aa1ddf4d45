// An instance for the tests of `svcdns register`: serves HTTP on a port, prints the signals it gets, and ends as it is
// told by a GET of /exit/CODE, /kill, or on SIGTERM unless it was started with "stubborn". /status/CODE sets what / says.

import { createServer } from 'node:http';

const [port, manner] = process.argv.slice(2);
let status = 200;

const server = createServer((request, response) => {
  const [, verb, code] = request.url.split('/');
  if (verb === 'status') status = Number(code);
  response.writeHead(verb === '' ? status : 200).end();
  if (verb === 'exit') process.exit(Number(code));
  if (verb === 'kill') process.kill(process.pid, 'SIGKILL');
});
server.listen(Number(port), '127.0.0.1', () => console.log('listening'));

for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2']) {
  process.on(name, () => {
    console.log(name);
    if (manner !== 'stubborn' && name === 'SIGTERM') process.exit(7);
  });
}
