// The objects of a JSON file that is a sequence: concatenated, each on one or several lines, as streams and pretty printers
// write them.

import { safe, text } from '../../../core/message.ts';
import { FileProblem } from '../file-problem.ts';
import { exceedsLength, isSpace, type JsonRecord, NEWLINE, RECORD_BYTES_MAX, recordOf } from './json-record.ts';

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN = 123;
const CLOSE = 125;

/** Whether the start of a file is the start of a sequence: its first object is valid and is not exactly one line. */
export function isSequence(text: string): boolean {
  const start = /^\s*/.exec(text)?.[0].length ?? 0;
  const end = afterObject(text, start);
  if (end === null) return false;
  const isLine = /^[ \t\r]*(?:\n|$)/.test(text.slice(end)) && !text.slice(start, end).includes('\n');
  return !isLine && isJson(text.slice(start, end));
}

function afterObject(text: string, start: number): number | null {
  const bytes = objectReader();
  for (let at = start; at < text.length; at += 1) if (bytes.read(text.charCodeAt(at)) === 'end') return at + 1;
  return null;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The objects, streamed. @throws FileProblem for text between two objects, or an unclosed object. */
export async function* sequenceObjects(chunks: AsyncIterable<Buffer>): AsyncGenerator<JsonRecord[]> {
  const reader = objectReader();
  let held: Buffer[] = [];
  let [line, firstLine] = [1, 1];
  for await (const chunk of chunks) {
    const records: JsonRecord[] = [];
    let from: number | null = held.length > 0 ? 0 : null;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (byte === NEWLINE) line += 1;
      const mark = reader.read(byte);
      if (mark === 'outside' && !isSpace(byte))
        throw new FileProblem(text`line ${safe(line)} has text between two objects`);
      if (mark === 'start') [from, firstLine] = [at, line];
      if (mark !== 'end') continue;
      const record = recordOf(Buffer.concat([...held, chunk.subarray(from ?? 0, at + 1)]), firstLine, 'unknown');
      if (record !== null) records.push(record);
      [held, from] = [[], null];
    }
    if (from !== null) held.push(chunk.subarray(from));
    if (held.reduce((sum, part) => sum + part.length, 0) > RECORD_BYTES_MAX) throw exceedsLength(firstLine);
    if (records.length > 0) yield records;
  }
  if (held.length > 0) throw new FileProblem(text`line ${safe(firstLine)} starts an object that is not closed`);
}

type Mark = 'outside' | 'start' | 'inside' | 'end';

/** Finds the start and end of objects. It does not check their JSON. */
function objectReader(): { read(byte: number): Mark } {
  let depth = 0;
  let inString = false;
  let isEscaped = false;
  return {
    read(byte) {
      if (inString) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) inString = false;
        return 'inside';
      }
      if (byte === OPEN) {
        depth += 1;
        return depth === 1 ? 'start' : 'inside';
      }
      if (depth === 0) return 'outside';
      if (byte === QUOTE) inString = true;
      if (byte === CLOSE) depth -= 1;
      return depth === 0 ? 'end' : 'inside';
    },
  };
}
