// How many rows the Parquet writer holds in memory at a time, and how much memory that takes.

import type { FileType } from '../feature-types/file-type.ts';

/** Rows of a part, of which there is one at least, as CSV. */
export type CsvFacts = { readonly bytes: number; readonly rows: number; readonly types: readonly FileType[] };

/** DuckDB processes this many rows at a time. */
const CHUNK_ROWS = 2_048;
/** Its default. */
const GROUP_ROWS_MAX = 60 * CHUNK_ROWS;
const GROUP_BYTES = 32 * 1_048_576;
/** The widest value that is not text. */
const VALUE_BYTES = 16;
/** A number of a vector has two characters or more, and takes eight bytes. */
const VECTOR_FACTOR = 4;

/** Rows of one row group, which the writer collects before it writes them. */
export function groupRows(csv: CsvFacts): number {
  const chunks = Math.floor(GROUP_BYTES / (rowBytes(csv) * CHUNK_ROWS));
  return Math.min(GROUP_ROWS_MAX, Math.max(1, chunks) * CHUNK_ROWS);
}

const MEMORY_MB = 512;
/** A chunk is there as text, as values, and in the writer. */
const CHUNK_COPIES = 4;

/** Enough for rows so long that a few of them need more than usual. */
export function memoryLimitMb(csv: CsvFacts): number {
  const chunkMb = (textBytes(csv) * CHUNK_ROWS) / 1_048_576;
  return Math.max(MEMORY_MB, Math.ceil(MEMORY_MB / 4 + CHUNK_COPIES * chunkMb));
}

function rowBytes(csv: CsvFacts): number {
  const factor = csv.types.includes('double[]') ? VECTOR_FACTOR : 1;
  return textBytes(csv) * factor + csv.types.length * VALUE_BYTES;
}

function textBytes({ bytes, rows }: CsvFacts): number {
  return bytes / Math.max(1, rows);
}
