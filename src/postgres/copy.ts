// Rows of a COPY stream in text format: one row per line, tabs between columns, \N for null, backslash escapes.
// https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS

import type { Readable } from 'node:stream';
import { unescapeCopy } from '../feature-types/copy-text.ts';
import { BATCH_CHARACTERS_MAX, type RowBatch } from '../rows/batch.ts';
import { begunLine } from '../rows/begun-line.ts';

export { escapeCopy, unescapeCopy } from '../feature-types/copy-text.ts';

export type CopyLimits = {
  readonly batchRows: number;
  /** A field longer than this many characters, as written by COPY, is cut and ends with an ellipsis. */
  readonly fieldCharacters?: number;
};

/**
 * The rows of a `COPY … TO STDOUT` stream, column-wise, 1..batchRows at a time, fewer if they are wide; reads nothing
 * ahead of the consumer. The stream is destroyed when the consumer stops early.
 */
export async function* copiedRows(
  stream: Readable,
  columnCount: number,
  { batchRows, fieldCharacters = Number.POSITIVE_INFINITY }: CopyLimits,
): AsyncGenerator<RowBatch> {
  // A byte order mark at the start of the first value belongs to it.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const begun = begunLine(fieldCharacters);
  let batch = emptyColumns(columnCount);
  let [rows, characters] = [0, 0];
  try {
    const chunks: AsyncIterable<Buffer> = stream;
    for await (const chunk of chunks) {
      const text = begun.continued(decoder.decode(chunk, { stream: true }));
      if (text === null) continue;
      let from = 0;
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
        splitLine(text, from, end, batch, rows);
        rows += 1;
        characters += end - from;
        from = end + 1;
        if (rows === batchRows || characters >= BATCH_CHARACTERS_MAX) {
          yield { rows, columns: batch };
          batch = emptyColumns(columnCount);
          [rows, characters] = [0, 0];
        }
      }
      begun.keep(text.slice(from));
    }
    if (rows > 0) yield { rows, columns: batch };
  } finally {
    stream.destroy();
  }
}

function emptyColumns(count: number): (string | null)[][] {
  return Array.from({ length: count }, () => []);
}

function splitLine(text: string, from: number, end: number, columns: (string | null)[][], row: number): void {
  const last = columns.length - 1;
  let cursor = from;
  for (let index = 0; index <= last; index += 1) {
    const stop = index === last ? end : text.indexOf('\t', cursor);
    const field = text.slice(cursor, stop);
    const column = columns[index];
    if (column !== undefined) column[row] = field.includes('\\') ? unescapeCopy(field) : field;
    cursor = stop + 1;
  }
}
