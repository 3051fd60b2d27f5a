// Streams DuckDB results inside an engine process: one chunk at a time, nothing computed ahead of the consumer, each
// batch encoded as a frame.

import type { DuckDBConnection, DuckDBDataChunk, DuckDBValue } from '@duckdb/node-api';
import { type TextColumn, textQuery } from './duckdb-text.ts';
import { batchFrame } from './engine/batch-bytes.ts';
import { ReadInterrupted } from './engine/errors.ts';

/** A batch ends with the row that reaches this much text, because a small chunk can expand to hundreds of megabytes. */
const BATCH_CHARACTERS_MAX = 1_048_576;

type Text = (value: NonNullable<DuckDBValue>) => string;

/** The rows of a prepared query as text, 1..batchRows in a frame. Rejects with DuckDB's error or ReadInterrupted. */
export async function* columnFrames(
  connection: DuckDBConnection,
  query: string,
  columns: readonly TextColumn[],
  batchRows: number,
): AsyncGenerator<Buffer> {
  const texts = columns.map(({ text }) => text);
  for await (const chunk of chunks(connection, textQuery(query, columns), columns.length)) {
    yield* chunkFrames(chunk, texts, batchRows);
  }
}

/** The rows of an internal query with `columnCount` columns of text or small integers, 1..batchRows per frame. */
export async function* textFrames(
  connection: DuckDBConnection,
  query: string,
  columnCount: number,
  batchRows: number,
): AsyncGenerator<Buffer> {
  const texts = Array.from({ length: columnCount }, (): Text => String);
  for await (const chunk of chunks(connection, query, columnCount)) yield* chunkFrames(chunk, texts, batchRows);
}

function* chunkFrames({ chunk, count }: Chunk, texts: readonly Text[], batchRows: number): Generator<Buffer> {
  const vectors = texts.map((_, index) => chunk.getColumnVector(index));
  for (let from = 0; from < count; ) {
    const columns = texts.map((): (string | null)[] => []);
    let characters = 0;
    const begun = from;
    for (; from < count && from - begun < batchRows && characters < BATCH_CHARACTERS_MAX; from += 1) {
      for (const [index, vector] of vectors.entries()) {
        const value = vector.getItem(from);
        const text = value === null ? null : typeof value === 'string' ? value : (texts[index] ?? String)(value);
        columns[index]?.push(text);
        characters += text?.length ?? 0;
      }
    }
    yield batchFrame(from - begun, columns);
  }
}

type Chunk = { readonly chunk: DuckDBDataChunk; readonly count: number };

/**
 * The driver's stream ends in the same way after an error and after the last row. So a marker row is added at the end. If it
 * is missing, the query is run again without its rows to get the error.
 */
async function* chunks(connection: DuckDBConnection, query: string, columnCount: number): AsyncGenerator<Chunk> {
  const text = `select *, false from (${query}\n) union all select ${'null, '.repeat(columnCount)}true`;
  const result = await connection.stream(text);
  let isWhole = false;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) break;
    isWhole = chunk.getColumnVector(columnCount).getItem(chunk.rowCount - 1) === true;
    const count = isWhole ? chunk.rowCount - 1 : chunk.rowCount;
    if (count > 0) yield { chunk, count };
  }
  if (isWhole) return;
  await connection.run(`explain analyze ${query}`);
  throw new ReadInterrupted('its rows ended early, but a second run of the query succeeded');
}
