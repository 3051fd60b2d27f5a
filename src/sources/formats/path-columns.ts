// Columns in the paths of files: sales/dt=2026-01-31/country=PL/a.parquet has the columns dt and country.

import { text } from '../../core/message.ts';
import { FileProblem } from './file-problem.ts';
import type { TableFile } from './files-table.ts';
import type { PartialColumn } from './united-columns.ts';
import { type UnitedColumns, unitedColumns } from './united-columns.ts';

/** Null as written by Hive and its successors. */
const HIVE_NULL = '__HIVE_DEFAULT_PARTITION__';

export type PathColumns = UnitedColumns & {
  readonly unusable: readonly PartialColumn[];
  /** The values of a file, in the order of `columns`. */
  valuesOf(file: TableFile): readonly (string | null)[];
};

/** The columns in the paths of files. Columns inside the files take precedence. */
export function pathColumns(
  files: readonly TableFile[],
  inside: UnitedColumns,
  unusable: readonly PartialColumn[] = [],
): PathColumns {
  const found = new Map(files.map((file) => [file.name, valuesIn(file.name)]));
  const own = [...inside.columns, ...unusable.map(({ column }) => column)];
  const taken = new Map(own.map((column) => [column.toLowerCase(), column]));
  const united = unitedColumns(
    [...found].map(([name, values]) => ({
      name,
      columns: [...values.keys()].filter((column) => !taken.has(column.toLowerCase())),
    })),
  );
  return {
    ...united,
    unusable: [...found].flatMap(([name, values]) => onlyInPath(name, values, inside, taken)),
    valuesOf: ({ name }) => {
      const values = new Map([...(found.get(name) ?? [])].map(([column, value]) => [column.toLowerCase(), value]));
      return united.columns.map((column) => values.get(column.toLowerCase()) ?? null);
    },
  };
}

/** Columns that this file has only in its path, but other files have inside. Neither value is right for all files. */
function onlyInPath(
  name: string,
  values: ReadonlyMap<string, string | null>,
  { missing }: UnitedColumns,
  taken: ReadonlyMap<string, string>,
): PartialColumn[] {
  return [...values.keys()].flatMap((key) => {
    const column = taken.get(key.toLowerCase());
    if (column === undefined || missing.get(column)?.includes(name) !== true) return [];
    return [{ column, why: `${name} has it only in its path, but other files contain it as a column` }];
  });
}

function valuesIn(name: string): Map<string, string | null> {
  const values = new Map<string, string | null>();
  const seen = new Set<string>();
  for (const segment of name.split('/').slice(0, -1)) {
    const [, column, value] = /^([^=]+)=(.*)$/s.exec(segment) ?? [];
    if (column === undefined || value === undefined) continue;
    const decoded = decodedText(column);
    if (seen.has(decoded.toLowerCase())) throw new FileProblem(text`its path has a duplicate ${decoded}`);
    seen.add(decoded.toLowerCase());
    values.set(decoded, value === HIVE_NULL ? null : decodedText(value));
  }
  return values;
}

function decodedText(text: string): string {
  try {
    const decoded = decodeURIComponent(text);
    if (!decoded.includes('\0')) return decoded;
  } catch {
    // A % that is not part of an escape stays unchanged.
  }
  return text;
}
