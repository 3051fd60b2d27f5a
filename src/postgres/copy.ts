// The rows of a COPY stream in text format: one row a line, columns between tabs, \N for null, backslash escapes.
// https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS

import type { Readable } from 'node:stream';
import type { RowBatch } from '../rows/batch.ts';
import { unescapeCopy } from '../rows/copy-text.ts';

export { escapeCopy, unescapeCopy } from '../rows/copy-text.ts';

/**
 * The rows of a `COPY … TO STDOUT` stream, column-wise, 1..batchRows at a time, nothing pulled ahead of the consumer.
 * The stream is destroyed when the consumer stops early.
 */
export async function* copiedRows(stream: Readable, columnCount: number, batchRows: number): AsyncGenerator<RowBatch> {
  // A byte order mark at the start of the first value belongs to it.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let rest = '';
  let batch = emptyColumns(columnCount);
  let rows = 0;
  try {
    for await (const chunk of stream) {
      const text: string = rest + decoder.decode(chunk as Buffer, { stream: true });
      let from = 0;
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
        splitLine(text, from, end, batch, rows);
        from = end + 1;
        rows += 1;
        if (rows === batchRows) {
          yield { rows, columns: batch };
          batch = emptyColumns(columnCount);
          rows = 0;
        }
      }
      rest = text.slice(from);
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
