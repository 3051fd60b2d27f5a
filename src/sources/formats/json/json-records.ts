// The objects of a json file: one per line, the elements of one list, or a sequence. JSON is strict (RFC 8259); DuckDB's
// reader also accepts trailing commas and NaN.

import { isUtf8 } from 'node:buffer';
import { text } from '../../../core/message.ts';
import { FileProblem } from '../file-problem.ts';
import { enclosedRecords } from './json-envelope.ts';
import { listElements, OPEN_LIST } from './json-list.ts';
import { exceedsLength, isSpace, type JsonRecord, NEWLINE, RECORD_BYTES_MAX, recordOf } from './json-record.ts';
import { isSequence, sequenceObjects } from './json-sequence.ts';

export type JsonLayout = 'lines' | 'list' | 'sequence' | 'enclosed';

/** Chunks of a file, of up to 256 KiB each. */
const SPACES_MAX = 16;
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

/** The layout of the file, and its objects as texts, which may be invalid. `path` is that of a list in an object. */
export async function jsonRecords(
  chunks: AsyncIterable<Buffer>,
  path: string | undefined,
): Promise<{ readonly layout: JsonLayout; readonly batches: AsyncIterable<JsonRecord[]> }> {
  if (path !== undefined) return { layout: 'enclosed', batches: enclosedRecords(withoutMark(chunks), path) };
  const iterator = withoutMark(chunks)[Symbol.asyncIterator]();
  const held: Buffer[] = [];
  let layout: JsonLayout = 'lines';
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    held.push(next.value);
    const first = next.value.find((byte) => !isSpace(byte));
    if (first === undefined && held.length <= SPACES_MAX) continue;
    if (first === undefined) throw new FileProblem(text`it starts with a long run of white space`);
    if (first === OPEN_LIST) layout = 'list';
    else if (isSequence(next.value.toString('utf8'))) layout = 'sequence';
    break;
  }
  const all = resumed(held, iterator);
  return { layout, batches: BATCHES[layout](all) };
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
