// One connection to Postgres, as the rest of the code uses it.

import type { Readable, Writable } from 'node:stream';
import type { DescribedColumn } from './describe.ts';

/** One connection for a while. Values of 64 bits, numerics and times come as text; int4, bool and json as themselves. */
export interface Session {
  /** The rows of one statement. The caller names their shape, which the statement beside it decides. */
  query<R>(text: string, values?: readonly unknown[]): Promise<R[]>;
  /** How many rows one statement touched. */
  run(text: string, values?: readonly unknown[]): Promise<number>;
  /** The columns that one statement would yield, without running it; rejects a text of several statements. */
  describe(text: string): Promise<readonly DescribedColumn[]>;
  copyIn(text: string): Writable;
  copyOut(text: string): Readable;
}
