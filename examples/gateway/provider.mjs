// An instance of specServer: an HTTP server that answers with its id, and knows nothing of svcdns or etcd. `svcdns
// register` stands around it:
//   svcdns register specServer --id 1 --address http://127.0.0.11:3456 -- node provider.mjs 1 127.0.0.11 3456
import { createServer } from 'node:http';

const [id, address, port] = process.argv.slice(2);
const server = createServer((_request, response) => response.end(id)).listen(Number(port), address);
// By now nobody asks for it any more; what is being answered is answered to its end.
process.once('SIGTERM', () => server.close());
