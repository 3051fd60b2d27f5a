// Splits a JSON file that is one list into its elements, by brackets and strings. It does not check the elements.

import { safe, text } from '../../../core/message.ts';
import { FileProblem } from '../file-problem.ts';
import { exceedsLength, isSpace, type JsonRecord, NEWLINE, RECORD_BYTES_MAX, recordOf } from './json-record.ts';

const QUOTE = 34;
const BACKSLASH = 92;

/** The elements of one list, streamed. @throws FileProblem if brackets do not match. */
export async function* listElements(chunks: AsyncIterable<Buffer>): AsyncGenerator<JsonRecord[]> {
  const splitter = listSplitter(1);
  let isOver = false;
  for await (const chunk of chunks) {
    const { records, end } = isOver ? { records: [], end: 0 } : splitter.take(chunk, 0);
    if (records.length > 0) yield records;
    if (end === null) continue;
    isOver = true;
    splitter.requireSpaces(chunk.subarray(end));
  }
  if (!isOver) throw notClosed();
}

export function notClosed(): FileProblem {
  return new FileProblem(text`its list is not closed`);
}

export type ListSplitter = {
  /** The elements that end in the chunk, and where the list ends in it; null if it does not. */
  take(chunk: Buffer, start: number): { readonly records: JsonRecord[]; readonly end: number | null };
  /** @throws FileProblem for anything else. */
  requireSpaces(rest: Buffer): void;
  line(): number;
};

/** Splits a list at its own commas, not at those in strings or nested brackets. */
export function listSplitter(firstLine: number): ListSplitter {
  const marks = bracketReader(firstLine);
  let element = elementText(firstLine);
  let hasElements = false;

  /** The element that ends here; null in an empty list. */
  function ended(line: number, mark: 'comma' | 'end'): JsonRecord | null {
    const record = element.record();
    if (record === null && (hasElements || mark === 'comma'))
      throw new FileProblem(text`line ${safe(line)} has a comma without an object`);
    hasElements = true;
    element = elementText(line);
    return record;
  }

  return {
    take(chunk, start) {
      const records: JsonRecord[] = [];
      let from = start;
      for (let at = start; at < chunk.length; at += 1) {
        const mark = marks.read(chunk[at] ?? 0);
        if (mark === null) continue;
        if (mark !== 'start') {
          element.keep(chunk.subarray(from, at));
          const record = ended(marks.line(), mark);
          if (record !== null) records.push(record);
        }
        from = at + 1;
        if (mark === 'end') return { records, end: from };
      }
      element.keep(chunk.subarray(from));
      return { records, end: null };
    },
    requireSpaces(rest) {
      for (const byte of rest) marks.read(byte);
    },
    line: () => marks.line(),
  };
}

/** The bytes of one element, which may come in several chunks. */
function elementText(firstLine: number): { keep(part: Buffer): void; record(): JsonRecord | null } {
  const parts: Buffer[] = [];
  let size = 0;
  return {
    keep(part) {
      size += part.length;
      if (size > RECORD_BYTES_MAX) throw exceedsLength(firstLine);
      if (part.length > 0) parts.push(part);
    },
    record() {
      const [first = EMPTY] = parts;
      const bytes = parts.length === 1 ? first : Buffer.concat(parts);
      let [start, line] = [0, firstLine];
      for (; start < bytes.length && isSpace(bytes[start] ?? 0); start += 1) if (bytes[start] === NEWLINE) line += 1;
      return start === bytes.length ? null : recordOf(bytes.subarray(start), line, 'unknown');
    },
  };
}

type Mark = 'start' | 'comma' | 'end';

/** Finds the start of the list, the commas between elements, and the end. */
function bracketReader(firstLine: number): { read(byte: number): Mark | null; line(): number } {
  const open: number[] = [];
  let inString = false;
  let isEscaped = false;
  let isOver = false;
  let line = firstLine;

  function inText(byte: number): void {
    if (isEscaped) isEscaped = false;
    else if (byte === BACKSLASH) isEscaped = true;
    else if (byte === QUOTE) inString = false;
  }

  function closed(byte: number): Mark | null {
    // In ASCII, a closing bracket is two after the opening one.
    if (open.pop() !== byte - 2) throw new FileProblem(text`line ${safe(line)} closes a bracket that is not open`);
    isOver = open.length === 0;
    return isOver ? 'end' : null;
  }

  return {
    read(byte) {
      if (byte === NEWLINE) line += 1;
      if (inString) inText(byte);
      else if (byte === QUOTE) inString = true;
      else if (isOver && !isSpace(byte))
        throw new FileProblem(text`line ${safe(line)} continues after the end of the list`);
      else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) return closed(byte);
      else if (byte === COMMA && open.length === 1) return 'comma';
      else if (byte === OPEN_LIST || byte === OPEN_OBJECT) return open.push(byte) === 1 ? 'start' : null;
      return null;
    },
    line: () => line,
  };
}

const EMPTY = Buffer.alloc(0);
const COMMA = 44;
export const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
