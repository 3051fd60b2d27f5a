// Copies of Parquet files in which DuckDB keeps nanoseconds that it otherwise truncates: of zoned times in nanoseconds, and of
// INT96. Only the footer differs. A copy is made only if the view may use such a column.

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Failure } from '../../../core/failure.ts';
import { queryOf } from '../../../definition/query/view-query.ts';
import type { FeatureView } from '../../../definition/view.ts';
import type { TableFile } from '../files-table.ts';
import type { PrepareOptions } from '../text-file.ts';
import { edited, type NanosecondColumn, nanosecondColumns } from './parquet-footer.ts';

export type ParquetSource = TableFile & {
  /** Column → its type in the file, which differs in the copy. */
  readonly nanoseconds: ReadonlyMap<string, NanosecondColumn['kind']>;
  /** Notes for the run, about a file that is read without a copy. */
  readonly notes: readonly string[];
};

const FOOTER_BYTES_MAX = 67_108_864;
const MAGIC = 'PAR1';
const NO_COLUMNS: ParquetSource['nanoseconds'] = new Map();

/** The file, or a copy of it. @throws Failure as CopyFolder.copy does. */
export async function withNanoseconds(
  file: TableFile,
  view: FeatureView,
  wanted: readonly string[],
  { purpose, copies, signal }: PrepareOptions,
): Promise<ParquetSource> {
  const asItIs = { ...file, nanoseconds: NO_COLUMNS, notes: [] };
  if (purpose === 'describe') return asItIs;
  const end = await footerOf(file.path);
  const columns = end === null ? [] : columnsIn(end.footer).filter(({ name }) => mayUse(view, wanted, name));
  if (end === null || columns.length === 0) return asItIs;
  const footer = edited(
    end.footer,
    columns.flatMap(({ edits }) => edits),
  );
  try {
    const path = await copies.copy(copyOf(file.path, end.start, footer, signal), signal);
    return { ...file, path, nanoseconds: new Map(columns.map(({ name, kind }) => [name, kind])), notes: [] };
  } catch (error) {
    // A spool that is too small must not stop a view whose times may have no nanoseconds.
    if (!(error instanceof Failure) || error.code !== 'SOURCE_SHAPE') throw error;
    const names = columns.map(({ name }) => name).join(', ');
    const note = `nanoseconds of ${names} in ${file.name} are truncated to microseconds: the spool is too small for a copy of the file`;
    return { ...asItIs, notes: [note] };
  }
}

async function footerOf(path: string): Promise<{ readonly footer: Buffer; readonly start: number } | null> {
  await using file = await open(path);
  const { size } = await file.stat();
  if (size < 12) return null;
  const tail = (await file.read(Buffer.alloc(8), 0, 8, size - 8)).buffer;
  const length = tail.readUInt32LE(0);
  if (tail.toString('latin1', 4) !== MAGIC || length > Math.min(size - 12, FOOTER_BYTES_MAX)) return null;
  const start = size - 8 - length;
  return { footer: (await file.read(Buffer.alloc(length), 0, length, start)).buffer, start };
}

/** Empty for bytes that are not a footer; the engine then reports the problem. */
function columnsIn(footer: Buffer): readonly NanosecondColumn[] {
  try {
    return nanosecondColumns(footer);
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}

/** A check before the query is parsed: a column that is used is named in the query, or is a column of the view. */
function mayUse(view: FeatureView, wanted: readonly string[], name: string): boolean {
  const { columns, declared } = view;
  const query = declared === undefined ? view.query : queryOf(view, 'duckdb');
  const spelled = name.toLowerCase();
  if (wanted.includes(spelled)) return true;
  if (query === null) return Object.values(columns ?? {}).some((column) => column.toLowerCase() === spelled);
  const text = query.toLowerCase();
  return text.includes(spelled.replaceAll('"', '""')) || /\b(?:pivot|natural|columns)\b/.test(text);
}

async function* copyOf(path: string, start: number, footer: Buffer, signal: AbortSignal): AsyncGenerator<Buffer> {
  yield* createReadStream(path, { end: start - 1, signal, highWaterMark: 1_048_576 });
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(footer.length, 0);
  tail.write(MAGIC, 4, 'latin1');
  yield footer;
  yield tail;
}
