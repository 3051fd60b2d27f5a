// The columns of a table of several files: what only some of them have is null in the others (docs/architecture/sources.md).

import { Failure } from '../../core/failure.ts';
import { listSome } from '../../core/list-some.ts';
import { safe, text } from '../../core/message.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { NamedColumns } from './named-columns.ts';

/** A column that is not in the table though some file has it, and why: a sentence that names the files. */
export type PartialColumn = { readonly column: string; readonly why: string };

export type UnitedColumns = {
  /** Those of any file, in the order in which they come, as the first file with each writes it. */
  readonly columns: readonly string[];
  /** Column → the files that lack it; of columns that all have, none. */
  readonly lacking: ReadonlyMap<string, readonly string[]>;
};

/** Names that differ only in case are one column, as in SQL. */
export function unitedColumns(
  files: readonly { readonly name: string; readonly columns: readonly string[] }[],
): UnitedColumns {
  const spellings = Map.groupBy(
    files.flatMap((file) => file.columns),
    lower,
  );
  const sets = files.map((file) => ({ name: file.name, columns: new Set(file.columns.map(lower)) }));
  const columns = [...spellings.values()].map(([first = '']) => first);
  const lacking = columns.flatMap((column) => {
    const names = sets.filter((file) => !file.columns.has(lower(column))).map(({ name }) => name);
    return names.length === 0 ? [] : [[column, names] as const];
  });
  return { columns, lacking: new Map(lacking) };
}

/** What a run notes of the columns that its query names and some files lack. */
export function missingColumnNotes(lacking: UnitedColumns['lacking'], named: NamedColumns): string[] {
  return [...lacking]
    .filter(([column]) => named.has(column))
    .map(
      ([column, files]) =>
        `column ${column} is null in the rows of ${listSome(files)}, which ${files.length === 1 ? 'does' : 'do'} not have it`,
    );
}

/** @throws Failure SOURCE_SHAPE where the query names a column that is in the files, and not usable. */
export function requireUsable(view: FeatureView, unusable: readonly PartialColumn[], named: NamedColumns): void {
  const found = unusable.find(({ column }) => named.has(column));
  if (found === undefined) return;
  const what = text`View ${safe(view.name)}: column ${JSON.stringify(found.column)} cannot be used: ${found.why}.`;
  throw new Failure('SOURCE_SHAPE', what, { view: view.name, column: found.column });
}

function lower(name: string): string {
  return name.toLowerCase();
}
