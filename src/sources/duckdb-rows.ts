// Results of DuckDB as they stream: a chunk at a time, nothing computed ahead of the consumer.

import type { DuckDBDataChunk } from '@duckdb/node-api';
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
    const texts = columns.map(({ text }, index) =>
      chunk
        .getColumnValues(index)
        .map((value) => (value === null ? null : typeof value === 'string' ? value : text(value))),
    );
    if (chunk.rowCount <= batchRows) yield { rows: chunk.rowCount, columns: texts };
    else yield* slices(chunk.rowCount, texts, batchRows);
  }
}

function* slices(rows: number, columns: readonly (string | null)[][], batchRows: number): Generator<RowBatch> {
  for (let from = 0; from < rows; from += batchRows) {
    const size = Math.min(batchRows, rows - from);
    yield { rows: size, columns: columns.map((texts) => texts.slice(from, from + size)) };
  }
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
