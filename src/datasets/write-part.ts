// One file of a training set, by DuckDB in a child process, from the rows that Postgres wrote as CSV.

import { stat } from 'node:fs/promises';
import type { Clock } from '../core/clock.ts';
import type { DatasetFormat } from '../definition/dataset.ts';
import { quotedName, quotedText } from '../sources/formats/quote.ts';
import { type Engine, openEngine } from '../sources/lake/duckdb.ts';
import type { LeasedEngine } from '../sources/lake/engine/pool.ts';
import { castSql, readType } from './file-type.ts';
import type { OutputColumn } from './output-columns.ts';
import { groupRows, memoryLimitMb } from './row-group.ts';
import { writeFailure } from './write-failure.ts';

export type Writing = {
  /** Given back when the file is written. */
  readonly leased: LeasedEngine;
  readonly clock: Clock;
  /** For messages. */
  readonly dataset: string;
  readonly format: DatasetFormat;
  readonly columns: readonly OutputColumn[];
  readonly rows: number;
  /** Rows as Postgres writes them: the row's number in the part, then the columns. */
  readonly csv: string;
  readonly path: string;
  readonly signal: AbortSignal;
};

export type WrittenColumns = {
  /** Digests of one engine say nothing about those of another. */
  readonly engine: string;
  readonly rows: number;
  /** By name. */
  readonly columns: Readonly<Record<string, { readonly nulls: number; readonly digest: string }>>;
};

const DUCKDB_SHARE = 0.75;
const STEP_TIMEOUT_MS = 3_600_000;
/** Of one row: as long as a feature of each type may be, and room for many. */
const LINE_BYTES_MAX = 33_554_432;

/** Writes a file, and says what is in it. The same rows give the same bytes. @throws Failure, or DuckDB's error */
export async function writePart(writing: Writing): Promise<WrittenColumns> {
  const { leased, clock, csv, path, signal, columns, dataset } = writing;
  const csvFacts = { bytes: (await stat(csv)).size, rows: writing.rows, types: columns.map(({ type }) => type) };
  const limitMb = memoryLimitMb(csvFacts);
  try {
    await using engine = await openEngine({
      leased,
      memoryLimitMb: limitMb,
      stepTimeoutMs: STEP_TIMEOUT_MS,
      clock,
      paths: [csv, path],
      signal,
    });
    // The process may use a little more than DuckDB counts, and would be ended at its limit.
    await engine.run(`set memory_limit = '${Math.floor(limitMb * DUCKDB_SHARE)}MB'`);
    return await write(engine, writing, groupRows(csvFacts));
  } catch (error) {
    throw writeFailure(error, { dataset, columns });
  }
}

async function write(engine: Engine, writing: Writing, rowsOfGroup: number): Promise<WrittenColumns> {
  const { columns, format, path } = writing;
  const selected = columns.map(({ type }, index) => `${castSql(type, `c${index}`)} as ${nameOf(columns, index)}`);
  // DuckDB's Bloom filters contain the bits of floats: readers would not find -0 by a condition on 0.
  const options = {
    parquet: `format parquet, compression zstd, write_bloom_filter false, row_group_size ${rowsOfGroup}`,
    csv: 'format csv, header',
    json: 'format json',
  }[format];
  await engine.run(`copy (select ${selected.join(', ')} from ${csvSql(writing)}) to ${quotedText(path)} (${options})`);
  // Of Parquet the file itself is read again; of strings, what they were written from.
  const written = format === 'parquet' ? `read_parquet(${quotedText(path)}, file_row_number = true)` : csvSql(writing);
  const [[version, rows, ...facts] = []] = await engine.rows(factsSql(writing, written));
  return {
    engine: `duckdb ${version}`,
    rows: Number(rows),
    columns: Object.fromEntries(
      columns.map(({ name }, index) => [
        name,
        { nulls: Number(facts[2 * index]), digest: facts[2 * index + 1] ?? '0' },
      ]),
    ),
  };
}

function nameOf(columns: readonly OutputColumn[], index: number): string {
  return quotedName(columns[index]?.name ?? '');
}

function csvSql({ csv, columns, format }: Writing): string {
  const types = columns.map(({ type }, index) => `'c${index}': '${readType(type, format)}'`);
  const options = [
    `columns = {'row': 'bigint', ${types.join(', ')}}`,
    "auto_detect = false, header = false, delim = ',', quote = '\"', escape = '\"', nullstr = '', new_line = '\\n'",
    `allow_quoted_nulls = false, max_line_size = ${LINE_BYTES_MAX}, buffer_size = ${LINE_BYTES_MAX}`,
  ];
  return `read_csv(${quotedText(csv)}, ${options.join(', ')})`;
}

/** The engine, rows, and for each column its nulls and a digest: of each value with the number of its row, in any order. */
function factsSql({ columns, format }: Writing, relation: string): string {
  const row = format === 'parquet' ? 'file_row_number' : '"row"';
  const facts = columns.flatMap((_, index) => {
    const column = format === 'parquet' ? nameOf(columns, index) : `c${index}`;
    // A hash of two values is one xor the other: hashed again, equal values of two rows do not cancel out.
    return [`(count(*) - count(${column}))::varchar`, `bit_xor(hash(hash(${row}, ${column})))::varchar`];
  });
  return `select version(), count(*)::varchar, ${facts.join(', ')} from ${relation}`;
}
