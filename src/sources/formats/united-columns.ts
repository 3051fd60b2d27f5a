// The columns of a table of several files. A column that a file does not have is null in its rows (docs/architecture/sources.md).

import { Failure } from '../../core/failure.ts';
import { listSome } from '../../core/list-some.ts';
import { safe, text } from '../../core/message.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { NamedColumns } from './named-columns.ts';

/** A column of a file that is not in the table, and the reason, which names the files. */
export type PartialColumn = { readonly column: string; readonly why: string };

export type UnitedColumns = {
  /** The columns of all files, in order of appearance, with the name from the first file. */
  readonly columns: readonly string[];
  /** Column → the files without it. Columns of all files are not included. */
  readonly missing: ReadonlyMap<string, readonly string[]>;
};

/** Names that differ only in case are the same column, as in SQL. */
export function unitedColumns(
  files: readonly { readonly name: string; readonly columns: readonly string[] }[],
): UnitedColumns {
  const spellings = Map.groupBy(
    files.flatMap((file) => file.columns),
    lower,
  );
  const sets = files.map((file) => ({ name: file.name, columns: new Set(file.columns.map(lower)) }));
  const columns = [...spellings.values()].map(([first = '']) => first);
  const missing = columns.flatMap((column) => {
    const names = sets.filter((file) => !file.columns.has(lower(column))).map(({ name }) => name);
    return names.length === 0 ? [] : [[column, names] as const];
  });
  return { columns, missing: new Map(missing) };
}

/** Notes about columns that the query names and some files do not have. */
export function missingColumnNotes(missing: UnitedColumns['missing'], named: NamedColumns): string[] {
  return [...missing]
    .filter(([column]) => named.has(column))
    .map(
      ([column, files]) =>
        `column ${column} is null in rows of ${listSome(files)}, which ${files.length === 1 ? 'does' : 'do'} not have it`,
    );
}

/** @throws Failure SOURCE_SHAPE if the query names a column of the files that cannot be used. */
export function requireUsable(view: FeatureView, unusable: readonly PartialColumn[], named: NamedColumns): void {
  const found = unusable.find(({ column }) => named.has(column));
  if (found === undefined) return;
  const what = text`View ${safe(view.name)}: column ${JSON.stringify(found.column)} cannot be used: ${found.why}.`;
  throw new Failure('SOURCE_SHAPE', what, { view: view.name, column: found.column });
}

function lower(name: string): string {
  return name.toLowerCase();
}
