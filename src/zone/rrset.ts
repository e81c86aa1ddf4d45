// Records that share owner, class and type (RFC 9499 §5), as the answer path handles them.

import type { Name } from '../wire/name.ts';
import type { RecordData } from '../wire/record-types.ts';

export interface RRset {
  readonly name: Name;
  readonly type: number;
  /** One for all its records (RFC 2181 §5.2). */
  readonly ttlSeconds: number;
  readonly data: readonly RecordData[];
  /** How often each record comes first in an answer, relative to the others; equally often when undefined. */
  readonly weights?: readonly number[];
  /** Address records of the names that the records point to, record by record, for the additional section. */
  readonly glue?: readonly (readonly RRset[])[];
}
