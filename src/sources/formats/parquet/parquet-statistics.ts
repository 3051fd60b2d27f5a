// Statistics of columns by which DuckDB would skip rows that a query selects.

import type { Engine } from '../../lake/duckdb.ts';
import type { TableFile } from '../files-table.ts';
import { quotedText } from '../quote.ts';

/** Writers whose order of texts and decimals is right. Others may be as old as parquet-mr 1.8, which Spark 2 contains. */
const WRITERS = /^(?:DuckDB|parquet-cpp-arrow|parquet-rs|Polars|parquet-mr version 1\.[1-9]\d)/;

/**
 * The columns with smallest and largest values only in the fields that the format deprecates: older writers compared signed
 * bytes, by which é is less than a.
 */
export async function signedColumns(
  engine: Engine,
  { path }: TableFile,
  writer: string | null,
): Promise<ReadonlySet<string>> {
  if (writer !== null && WRITERS.test(writer)) return NONE;
  const rows = await engine.rows(
    `select distinct path_in_schema from parquet_metadata(${quotedText(path)})
      where coalesce(stats_min, stats_max) is not null and stats_min_value is null and stats_max_value is null`,
  );
  return new Set(rows.map(([name]) => name ?? ''));
}

const NONE: ReadonlySet<string> = new Set();

/**
 * The column as an expression that conditions of the query, and the keys of its joins, do not pass, if they would skip rows.
 * Bloom filters contain the bits of floats: a condition on 0 skips -0, which equals it, and any condition skips 16-bit floats.
 * The value is the same. (DuckDB removes other expressions without an effect, such as coalesce.)
 */
export function unskipped(
  { type, isSigned }: { readonly type: string; readonly isSigned: boolean },
  column: string,
): string {
  const isNumber = type === 'FLOAT' || type === 'DOUBLE' || (isSigned && type.startsWith('DECIMAL'));
  if (isNumber) return `(-(-${column}))`;
  return isSigned && type === 'VARCHAR' ? `(${column} || '')` : column;
}
