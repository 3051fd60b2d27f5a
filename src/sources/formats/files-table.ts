// A table of files: those of a reading, in the order of their names, as one relation of DuckDB.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import type { FeatureView, ViewFiles } from '../../definition/view.ts';
import { fileCastOf } from '../../feature-types/index.ts';
import type { NamedColumns } from './named-columns.ts';
import { quotedName, quotedText } from './quote.ts';
import { missingColumnNotes, type PartialColumn, requireUsable } from './united-columns.ts';

/** A file as the engine opens it: `name` below its place, for people; `path`, for DuckDB. */
export type TableFile = { readonly name: string; readonly path: string };

export type FilesTable = {
  /** A SELECT: the rows whose fields fit their types. */
  readonly sql: string;
  /** The same where it is known that all fields fit: without looking at each again. */
  readonly sqlWhenAllFit: string;
  /** The rows whose fields do not fit; null where no column has a type that a field could miss. */
  readonly misfits: TypeErrors | null;
  readonly partial: readonly PartialColumn[];
  /** Columns that are null in every row and have no type: they fit wherever a null does. */
  readonly untyped: readonly string[];
  /** What a run should say of its files. */
  readonly notes: readonly string[];
};

/** A SELECT of the path of the file, the index in `checked` of the first bad field, and the text of every column. */
export type TypeErrors = {
  readonly sql: string;
  readonly columns: readonly string[];
  readonly checked: readonly { readonly column: string; readonly expected: string }[];
};

/** Columns of text, one relation for all files: what csv and json files are before their types are looked at. */
export type TextTable = {
  /** A SELECT of the columns as varchar, and the path of the file as FILE_COLUMN. */
  readonly sql: string;
  readonly columns: readonly string[];
  /** Column → the files that lack it, in whose rows it is null. */
  readonly lacking: ReadonlyMap<string, readonly string[]>;
  readonly partial: readonly PartialColumn[];
};

export const FILE_COLUMN = '#file';

/** A relation has at least one column, also where no object has a key. */
export const NO_COLUMN = '(no column)';

/** `['a.csv', 'b.csv']`: the files as an argument of DuckDB's readers. */
export function fileList(files: readonly TableFile[]): string {
  return `[${files.map(({ path }) => quotedText(path)).join(', ')}]`;
}

/**
 * A text table with the types that the view declares.
 *
 * @throws Failure SOURCE_SHAPE for a type of a column that no file has, or a named column that is not usable.
 */
export function typedTable(view: FeatureView, { types }: ViewFiles, text: TextTable, named: NamedColumns): FilesTable {
  const unknown = Object.keys(types).filter((name) => !isColumn(name, text));
  if (unknown.length > 0) throw unknownColumns(view, unknown, text.columns);
  requireUsable(view, text.partial, named);
  const declared = new Map(Object.entries(types).map(([column, type]) => [column.toLowerCase(), type]));
  const castOf = (column: string) => fileCastOf(declared.get(column.toLowerCase()) ?? 'string');
  const checked = text.columns.flatMap((column) => {
    const cast = castOf(column);
    return cast === null ? [] : [{ column, expected: cast.expected, fits: cast.fits(quotedName(column)) }];
  });
  const values = text.columns.map((column) => {
    const name = quotedName(column);
    return `${castOf(column)?.value(name) ?? name} as ${name}`;
  });
  const fitting = checked.map(({ column, fits }) => `(${quotedName(column)} is null or ${fits})`).join('\n and ');
  const selected = values.length === 0 ? `null::varchar as ${quotedName(NO_COLUMN)}` : values.join(', ');
  const sqlWhenAllFit = `select ${selected}\n from (${text.sql})`;
  return {
    sql: fitting === '' ? sqlWhenAllFit : `${sqlWhenAllFit}\n where ${fitting}`,
    sqlWhenAllFit,
    misfits: checked.length === 0 ? null : { sql: misfitsSql(text, checked), columns: text.columns, checked },
    partial: text.partial,
    untyped: [],
    notes: missingColumnNotes(text.lacking, named),
  };
}

function isColumn(name: string, text: TextTable): boolean {
  const isIt = (column: string) => column.toLowerCase() === name.toLowerCase();
  return text.columns.some(isIt) || text.partial.some(({ column }) => isIt(column));
}

function misfitsSql(text: TextTable, checked: readonly { readonly column: string; readonly fits: string }[]): string {
  const misfit = checked.map(({ column, fits }) => `(${quotedName(column)} is not null and not ${fits})`);
  const first = misfit.map((condition, index) => `when ${condition} then ${index}`).join(' ');
  // More than is shown of a bad field nobody needs.
  const columns = text.columns.map((column) => `left(${quotedName(column)}, 600)`).join(', ');
  return `select ${quotedName(FILE_COLUMN)}, case ${first} end, ${columns}\n from (${text.sql})\n where ${misfit.join(' or ')}`;
}

function unknownColumns(view: FeatureView, unknown: readonly string[], columns: readonly string[]): Failure {
  return new Failure(
    'SOURCE_SHAPE',
    text`View ${safe(view.name)} declares types for ${safe(unknown.join(', '))}, which its files do not have; they have ${columns.join(', ')}.`,
    { view: view.name },
  );
}
