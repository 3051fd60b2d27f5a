// Columns in the paths of files: sales/dt=2026-01-31/country=PL/a.parquet has dt and country.

import { FileProblem } from './file-problem.ts';
import { commonColumns, type PartialColumn, type TableFile } from './files-table.ts';

/** What Hive and its successors write for null. */
const HIVE_NULL = '__HIVE_DEFAULT_PARTITION__';

export type PathColumns = {
  readonly columns: readonly string[];
  readonly partial: readonly PartialColumn[];
  /** The values of a file, in the order of `columns`. */
  valuesOf(file: TableFile): readonly (string | null)[];
};

/** The columns that the paths of all files have, but for those that a file has itself: what is inside a file wins. */
export function pathColumns(files: readonly TableFile[], inside: readonly string[]): PathColumns {
  const taken = new Set(inside.map((name) => name.toLowerCase()));
  const found = new Map(files.map((file) => [file.name, valuesIn(file.name)]));
  const { columns, partial } = commonColumns(
    [...found].map(([name, values]) => ({
      name,
      columns: [...values.keys()].filter((column) => !taken.has(column.toLowerCase())),
    })),
  );
  return {
    columns,
    partial,
    valuesOf: ({ name }) => {
      const values = new Map([...(found.get(name) ?? [])].map(([column, value]) => [column.toLowerCase(), value]));
      return columns.map((column) => values.get(column.toLowerCase()) ?? null);
    },
  };
}

function valuesIn(name: string): Map<string, string | null> {
  const values = new Map<string, string | null>();
  const seen = new Set<string>();
  for (const segment of name.split('/').slice(0, -1)) {
    const [, column, value] = /^([^=]+)=(.*)$/s.exec(segment) ?? [];
    if (column === undefined || value === undefined) continue;
    const decoded = decodedText(column);
    if (seen.has(decoded.toLowerCase())) throw new FileProblem(`its path has ${decoded} twice`);
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
