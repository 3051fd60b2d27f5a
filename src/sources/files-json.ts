// json files (one object per line, or a list of objects) as a table of text: every key is a column, a key that an object
// lacks is null, and what is nested stays JSON text.

import { Failure } from '../core/failure.ts';
import type { ViewFiles } from '../definition/view.ts';
import type { Engine } from './duckdb.ts';
import { FILE_COLUMN, fileList, quotedName, quotedText, type TableFile, type TextTable } from './files-table.ts';

/** The table of the files; their keys are found by reading them once. @throws Failure FILE_BROKEN. */
export async function jsonTable(engine: Engine, files: readonly TableFile[], { types }: ViewFiles): Promise<TextTable> {
  const objects = `read_json_objects(${fileList(files)}, format = 'auto', hive_partitioning = false, filename = true)`;
  const [found] = await engine.rows(
    `select coalesce(to_json(list_sort(list_distinct(flatten(list(distinct json_keys(json)))))), '[]')::varchar,
            min(filename) filter (where json_type(json) <> 'OBJECT'),
            min(filename) filter (where len(list_distinct(json_keys(json))) <> len(json_keys(json)))
       from ${objects}`,
  );
  const [keys = '[]', notObject, doubled] = found ?? [];
  refuse(files, notObject, 'holds something that is not an object, where one object per row is expected');
  refuse(files, doubled, 'holds an object that has a key twice');
  const names = JSON.parse(keys ?? '[]') as string[]; // keys are texts
  const columns = [...new Set([...Object.keys(types), ...names])];
  refuseSameInAnyCase(columns);
  const fields = columns.map((key) => `${fieldText(key, types[key])} as ${quotedName(key)}`);
  return {
    sql: `select ${[...fields, `filename as ${quotedName(FILE_COLUMN)}`].join(', ')} from ${objects}`,
    columns,
    partial: [],
  };
}

function refuse(files: readonly TableFile[], path: string | null | undefined, problem: string): void {
  if (path === null || path === undefined) return;
  const name = files.find((file) => file.path === path)?.name ?? path;
  throw new Failure('FILE_BROKEN', `${name} ${problem}.`, { file: name });
}

function refuseSameInAnyCase(columns: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const column of columns) {
    const other = seen.get(column.toLowerCase());
    if (other !== undefined) {
      throw new Failure(
        'SOURCE_SHAPE',
        `The keys ${other} and ${column} differ only in case, which SQL does not tell apart.`,
      );
    }
    seen.set(column.toLowerCase(), column);
  }
}

/**
 * The text of a key. DuckDB writes numbers with a point anew, from doubles: 1.00 becomes 1.0, and a decimal loses its
 * digits after the 17th. So for these the digits are cut from the object itself, where they are the same number.
 */
function fieldText(key: string, type: string | undefined): string {
  const path = /^[/$]/.test(key) ? `$."${key}"` : key;
  const text = `(json ->> ${quotedText(path)})`;
  if (type !== 'float' && type !== 'decimal') return text;
  const escaped = JSON.stringify(key).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const digits = `regexp_extract(json::varchar, ${quotedText(`${escaped}\\s*:\\s*(-?[0-9][0-9.eE+-]*)`)}, 1)`;
  return `case when try_cast(${digits} as double) = try_cast(${text} as double) then ${digits} else ${text} end`;
}
