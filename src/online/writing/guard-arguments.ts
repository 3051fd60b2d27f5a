// The keys and arguments of the guard script (guard.lua), written from the lines that Postgres sends: no text is made of
// their fields, because the worker would spend most of a first load on that.

import type { FeatureView } from '../../definition/view.ts';
import {
  ENTITY_COLUMN,
  EXPIRY_COLUMN,
  FIRST_FEATURE_COLUMN,
  fieldsOf,
  NEVER,
  TIME_COLUMN,
} from '../../offline/newest.ts';
import { type CopyLines, fieldStarts, fieldText, textAt } from '../../postgres/copy-lines.ts';
import { BYTES_PER_LENGTH_MAX, type EncodedArguments, writeBytes, writeText } from '../../redis/encode.ts';
import { entityKey, sentinelKey } from '../layout.ts';

/** No accepted value contains it (docs/architecture/row-check.md). */
const NULL_MARKER = '\0';
const NOTHING = Buffer.alloc(0);
const BACKSLASH = 92;
const LETTER_N = 78;

/** Lines with the places of their fields. */
export type SentRows = {
  readonly lines: CopyLines;
  readonly starts: Int32Array;
  /** Fields of each line. */
  readonly fields: number;
  /** Whether any of the rows has an expiry: each argument costs Redis as much as a tenth of a row. */
  readonly hasExpiries: boolean;
};

/** @throws Error if the lines do not have the fields of the view. */
export function sentRows(view: FeatureView, lines: CopyLines): SentRows {
  const fields = fieldsOf(view);
  const starts = fieldStarts(lines, fields);
  const rows = { lines, starts, fields };
  return { ...rows, hasExpiries: hasExpiries(rows) };
}

function hasExpiries({ lines, starts, fields }: Omit<SentRows, 'hasExpiries'>): boolean {
  for (let field = EXPIRY_COLUMN; field < lines.rows * fields; field += fields) {
    const isNever = (starts[field + 1] ?? 0) - 1 === starts[field];
    if (!isNever && !isNull(lines.bytes, starts[field] ?? 0, (starts[field + 1] ?? 0) - 1)) return true;
  }
  return false;
}

/** The entity of a row. */
export function entityOf({ lines, starts, fields }: SentRows, row: number): string {
  return textAt(lines, starts, row * fields + ENTITY_COLUMN) ?? '';
}

/** The sentinel's key, and the key of each row. */
export function keysOf(prefix: string, view: FeatureView, sent: SentRows): EncodedArguments {
  const { rows, bytes } = sent.lines;
  const sentinel = sentinelKey(prefix);
  const head = Buffer.from(entityKey(prefix, view.name, ''));
  return {
    count: rows + 1,
    bytesMax: Buffer.byteLength(sentinel) + bytes.length + (rows + 1) * (head.length + BYTES_PER_LENGTH_MAX),
    write: (memory, begin) => {
      let at = writeText(memory, begin, sentinel);
      for (let row = 0; row < rows; row += 1) {
        at = writeField(memory, at, head, sent, row * sent.fields + ENTITY_COLUMN, '');
      }
      return at;
    },
  };
}

/** The arguments of the call, `first`, and those of each row: event time, expiry if any row has one, values. */
export function argumentsOf(first: readonly string[], sent: SentRows): EncodedArguments {
  const { rows, bytes } = sent.lines;
  const perRow = sent.fields - FIRST_FEATURE_COLUMN + (sent.hasExpiries ? 2 : 1);
  return {
    count: first.length + rows * perRow,
    bytesMax:
      first.reduce((sum, text) => sum + 3 * text.length, 0) +
      bytes.length +
      (first.length + rows * perRow) * BYTES_PER_LENGTH_MAX,
    write: (memory, begin) => {
      let at = first.reduce((place, text) => writeText(memory, place, text), begin);
      for (let row = 0; row < rows; row += 1) at = writeRow(memory, at, sent, row * sent.fields);
      return at;
    },
  };
}

function writeRow(memory: Buffer, begin: number, sent: SentRows, first: number): number {
  let at = writeField(memory, begin, NOTHING, sent, first + TIME_COLUMN, '');
  if (sent.hasExpiries) at = writeField(memory, at, NOTHING, sent, first + EXPIRY_COLUMN, NEVER);
  for (let field = first + FIRST_FEATURE_COLUMN; field < first + sent.fields; field += 1) {
    at = writeField(memory, at, NOTHING, sent, field, NULL_MARKER);
  }
  return at;
}

/** Writes a field after `head` as one argument; a null as `ifNull`. */
function writeField(
  memory: Buffer,
  at: number,
  head: Buffer,
  { lines, starts }: SentRows,
  field: number,
  ifNull: string,
): number {
  const { bytes } = lines;
  const from = starts[field] ?? 0;
  const to = (starts[field + 1] ?? 0) - 1;
  for (let index = from; index < to; index += 1) {
    if (bytes[index] !== BACKSLASH) continue;
    const text = isNull(bytes, from, to) ? ifNull : fieldText(bytes, from, to);
    return writeText(memory, at, `${head.toString()}${text}`);
  }
  return writeBytes(memory, at, head, bytes, from, to);
}

function isNull(bytes: Buffer, from: number, to: number): boolean {
  return to - from === 2 && bytes[from] === BACKSLASH && bytes[from + 1] === LETTER_N;
}
