// Statistics of columns by which DuckDB would skip rows that a query selects.

import type { Engine } from '../../lake/duckdb.ts';
import type { TableFile } from '../files-table.ts';
import { quotedText } from '../quote.ts';

/** Writers whose order of texts and decimals is right. Others may be as old as parquet-mr 1.8, which Spark 2 contains. */
const WRITERS = /^(?:DuckDB|parquet-cpp-arrow|parquet-rs|Polars|parquet-mr version 1\.[1-9]\d)/;

/**
 * The columns with smallest and largest values only in the fields that the format deprecates: older writers compared signed
 * bytes, by which é is less than a. Their order of numbers in four or eight bytes is right.
 */
export async function signedColumns(
  engine: Engine,
  { path }: TableFile,
  writer: string | null,
): Promise<ReadonlySet<string>> {
  if (writer !== null && WRITERS.test(writer)) return NONE;
  const rows = await engine.rows(
    `select distinct path_in_schema from parquet_metadata(${quotedText(path)})
      where type in ('BYTE_ARRAY', 'FIXED_LEN_BYTE_ARRAY', 'INT96')
        and coalesce(stats_min, stats_max) is not null and stats_min_value is null and stats_max_value is null`,
  );
  return new Set(rows.map(([name]) => name ?? ''));
}

const NONE: ReadonlySet<string> = new Set();

/** Types whose values may be bytes in the file. TIMESTAMP: an INT96 that is read without a copy (parquet-nanoseconds.ts). */
const OF_BYTES = /^(?:DECIMAL\(\d+,\d+\)|BLOB|TIMESTAMP)$/;

/**
 * The column as an expression that conditions of the query, and the keys of its joins, do not pass, if they would skip rows.
 * Bloom filters contain the bits of floats: a condition on 0 skips -0, which equals it, and any condition skips 16-bit floats.
 * The value is the same. (DuckDB removes other expressions without an effect, such as coalesce.)
 */
export function unskipped(
  { type, isSigned }: { readonly type: string; readonly isSigned: boolean },
  column: string,
): string {
  if (type === 'FLOAT' || type === 'DOUBLE') return `(-(-${column}))`;
  if (!isSigned) return column;
  if (type === 'VARCHAR') return `(${column} || '')`;
  // Not negated twice, as floats are: DuckDB also negates the smallest and largest value of a decimal, and skips by these.
  return OF_BYTES.test(type) ? `greatest(${column}, ${column})` : column;
}
