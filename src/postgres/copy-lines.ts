// Rows of a COPY stream in text format as the bytes of their lines, for a consumer that copies fields without using them:
// making text of them costs several times more. copy.ts makes columns of text of the same format.

import type { Readable } from 'node:stream';
import { escapeCopy, unescapeCopy } from '../feature-types/copy-text.ts';
import { BATCH_CHARACTERS_MAX, type RowBatch } from '../rows/batch.ts';

/** Whole lines of COPY's text format: one per row, each with its line end. */
export type CopyLines = { readonly rows: number; readonly bytes: Buffer };

const TAB = 9;
const LINE_END = 10;
const NULL_FIELD = '\\N';

/**
 * The rows of a `COPY … TO STDOUT` stream, 1..batchRows at a time, fewer if they are wide; reads nothing ahead of the
 * consumer. The stream is destroyed when the consumer stops early.
 */
export async function* copiedLines(stream: Readable, batchRows: number): AsyncGenerator<CopyLines> {
  let held: Buffer[] = [];
  let [rows, bytes] = [0, 0];
  try {
    const chunks: AsyncIterable<Buffer> = stream;
    for await (const chunk of chunks) {
      let from = 0;
      for (let at = 0; at < chunk.length; at += 1) {
        if (chunk[at] !== LINE_END) continue;
        rows += 1;
        if (rows < batchRows && bytes + at - from < BATCH_CHARACTERS_MAX) continue;
        held.push(chunk.subarray(from, at + 1));
        yield { rows, bytes: joined(held) };
        held = [];
        [rows, bytes, from] = [0, 0, at + 1];
      }
      if (from < chunk.length) held.push(chunk.subarray(from));
      bytes += chunk.length - from;
    }
    if (rows > 0) yield { rows, bytes: joined(held) };
  } finally {
    stream.destroy();
  }
}

function joined(pieces: readonly Buffer[]): Buffer {
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
}

/**
 * Where each field begins, row by row: field `f` takes the bytes from `starts[f]` to before `starts[f + 1] - 1`, which is its
 * tab or line end.
 */
export function fieldStarts({ rows, bytes }: CopyLines, columnCount: number): Int32Array {
  const starts = new Int32Array(rows * columnCount + 1);
  let field = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte !== TAB && byte !== LINE_END) continue;
    field += 1;
    starts[field] = at + 1;
  }
  if (field !== rows * columnCount) throw new Error(`${rows} lines of ${columnCount} fields have ${field} fields`);
  return starts;
}

/** The last of these lines, of which there is at least one. Reads no other line. */
export function lastLine({ bytes }: CopyLines): CopyLines {
  return { rows: 1, bytes: bytes.subarray(bytes.subarray(0, -1).lastIndexOf(LINE_END) + 1) };
}

/** The text of a field's bytes; null for \N. */
export function fieldText(bytes: Buffer, from: number, to: number): string | null {
  return unescapeCopy(bytes.toString('utf8', from, to));
}

/** The same rows as columns of text. */
export function columnsOfLines(lines: CopyLines, columnCount: number): RowBatch {
  const starts = fieldStarts(lines, columnCount);
  const columns = Array.from({ length: columnCount }, (_, column) =>
    Array.from({ length: lines.rows }, (_, row) => textAt(lines, starts, row * columnCount + column)),
  );
  return { rows: lines.rows, columns };
}

/** The text of one field; null for \N. `starts` as fieldStarts returns them. */
export function textAt({ bytes }: CopyLines, starts: Int32Array, field: number): string | null {
  return fieldText(bytes, starts[field] ?? 0, (starts[field + 1] ?? 0) - 1);
}

/** The lines of rows that are given as columns of text. */
export function linesOfColumns({ rows, columns }: RowBatch): CopyLines {
  let text = '';
  for (let row = 0; row < rows; row += 1) {
    const fields = columns.map((column) => (column[row] == null ? NULL_FIELD : escapeCopy(column[row] ?? '')));
    text += `${fields.join('\t')}\n`;
  }
  return { rows, bytes: Buffer.from(text) };
}
