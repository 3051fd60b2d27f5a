// The binary format of batches between a worker and its engine process: for each column the lengths of its strings, then the
// strings concatenated. Several times faster than JSON, and exact for every character.

import type { RowBatch } from '../../../rows/batch.ts';
import { FRAME, HEADER_BYTES } from './protocol.ts';

type Columns = RowBatch['columns'];

const NULL = 0xffff_ffff;
const NUMBER_BYTES = 4;

/** A complete frame. */
export function batchFrame(rows: number, columns: Columns): Buffer {
  const texts = columns.map((values) => values.join(''));
  const sizes = texts.map((text) => Buffer.byteLength(text));
  const lengthBytes = rows * NUMBER_BYTES;
  const body = sizes.reduce((sum, size) => sum + NUMBER_BYTES + lengthBytes + size, 2 * NUMBER_BYTES);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + body);
  frame.writeUInt32LE(body, 0);
  frame.writeUInt8(FRAME.batch, NUMBER_BYTES);
  frame.writeUInt32LE(rows, HEADER_BYTES);
  let at = frame.writeUInt32LE(columns.length, HEADER_BYTES + NUMBER_BYTES);
  for (const [index, values] of columns.entries()) {
    at = frame.writeUInt32LE(sizes[index] ?? 0, at);
    for (const value of values) at = frame.writeUInt32LE(value === null ? NULL : value.length, at);
    at += frame.write(texts[index] ?? '', at);
  }
  return frame;
}

/** Parses the body of a frame. */
export function batchOf(body: Buffer): RowBatch {
  const rows = body.readUInt32LE(0);
  const count = body.readUInt32LE(NUMBER_BYTES);
  let at = 2 * NUMBER_BYTES;
  const columns: (string | null)[][] = [];
  for (let index = 0; index < count; index += 1) {
    const lengths = at + NUMBER_BYTES;
    const start = lengths + rows * NUMBER_BYTES;
    const end = start + body.readUInt32LE(at);
    columns.push(split(body.toString('utf8', start, end), body, lengths, rows));
    at = end;
  }
  return { rows, columns };
}

function split(text: string, body: Buffer, lengths: number, rows: number): (string | null)[] {
  const values: (string | null)[] = [];
  let from = 0;
  for (let row = 0; row < rows; row += 1) {
    const length = body.readUInt32LE(lengths + row * NUMBER_BYTES);
    if (length === NULL) {
      values.push(null);
      continue;
    }
    values.push(text.slice(from, from + length));
    from += length;
  }
  return values;
}
