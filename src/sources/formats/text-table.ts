// csv and json files as one relation of text columns, in the order of the files.

import type { ViewFiles } from '../../definition/view.ts';
import { csvReader } from './files-csv.ts';
import { columnsOfKeys, type JsonFile, jsonReader, textOfKey } from './files-json.ts';
import { commonColumns, FILE_COLUMN, quotedName, quotedText, type TextTable } from './files-table.ts';
import { type PathColumns, pathColumns } from './path-columns.ts';
import type { TextFile } from './text-file.ts';

/** Every file's columns are taken by the names in its own header; what only some files have is not in the table. */
export function csvTable(files: ViewFiles, found: readonly TextFile[]): TextTable {
  const { columns, partial } = commonColumns(found);
  const paths = pathColumns(found, [...columns, ...partial.map(({ column }) => column)]);
  const own = [...columns, FILE_COLUMN].map(quotedName);
  const selects = groups(found, paths, csvGroup).map(
    (group) => `select ${[...own, ...literals(group, paths)].join(', ')} from ${csvReader(group, files)}`,
  );
  return {
    sql: selects.join('\n union all '),
    columns: [...columns, ...paths.columns],
    partial: [...partial, ...paths.partial],
  };
}

/** A reader of several csv files keeps each in memory until it is at its end; a large one has a reader of its own, which does not. */
function csvGroup({ kind, lineEnd, columns, bytes = 0, source }: TextFile): unknown {
  return [kind, lineEnd, columns, bytes > KEPT_WHOLE_BYTES_MAX ? source : null];
}

const KEPT_WHOLE_BYTES_MAX = 16_777_216;

/** Every key of any object is a column, and every column that a type names. */
export function jsonTable(files: ViewFiles, found: readonly JsonFile[]): TextTable {
  const inside = new Set(found.flatMap(({ columns }) => columns));
  const paths = pathColumns(found, [...inside]);
  const declared = Object.keys(files.types).filter((column) => !paths.columns.includes(column));
  const { columns, partial } = columnsOfKeys([...new Set([...declared, ...[...inside].sort()])], found);
  const reals = new Set(found.flatMap((file) => [...file.reals]));
  const own = [
    ...columns.map((key) => `${textOfKey(key, reals.has(key))} as ${quotedName(key)}`),
    `filename as ${quotedName(FILE_COLUMN)}`,
  ];
  const selects = groups(found, paths, ({ kind }) => kind).map(
    (group) => `select ${[...own, ...literals(group, paths)].join(', ')} from ${jsonReader(group)}`,
  );
  return {
    sql: selects.join('\n union all '),
    columns: [...columns, ...paths.columns],
    partial: [...partial, ...paths.partial],
  };
}

/** Neighbours that one reader takes, so that the rows stay in the order of the files. */
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
