// Columns in the paths of files: sales/dt=2026-01-31/country=PL/a.parquet has dt and country.

import { text } from '../../core/message.ts';
import { FileProblem } from './file-problem.ts';
import type { TableFile } from './files-table.ts';
import type { PartialColumn } from './united-columns.ts';
import { type UnitedColumns, unitedColumns } from './united-columns.ts';

/** What Hive and its successors write for null. */
const HIVE_NULL = '__HIVE_DEFAULT_PARTITION__';

export type PathColumns = UnitedColumns & {
  readonly unusable: readonly PartialColumn[];
  /** The values of a file, in the order of `columns`. */
  valuesOf(file: TableFile): readonly (string | null)[];
};

/** The columns that the paths of files have, but for those that the files have themselves: what is inside a file wins. */
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
    unusable: [...found].flatMap(([name, values]) => inPathAlone(name, values, inside, taken)),
    valuesOf: ({ name }) => {
      const values = new Map([...(found.get(name) ?? [])].map(([column, value]) => [column.toLowerCase(), value]));
      return united.columns.map((column) => values.get(column.toLowerCase()) ?? null);
    },
  };
}

/** Columns that this file has in its path, and others inside: of two kinds of value none is right for both. */
function inPathAlone(
  name: string,
  values: ReadonlyMap<string, string | null>,
  { lacking }: UnitedColumns,
  taken: ReadonlyMap<string, string>,
): PartialColumn[] {
  return [...values.keys()].flatMap((key) => {
    const column = taken.get(key.toLowerCase());
    if (column === undefined || lacking.get(column)?.includes(name) !== true) return [];
    return [{ column, why: `${name} has it only in its path, and other files have it inside` }];
  });
}

function valuesIn(name: string): Map<string, string | null> {
  const values = new Map<string, string | null>();
  const seen = new Set<string>();
  for (const segment of name.split('/').slice(0, -1)) {
    const [, column, value] = /^([^=]+)=(.*)$/s.exec(segment) ?? [];
    if (column === undefined || value === undefined) continue;
    const decoded = decodedText(column);
    if (seen.has(decoded.toLowerCase())) throw new FileProblem(text`its path has ${decoded} twice`);
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
    // A % that encodes nothing is itself.
  }
  return text;
}
