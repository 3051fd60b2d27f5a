// Parses the rows of a CSV file strictly by RFC 4180. DuckDB's reader guesses a meaning for a quote in the middle of a field,
// text around a quoted field, and more.

import { isUtf8 } from 'node:buffer';
import { safe, text } from '../../../core/message.ts';
import { FileProblem } from '../file-problem.ts';

/** As bytes; `quote` is null if quotes have no special meaning. */
export type CsvBytes = { readonly delimiter: number; readonly quote: number | null };

export type CsvRecord = {
  /** The position of the row in the buffer, without its line break. */
  readonly start: number;
  readonly end: number;
  /** The start of the next row. */
  readonly next: number;
  readonly fields: number;
  /** The line on which the row starts, from 1. */
  readonly line: number;
  /** The problem of a broken row, as the end of `line 7 …`; null for a good row. */
  readonly problem: string | null;
};

/** Rows in a buffer that is valid only until the next batch is requested. */
export type CsvBatch = { readonly buffer: Buffer; readonly records: readonly CsvRecord[] };

/** A longer row is an unclosed quote. */
const RECORD_BYTES_MAX = 1_048_576;
const NEWLINE = 10;
const RETURN = 13;

/**
 * The rows in order; empty lines are rows with one empty field. A row with a broken quote ends with its line if the line has
 * an even number of quotes.
 *
 * @throws FileProblem if a broken quote makes the start of the next row ambiguous.
 */
export async function* csvRecords(
  chunks: AsyncIterable<Buffer>,
  bytes: CsvBytes,
  firstLine = 1,
): AsyncGenerator<CsvBatch> {
  let rest: Buffer = Buffer.alloc(0);
  let line = firstLine;
  let isFirst = true;
  for await (const chunk of chunks) {
    const joined: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (isFirst && joined.length < 3) {
      rest = joined;
      continue;
    }
    const buffer = isFirst ? withoutMark(joined) : joined;
    isFirst = false;
    const found = recordsIn({ buffer, bytes, isLast: false }, line);
    line = found.line;
    rest = buffer.subarray(found.consumed);
    if (rest.length > RECORD_BYTES_MAX) throw exceedsLength(line);
    if (found.records.length > 0) yield { buffer, records: found.records };
  }
  const buffer = isFirst ? withoutMark(rest) : rest;
  const { records } = recordsIn({ buffer, bytes, isLast: true }, line);
  if (records.length > 0) yield { buffer, records };
}

function withoutMark(buffer: Buffer): Buffer {
  return buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf ? buffer.subarray(3) : buffer;
}

function exceedsLength(line: number): FileProblem {
  return new FileProblem(text`line ${safe(line)} starts a row of more than 1 MiB`);
}

/** The bytes to parse; without `isLast`, more follow. */
type Text = { readonly buffer: Buffer; readonly bytes: CsvBytes; readonly isLast: boolean };

function recordsIn(text: Text, firstLine: number): { records: CsvRecord[]; consumed: number; line: number } {
  const { buffer } = text;
  const records: CsvRecord[] = [];
  // A line break is never part of a multi-byte character.
  const isValid = isUtf8(text.isLast ? buffer : buffer.subarray(0, buffer.lastIndexOf(NEWLINE) + 1));
  const next = { quote: nextOf(text.bytes.quote), cr: nextOf(RETURN) };
  let at = 0;
  let line = firstLine;
  while (at < buffer.length) {
    const newline = buffer.indexOf(NEWLINE, at);
    if (newline === -1 && !text.isLast) break;
    const end = newline === -1 ? buffer.length : newline;
    const hasQuote = next.quote(buffer, at) < end;
    const record = hasQuote ? quotedRecord(text, at, line) : plainRecord(text, at, end, line, next.cr(buffer, at));
    if (record === null) break;
    if (record.end - record.start > RECORD_BYTES_MAX) throw exceedsLength(line);
    records.push(isValid ? record : withUnicode(buffer, record));
    line += hasQuote ? linesIn(buffer, at, record.next) : 1;
    at = record.next;
  }
  return { records, consumed: at, line };
}

/** Finds the next position of a byte, with one search for all the lines before it. */
function nextOf(byte: number | null): (buffer: Buffer, at: number) => number {
  let found = -1;
  return (buffer, at) => {
    if (byte === null) return Number.POSITIVE_INFINITY;
    if (found >= at) return found;
    const index = buffer.indexOf(byte, at);
    found = index === -1 ? Number.POSITIVE_INFINITY : index;
    return found;
  };
}

function linesIn(buffer: Buffer, from: number, to: number): number {
  let lines = 0;
  for (let at = buffer.indexOf(NEWLINE, from); at !== -1 && at < to; at = buffer.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}

function withUnicode(buffer: Buffer, record: CsvRecord): CsvRecord {
  if (record.problem !== null || isUtf8(buffer.subarray(record.start, record.end))) return record;
  return { ...record, problem: NOT_UTF8 };
}

export const NOT_UTF8 = 'is not UTF-8; set `encoding` in the view';
const LONE_RETURN = 'has a carriage return that is not part of a line break';

/** A line without quotes. */
function plainRecord({ buffer, bytes }: Text, start: number, newline: number, line: number, cr: number): CsvRecord {
  const hasReturn = newline < buffer.length && newline > start && buffer[newline - 1] === RETURN;
  const end = hasReturn ? newline - 1 : newline;
  const { delimiter } = bytes;
  let fields = 1;
  for (let at = start; at < end; at += 1) if (buffer[at] === delimiter) fields += 1;
  const next = Math.min(newline + 1, buffer.length);
  return { start, end, next, fields, line, problem: cr < end ? LONE_RETURN : null };
}

/** A row with a quote in its first line; null if the buffer ends before the row. */
function quotedRecord(text: Text, start: number, line: number): CsvRecord | null {
  const { buffer, bytes, isLast } = text;
  let fields = 1;
  let at = start;
  for (;;) {
    const isQuoted = buffer[at] === bytes.quote;
    const after = isQuoted ? afterQuoted(text, at, line) : afterPlain(text, at);
    if (after === null) return null;
    const byte = buffer[after];
    if (after >= buffer.length) return isLast ? { start, end: after, next: after, fields, line, problem: null } : null;
    if (byte === bytes.delimiter) {
      fields += 1;
      at = after + 1;
      continue;
    }
    if (byte === NEWLINE) return { start, end: after, next: after + 1, fields, line, problem: null };
    if (byte === RETURN && after + 1 >= buffer.length && !isLast) return null;
    if (byte === RETURN && buffer[after + 1] === NEWLINE) {
      return { start, end: after, next: after + 2, fields, line, problem: null };
    }
    const problem = isQuoted ? 'has text after a closing quote' : 'has a quote inside an unquoted field';
    return brokenRecord(text, start, after, line, byte === RETURN ? LONE_RETURN : problem);
  }
}

/** The position after a quoted field; null if the buffer ends first. */
function afterQuoted({ buffer, bytes, isLast }: Text, start: number, line: number): number | null {
  for (let at = start + 1; ; ) {
    const close = buffer.indexOf(bytes.quote ?? 0, at);
    if (close === -1 || (close === buffer.length - 1 && !isLast)) {
      if (isLast) throw new FileProblem(text`line ${safe(line)} starts a row with an unclosed quote`);
      return null;
    }
    if (buffer[close + 1] !== bytes.quote) return close + 1;
    at = close + 2;
  }
}

function afterPlain({ buffer, bytes: { delimiter, quote } }: Text, start: number): number {
  let at = start;
  for (; at < buffer.length; at += 1) {
    const byte = buffer[at];
    if (byte === delimiter || byte === NEWLINE || byte === quote || byte === RETURN) break;
  }
  return at;
}

/** A row that is broken at `at`. With an odd number of quotes, a line break may be quoted, so the next row is ambiguous. */
function brokenRecord(held: Text, start: number, at: number, line: number, problem: string): CsvRecord | null {
  const { buffer, bytes, isLast } = held;
  const newline = buffer.indexOf(NEWLINE, at);
  if (newline === -1 && !isLast) return null;
  const end = newline === -1 ? buffer.length : newline;
  let quotes = 0;
  for (let index = start; index < end; index += 1) if (buffer[index] === bytes.quote) quotes += 1;
  if (quotes % 2 === 1)
    throw new FileProblem(text`line ${safe(line)} ${safe(problem)}, so the start of the next row is ambiguous`);
  return { start, end, next: Math.min(end + 1, buffer.length), fields: 0, line, problem };
}

/** The unquoted fields of a good row. */
export function csvFields(buffer: Buffer, record: CsvRecord, { delimiter, quote }: CsvBytes): string[] {
  const text = buffer.toString('utf8', record.start, record.end);
  const separator = String.fromCharCode(delimiter);
  if (quote === null) return text.split(separator);
  const mark = String.fromCharCode(quote);
  const fields: string[] = [];
  for (let at = 0; at <= text.length; ) {
    if (text[at] !== mark) {
      const end = text.indexOf(separator, at);
      fields.push(text.slice(at, end === -1 ? text.length : end));
      at = end === -1 ? text.length + 1 : end + 1;
      continue;
    }
    let close = text.indexOf(mark, at + 1);
    while (text[close + 1] === mark) close = text.indexOf(mark, close + 2);
    fields.push(text.slice(at + 1, close).replaceAll(mark + mark, mark));
    at = close + 2;
  }
  return fields;
}
