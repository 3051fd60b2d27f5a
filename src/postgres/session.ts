// One connection to Postgres, as used outside of this folder.

import type { Readable, Writable } from 'node:stream';
import type { RowBatch } from '../rows/batch.ts';
import type { DescribedColumn } from './describe.ts';
import type { FetchLimits, FetchText } from './fetch.ts';
import type { Statement } from './prepared.ts';

/**
 * One connection for a while. 64-bit values, numerics and times are returned as text; int4, bool and json are parsed.
 */
export interface Session {
  /** The rows of one statement, or of the last of several without values. The caller declares their type to match the statement. */
  query<R>(statement: Statement, values?: readonly unknown[]): Promise<R[]>;
  /** The number of rows that one statement affected. */
  run(statement: Statement, values?: readonly unknown[]): Promise<number>;
  /** The result columns of one statement, without running it; rejects a string of more than one statement. */
  describe(text: string): Promise<readonly DescribedColumn[]>;
  copyIn(text: string): Writable;
  copyOut(text: string): Readable;
  /** The rows of an open cursor. Close the connection if they are not read to the end. */
  fetchedRows(columnCount: number, textOf: FetchText, limits: FetchLimits): AsyncGenerator<RowBatch>;
}
