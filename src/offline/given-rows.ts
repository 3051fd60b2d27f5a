// Rows given as parameters of a statement, with the columns and types of a staging table. Nothing is written.

import { unescapeCopy } from '../feature-types/copy-text.ts';
import { identifier } from '../postgres/database.ts';
import type { StagingColumn } from '../rows/layout.ts';

/** The fields of an accepted row as strings, in the order of the staging columns. */
export type AcceptedRow = readonly (string | null)[];

export type GivenRows = { readonly columns: readonly StagingColumn[]; readonly rows: readonly AcceptedRow[] };

/** Where a statement reads rows from: a table or a subselect, and the values of its parameters, which start at $1. */
export type RowSource = { readonly sql: string; readonly values: readonly unknown[] };

/** The rows of lines of COPY text. */
export function acceptedIn(text: string): AcceptedRow[] {
  if (text === '') return [];
  const lines = text.slice(0, -1).split('\n');
  return lines.map((line) => line.split('\t').map(unescapeCopy));
}

/** How much is sent to Postgres in one statement. The driver makes one text of each column, which has a greatest length. */
export type ChunkMax = { readonly rows: number; readonly characters: number };
export const CHUNK: ChunkMax = { rows: 20_000, characters: 33_554_432 };

export function charactersIn(row: AcceptedRow): number {
  return row.reduce((sum, text) => sum + (text?.length ?? 0), 0);
}

/** Rows in chunks, in their order. */
export function chunksOf(rows: readonly AcceptedRow[], max: ChunkMax): AcceptedRow[][] {
  const chunks: AcceptedRow[][] = [];
  let characters = 0;
  for (const row of rows) {
    const last = chunks.at(-1);
    if (last === undefined || last.length >= max.rows || characters >= max.characters) {
      chunks.push([row]);
      characters = charactersIn(row);
      continue;
    }
    last.push(row);
    characters += charactersIn(row);
  }
  return chunks;
}

/** A subselect of the rows. Postgres casts each text to the type of its column, as COPY does. */
export function givenRows({ columns, rows }: GivenRows): RowSource {
  return {
    sql: `(${givenSql(columns)}) as given`,
    values: columns.map((_, index) => rows.map((row) => row[index] ?? null)),
  };
}

/** A query for the rows, each with its `place` from 0. The parameters from $1 are arrays of strings, one for each column. */
export function givenSql(columns: readonly StagingColumn[]): string {
  const arrays = columns.map((_, index) => `$${index + 1}::text[]`).join(', ');
  const names = columns.map((_, index) => `c${index}`).join(', ');
  return `select (ordinality - 1)::int as "millrace place", ${columns.map(castColumn).join(', ')}
            from unnest(${arrays}) with ordinality as t(${names}, ordinality)`;
}

function castColumn({ name, sqlType }: StagingColumn, index: number): string {
  const [type = '', collation] = sqlType.split(' collate ');
  const cast = `c${index}::${type}`;
  return `${collation === undefined ? cast : `(${cast}) collate ${collation}`} as ${identifier(name)}`;
}
