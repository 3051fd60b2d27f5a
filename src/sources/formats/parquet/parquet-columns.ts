// The columns of a table of Parquet files: for each the type that can hold the values of every file, and how the column of a
// file is converted to it.

import { quotedName } from '../quote.ts';
import type { PartialColumn } from '../united-columns.ts';
import { type UnitedColumns, unitedColumns } from '../united-columns.ts';
import { sqlType, tableType, type Widening, widening, widerType } from '../widened-type.ts';
import type { ParquetColumn } from './parquet-schema.ts';
import { unskipped } from './parquet-statistics.ts';

export type DescribedFile = { readonly name: string; readonly columns: readonly ParquetColumn[] };

export type ParquetTable = UnitedColumns & {
  /** Column, in lower case → its type in the table. */
  readonly types: ReadonlyMap<string, string>;
  readonly unusable: readonly PartialColumn[];
};

/** A column with incompatible types, or with a problem in one file, is not in the table. */
export function parquetColumnsOf(files: readonly DescribedFile[]): ParquetTable {
  const types = new Map<string, string>();
  const unusable = new Map<string, PartialColumn>();
  const first = new Map<string, { readonly type: string; readonly file: string }>();
  for (const { name: file, columns } of files) {
    for (const { name, type, problem } of columns) {
      const key = name.toLowerCase();
      if (problem !== null) unusable.set(key, { column: name, why: `in ${file} it ${problem}` });
      if (unusable.has(key)) continue;
      const seen = types.get(key);
      const wider = seen === undefined ? tableType(type) : widerType(seen, type);
      if (wider === null) unusable.set(key, { column: name, why: disagreement(first.get(key), { type, file }) });
      else types.set(key, wider);
      // The file that gave the column its current type.
      if (wider !== null && wider !== seen) first.set(key, { type, file });
    }
  }
  const usable = files.map(({ name, columns }) => ({
    name,
    columns: columns.map((column) => column.name).filter((column) => !unusable.has(column.toLowerCase())),
  }));
  return { ...unitedColumns(usable), types, unusable: [...unusable.values()] };
}

type Seen = { readonly type: string; readonly file: string };

function disagreement(first: Seen | undefined, { type, file }: Seen): string {
  return `it is ${first?.type} in ${first?.file} and ${type} in ${file}, and no type can hold both exactly`;
}

/** A column of the table as SQL over one file, and which of its values are valid. */
export type ParquetValue = Widening & { readonly column: string; readonly own: string | null };

/** The columns of the table in a file; a typed null for a column that the file does not have. */
export function parquetValues({ columns, types }: ParquetTable, file: DescribedFile): readonly ParquetValue[] {
  const own = new Map(file.columns.map((column) => [column.name.toLowerCase(), column]));
  return columns.map((column) => {
    const type = types.get(column.toLowerCase()) ?? 'NULL';
    const found = own.get(column.toLowerCase());
    if (found === undefined || found.type === 'NULL') {
      return { column, own: null, value: () => `null::${sqlType(type)}`, fits: null, expected: '' };
    }
    const { value, ...rest } = widening(found.type, type);
    return { column, own: quotedName(found.readAs), value: (name) => value(unskipped(found, name)), ...rest };
  });
}
