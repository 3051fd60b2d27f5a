// The bytes of one object of a JSON file.

import { isUtf8 } from 'node:buffer';
import { safe, text } from '../../../core/message.ts';
import { FileProblem } from '../file-problem.ts';

export type JsonRecord = { readonly line: number; readonly text: string; readonly isUtf8: boolean };

/** The most bytes of one object. A longer one usually misses a bracket or a line break. */
export const RECORD_BYTES_MAX = 1_048_576;
export const NEWLINE = 10;

/** The object in the bytes, which may be invalid; null if they are blank. @throws FileProblem. */
export function recordOf(bytes: Buffer, line: number, encoding: 'utf8' | 'unknown'): JsonRecord | null {
  if (bytes.length > RECORD_BYTES_MAX) throw exceedsLength(line);
  const text = bytes.toString('utf8');
  return /^[ \t\r]*$/.test(text) ? null : { line, text, isUtf8: encoding === 'utf8' || isUtf8(bytes) };
}

export function exceedsLength(line: number): FileProblem {
  const hint = line === 1 ? '; if it contains a list of rows, set `records` in the view' : '';
  return new FileProblem(text`line ${safe(line)} starts an object of more than 1 MiB${safe(hint)}`);
}

export function isSpace(byte: number): boolean {
  return byte === 32 || byte === 9 || byte === NEWLINE || byte === 13;
}
