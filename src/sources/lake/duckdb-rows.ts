// Results of DuckDB as they stream: a chunk at a time, nothing computed ahead of the consumer.

import type { DuckDBDataChunk, DuckDBVector } from '@duckdb/node-api';
import type { RowBatch } from '../../rows/batch.ts';
import { BrokenOff, type Engine } from './duckdb.ts';
import { type TextColumn, textQuery } from './duckdb-text.ts';

/** The rows of a query as text, 1..batchRows at a time. Rejects with DuckDB's error, or as Engine.step does. */
export async function* streamedBatches(
  engine: Engine,
  query: string,
  columns: readonly TextColumn[],
  batchRows: number,
): AsyncGenerator<RowBatch> {
  for await (const { chunk, count } of chunks(engine, textQuery(query, columns), columns.length)) {
    // Some at a time: a chunk may be a few bytes that stand for hundreds of megabytes of text.
    const size = Math.min(batchRows, ROWS_AT_ONCE);
    for (let from = 0; from < count; from += size) {
      const rows = Math.min(size, count - from);
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

/** The rows of a query of ours of so many columns, text or small integers, 1..batchRows at a time. */
export async function* streamedRows(
  engine: Engine,
  query: string,
  columnCount: number,
  batchRows: number,
): AsyncGenerator<(string | null)[][]> {
  for await (const { chunk, count } of chunks(engine, query, columnCount)) {
    const rows = chunk.getRows().slice(0, count);
    const texts = rows.map((row) => row.slice(0, columnCount).map((value) => (value === null ? null : String(value))));
    for (let from = 0; from < count; from += batchRows) yield texts.slice(from, from + batchRows);
  }
}

type Chunk = { readonly chunk: DuckDBDataChunk; readonly count: number };

/**
 * A stream of the driver ends at an error as it ends after its last row. So a row of ours comes last: where it is missing,
 * the query is done again, without its rows, to hear what was wrong.
 */
async function* chunks(engine: Engine, query: string, columnCount: number): AsyncGenerator<Chunk> {
  const text = `select *, false from (${query}\n) union all select ${'null, '.repeat(columnCount)}true`;
  const result = await engine.step(() => engine.connection.stream(text));
  let isWhole = false;
  for (;;) {
    const chunk = await engine.step(() => result.fetchChunk());
    if (chunk === null || chunk.rowCount === 0) break;
    isWhole = chunk.getColumnVector(columnCount).getItem(chunk.rowCount - 1) === true;
    const count = isWhole ? chunk.rowCount - 1 : chunk.rowCount;
    if (count > 0) yield { chunk, count };
  }
  if (isWhole) return;
  await engine.run(`explain analyze ${query}`);
  throw new BrokenOff('its rows broke off, and went well to their end when they were read again');
}
