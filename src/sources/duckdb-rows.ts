// Results of DuckDB as they stream: a chunk at a time, nothing computed ahead of the consumer.

import type { DuckDBDataChunk, DuckDBVector } from '@duckdb/node-api';
import type { RowBatch } from '../rows/batch.ts';
import type { Engine } from './duckdb.ts';
import { type TextColumn, textQuery } from './duckdb-text.ts';

/** The rows of a query as text, 1..batchRows at a time. Rejects with DuckDB's error, or as Engine.step does. */
export async function* streamedBatches(
  engine: Engine,
  query: string,
  columns: readonly TextColumn[],
  batchRows: number,
): AsyncGenerator<RowBatch> {
  for await (const chunk of chunks(engine, textQuery(query, columns))) {
    // Some at a time: a chunk may be a few bytes that stand for hundreds of megabytes of text.
    const size = Math.min(batchRows, ROWS_AT_ONCE);
    for (let from = 0; from < chunk.rowCount; from += size) {
      const rows = Math.min(size, chunk.rowCount - from);
      yield { rows, columns: columns.map((column, index) => texts(chunk.getColumnVector(index), column, from, rows)) };
    }
  }
}

const ROWS_AT_ONCE = 512;

function texts(vector: DuckDBVector, { text }: TextColumn, from: number, rows: number): (string | null)[] {
  return Array.from({ length: rows }, (_, index) => {
    const value = vector.getItem(from + index);
    return value === null ? null : typeof value === 'string' ? value : text(value);
  });
}

/** The rows of a query of ours whose columns are text or small integers, 1..batchRows at a time. */
export async function* streamedRows(
  engine: Engine,
  query: string,
  batchRows: number,
): AsyncGenerator<(string | null)[][]> {
  for await (const chunk of chunks(engine, query)) {
    const rows = chunk.getRows().map((row) => row.map((value) => (value === null ? null : String(value))));
    for (let from = 0; from < rows.length; from += batchRows) yield rows.slice(from, from + batchRows);
  }
}

async function* chunks(engine: Engine, query: string): AsyncGenerator<DuckDBDataChunk> {
  const result = await engine.step(() => engine.connection.stream(query));
  for (;;) {
    const chunk = await engine.step(() => result.fetchChunk());
    if (chunk === null || chunk.rowCount === 0) return;
    yield chunk;
  }
}
