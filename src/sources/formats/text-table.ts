// CSV and JSON files as one relation with text columns, in the order of the files.

import type { ViewFiles } from '../../definition/view.ts';
import { engineCompression } from './compressed/compression.ts';
import { csvReader } from './csv/files-csv.ts';
import { FILE_COLUMN, type TextTable } from './files-table.ts';
import { columnsOfKeys, type JsonFile, jsonReader, textOfKey, textOfRealKey } from './json/files-json.ts';
import type { NamedColumns } from './named-columns.ts';
import { type PathColumns, pathColumns } from './path-columns.ts';
import { quotedName, quotedText } from './quote.ts';
import type { TextFile } from './text-file.ts';
import { unitedColumns } from './united-columns.ts';

/** Columns are matched by the header of each file. A column that a file does not have is null in its rows. */
export function csvTable(files: ViewFiles, found: readonly TextFile[]): TextTable {
  const unusable = found.flatMap((file) => file.unusable);
  const bad = new Set(unusable.map(({ column }) => column.toLowerCase()));
  const usable = found.map(({ name, columns }) => ({
    name,
    columns: columns.filter((column) => !bad.has(column.toLowerCase())),
  }));
  const united = unitedColumns(usable);
  const paths = pathColumns(found, united, unusable);
  const selects = groups(found, paths, csvGroup).map((group) => {
    const own = [...ownColumns(united.columns, group), quotedName(FILE_COLUMN)];
    return `select ${[...own, ...literals(group, paths)].join(', ')} from ${csvReader(group, files)}`;
  });
  return {
    sql: selects.join('\n union all '),
    columns: [...united.columns, ...paths.columns],
    missing: new Map([...united.missing, ...paths.missing]),
    partial: [...unusable, ...paths.unusable],
    ...(found[0]?.head === undefined ? {} : { head: found[0].head }),
  };
}

/** The columns of the table in a group of files, with the names of the table. */
function ownColumns(columns: readonly string[], [first]: readonly TextFile[]): string[] {
  const own = new Set(first?.columns.map((column) => column.toLowerCase()));
  return columns.map((column) => `${own.has(column.toLowerCase()) ? '' : 'null::varchar as '}${quotedName(column)}`);
}

/** A reader of several CSV files keeps each in memory until its end. A large file gets its own reader, which does not. */
function csvGroup({ kind, lineEnd, delimiter, fields, bytes = 0, source }: TextFile): unknown {
  return [kind, lineEnd, delimiter, engineCompression(source), fields, bytes > KEPT_WHOLE_BYTES_MAX ? source : null];
}

const KEPT_WHOLE_BYTES_MAX = 16_777_216;

/** Every key of any object is a column, and so is every column that `types` names. */
export function jsonTable(files: ViewFiles, found: readonly JsonFile[]): TextTable {
  const inside = new Set(found.flatMap(({ columns }) => columns));
  const spelled = new Map([...inside].map((column) => [column.toLowerCase(), column]));
  const paths = pathColumns(found, { columns: [...inside], missing: new Map() });
  const declared = Object.keys(files.types)
    .filter((column) => !paths.columns.includes(column))
    .map((column) => spelled.get(column.toLowerCase()) ?? column);
  const { columns, partial } = columnsOfKeys([...new Set([...declared, ...[...inside].sort()])], found);
  const reals = new Set(found.flatMap((file) => [...file.reals]));
  const own = [
    ...columns.map((key) => `${reals.has(key) ? textOfRealKey(key) : textOfKey(key)} as ${quotedName(key)}`),
    `filename as ${quotedName(FILE_COLUMN)}`,
  ];
  const selects = groups(found, paths, ({ kind, source }) => [kind, engineCompression(source)]).map(
    (group) => `select ${[...own, ...literals(group, paths)].join(', ')} from ${jsonReader(group)}`,
  );
  return {
    sql: selects.join('\n union all '),
    columns: [...columns, ...paths.columns],
    missing: paths.missing,
    partial: [...partial, ...paths.unusable],
  };
}

/** A table without rows: the columns that the view declares, and those that its query names. */
export function emptyTable({ types, csv }: ViewFiles, { spelled }: NamedColumns): TextTable {
  const { columns } = unitedColumns([
    { name: '', columns: [...(csv?.header ?? []), ...Object.keys(types)] },
    { name: '', columns: [...spelled] },
  ]);
  const fields = [...columns, FILE_COLUMN].map((column) => `null::varchar as ${quotedName(column)}`);
  return { sql: `select ${fields.join(', ')} where false`, columns, missing: new Map(), partial: [] };
}

/** Adjacent files that one reader can read, so that rows stay in the order of the files. */
function groups<File extends TextFile>(
  files: readonly File[],
  paths: PathColumns,
  keyOf: (file: File) => unknown,
): File[][] {
  const found: { key: string; files: File[] }[] = [];
  for (const file of files) {
    const key = JSON.stringify([keyOf(file), paths.valuesOf(file)]);
    const last = found.at(-1);
    if (last?.key === key) last.files.push(file);
    else found.push({ key, files: [file] });
  }
  return found.map((group) => group.files);
}

function literals(group: readonly TextFile[], paths: PathColumns): string[] {
  const [first] = group;
  const values = first === undefined ? [] : paths.valuesOf(first);
  return paths.columns.map((column, index) => {
    const value = values[index] ?? null;
    return `${value === null ? 'null' : quotedText(value)}::varchar as ${quotedName(column)}`;
  });
}
