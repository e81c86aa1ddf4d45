// The format of etcd's gRPC naming (`go.etcd.io/etcd/client/v3/naming`): {"Op":0,"Addr":"10.0.0.1:9000","Metadata":…}.
// Op 1 says that the address goes away; Metadata may be any JSON, and scalars in an object become TXT strings.

import { z } from 'zod';
import { type Adjustment, type Description, type Problem, problem, shown } from './description.ts';
import { parseEndpoint } from './endpoint.ts';
import { type JsonObject, readField, readMetadata } from './fields.ts';

const OP_ADD = 0;
const OP_DELETE = 1;
const OP = z.union([z.literal(OP_ADD), z.literal(OP_DELETE)]);

export function describeGrpcNaming(value: JsonObject, adjusted: Set<Adjustment>): Description | Problem {
  const { Op, Addr, Metadata } = value;
  if (typeof Addr !== 'string') return problem('bad-host', `Addr ${shown(Addr)}: expected text`);
  const endpoint = parseEndpoint(Addr, adjusted);
  if (endpoint.kind === 'problem') return endpoint;
  return {
    kind: 'description',
    host: endpoint.host,
    ports: endpoint.port === undefined ? [] : [endpoint.port],
    texts: readMetadata(Metadata, adjusted),
    up: readField(OP, Op, 'op', adjusted) !== OP_DELETE,
  };
}
