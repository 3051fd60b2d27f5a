// The objects of a JSON file: one per line, the elements of one list, or a sequence. JSON is strict (RFC 8259); DuckDB's
// reader also accepts trailing commas and NaN.

import { isUtf8 } from 'node:buffer';
import { text } from '../../../core/message.ts';
import { FileProblem } from '../file-problem.ts';
import { enclosedRecords } from './json-envelope.ts';
import { listElements, OPEN_LIST } from './json-list.ts';
import { exceedsLength, isSpace, type JsonRecord, NEWLINE, RECORD_BYTES_MAX, recordOf } from './json-record.ts';
import { isSequence, sequenceObjects } from './json-sequence.ts';

export type JsonLayout = 'lines' | 'list' | 'sequence' | 'enclosed';

/** The layout is that of the first bytes, however small the chunks are in which they arrive. */
const START_BYTES = 262_144;
const SPACES_MAX = 16 * START_BYTES;
const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** The lines that are not blank. */
async function* lines(chunks: AsyncIterable<Buffer>): AsyncGenerator<JsonRecord[]> {
  let rest: Buffer = Buffer.alloc(0);
  let line = 1;
  for await (const chunk of chunks) {
    const buffer: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = buffer.lastIndexOf(NEWLINE) + 1;
    const found = linesIn(buffer.subarray(0, end), line);
    line = found.line;
    rest = buffer.subarray(end);
    if (rest.length > RECORD_BYTES_MAX) throw exceedsLength(line);
    if (found.records.length > 0) yield found.records;
  }
  const { records } = linesIn(rest, line);
  if (records.length > 0) yield records;
}

function linesIn(buffer: Buffer, first: number): { records: JsonRecord[]; line: number } {
  const records: JsonRecord[] = [];
  const encoding = isUtf8(buffer) ? 'utf8' : 'unknown';
  let line = first;
  for (let at = 0; at < buffer.length; line += 1) {
    const newline = buffer.indexOf(NEWLINE, at);
    const end = newline === -1 ? buffer.length : newline;
    const record = recordOf(buffer.subarray(at, end), line, encoding);
    if (record !== null) records.push(record);
    at = end + 1;
  }
  return { records, line };
}

/** The layout of the file, and its objects as strings, which may be invalid. `path` is that of a list in an object. */
export async function jsonRecords(
  chunks: AsyncIterable<Buffer>,
  path: string | undefined,
): Promise<{ readonly layout: JsonLayout; readonly batches: AsyncIterable<JsonRecord[]> }> {
  if (path !== undefined) return { layout: 'enclosed', batches: enclosedRecords(withoutMark(chunks), path) };
  const iterator = withoutMark(chunks)[Symbol.asyncIterator]();
  const held = await startOf(iterator);
  const layout = layoutOf(Buffer.concat(held));
  return { layout, batches: BATCHES[layout](resumed(held, iterator)) };
}

/** The first chunks: START_BYTES or all, and more after whitespace. */
async function startOf(iterator: AsyncIterator<Buffer>): Promise<Buffer[]> {
  const held: Buffer[] = [];
  let [bytes, isBlank] = [0, true];
  while (bytes < START_BYTES || isBlank) {
    const next = await iterator.next();
    if (next.done === true) break;
    held.push(next.value);
    bytes += next.value.length;
    isBlank &&= next.value.every(isSpace);
    if (isBlank && bytes > SPACES_MAX) throw new FileProblem(text`it starts with a long run of whitespace`);
  }
  return held;
}

function layoutOf(start: Buffer): Exclude<JsonLayout, 'enclosed'> {
  if (start.find((byte) => !isSpace(byte)) === OPEN_LIST) return 'list';
  return isSequence(start.toString('utf8')) ? 'sequence' : 'lines';
}

const BATCHES = { lines, list: listElements, sequence: sequenceObjects } as const;

async function* resumed(held: readonly Buffer[], iterator: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* held;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}

/** The chunks without a byte order mark, which may be in several chunks. */
export async function* withoutMark(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let start: Buffer | null = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (start === null) {
      yield chunk;
      continue;
    }
    start = Buffer.concat([start, chunk]);
    if (start.length < MARK.length) continue;
    yield start.subarray(0, MARK.length).equals(MARK) ? start.subarray(MARK.length) : start;
    start = null;
  }
  if (start !== null && start.length > 0) yield start;
}
