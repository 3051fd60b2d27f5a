// A table of files: the files of a reading, ordered by name, as one relation in DuckDB.

import { Failure } from '../../core/failure.ts';
import { listSome, listWithin } from '../../core/list-some.ts';
import { safe, text } from '../../core/message.ts';
import type { FeatureView, ViewFiles } from '../../definition/view.ts';
import { type CsvHead, delimiterHint, headHint } from './csv/csv-head.ts';
import { csvCastOf } from './csv/number-marks.ts';
import { TEXT_CHARACTERS } from './line-index.ts';
import type { NamedColumns } from './named-columns.ts';
import { quotedName, quotedText } from './quote.ts';
import { missingColumnNotes, type PartialColumn, requireUsable } from './united-columns.ts';

/** A file: `name` is its path in the source, for messages; `path` is what DuckDB opens. */
export type TableFile = { readonly name: string; readonly path: string };

export type FilesTable = {
  /** A SELECT of the rows with valid fields. */
  readonly sql: string;
  /** The same without checks, once all fields are known to be valid. */
  readonly sqlWhenAllFit: string;
  /** The rows with invalid fields; null if no column can have one. */
  readonly typeErrors: TypeErrors | null;
  /** The columns that a query can use. */
  readonly columns: readonly string[];
  readonly partial: readonly PartialColumn[];
  /**
   * Columns that are null in every row and have no type, or have such a field. They are valid wherever a null is. `marked` is
   * the column's type in SQL, with uuid for what has none.
   */
  readonly untyped: readonly { readonly column: string; readonly marked: string }[];
  /** Notes about the files for the run. */
  readonly notes: readonly string[];
  /** CSV only: the first lines of the first file. */
  readonly head?: CsvHead;
};

/** A SELECT of the path of the file, the index in `checked` of the first bad field, and the text of every column. */
export type TypeErrors = {
  readonly sql: string;
  readonly columns: readonly string[];
  readonly checked: readonly { readonly column: string; readonly expected: string }[];
};

/** All CSV or JSON files as one relation with text columns, before types are applied. */
export type TextTable = {
  /** A SELECT of the columns as varchar, and the path of the file as FILE_COLUMN. */
  readonly sql: string;
  readonly columns: readonly string[];
  /** Column → the files without it, where it is null. */
  readonly missing: ReadonlyMap<string, readonly string[]>;
  readonly partial: readonly PartialColumn[];
  /** CSV only: the first lines of the first file. */
  readonly head?: CsvHead;
};

export const FILE_COLUMN = '#file';
/** Of a list of columns in a message. */
export const COLUMNS_CHARACTERS = 200;

/** A relation needs a column even if no object has a key. */
export const NO_COLUMN = '(no column)';

/** `['a.csv', 'b.csv']`: the files as an argument of DuckDB's readers. */
export function fileList(files: readonly TableFile[]): string {
  return `[${files.map(({ path }) => quotedText(path)).join(', ')}]`;
}

/**
 * Applies the types that the view declares to a text table.
 *
 * @throws Failure SOURCE_SHAPE if a declared column is in no file, or a column of the query cannot be used.
 */
export function typedTable(
  view: FeatureView,
  { types, csv, format }: ViewFiles,
  text: TextTable,
  named: NamedColumns,
): FilesTable {
  const unknown = Object.keys(types).filter((name) => !isColumn(name, text));
  if (unknown.length > 0) throw unknownColumns(view, unknown, { ...text, format });
  requireUsable(view, text.partial, named);
  const declared = new Map(Object.entries(types).map(([column, type]) => [column.toLowerCase(), type]));
  const castOf = (column: string) => csvCastOf(declared.get(column.toLowerCase()) ?? 'string', csv);
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
    typeErrors: checked.length === 0 ? null : { sql: typeErrorsSql(text, checked), columns: text.columns, checked },
    columns: text.columns,
    partial: text.partial,
    untyped: [],
    notes: missingColumnNotes(text.missing, named),
    ...(text.head === undefined ? {} : { head: text.head }),
  };
}

function isColumn(name: string, text: TextTable): boolean {
  const isIt = (column: string) => column.toLowerCase() === name.toLowerCase();
  return text.columns.some(isIt) || text.partial.some(({ column }) => isIt(column));
}

function typeErrorsSql(
  text: TextTable,
  checked: readonly { readonly column: string; readonly fits: string }[],
): string {
  const conditions = checked.map(({ column, fits }) => `(${quotedName(column)} is not null and not ${fits})`);
  const first = conditions.map((condition, index) => `when ${condition} then ${index}`).join(' ');
  // Longer text is not shown.
  const columns = text.columns.map((column) => `left(${quotedName(column)}, ${TEXT_CHARACTERS})`).join(', ');
  return `select ${quotedName(FILE_COLUMN)}, case ${first} end, ${columns}\n from (${text.sql})\n where ${conditions.join(' or ')}`;
}

function unknownColumns(
  view: FeatureView,
  unknown: readonly string[],
  { columns, head, format }: TextTable & Pick<ViewFiles, 'format'>,
): Failure {
  const found = (format === 'csv' ? delimiterHint(columns) : null) ?? listWithin(columns, COLUMNS_CHARACTERS);
  const hint = head === undefined ? safe('') : headHint(head, unknown[0] ?? '', view.redacted ? 'redacted' : 'values');
  return new Failure(
    'SOURCE_SHAPE',
    text`View ${safe(view.name)} declares types for ${safe(listSome(unknown))}, but its files have no such column; they have ${found}${hint}.`,
    { view: view.name },
  );
}
