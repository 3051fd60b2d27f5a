// json files (one object per line, or a list of objects) as a table of text: every key is a column, a key that an object
// lacks is null, and what is nested stays JSON text.

import { Failure } from '../core/failure.ts';
import { fileBytes, requireRows } from './file-bytes.ts';
import { FileProblem } from './file-problem.ts';
import { fileList, quotedText, type TableFile } from './files-table.ts';
import { jsonObject } from './json-object.ts';
import type { JsonRecord } from './json-record.ts';
import { jsonRecords } from './json-records.ts';
import { brokenRowList, type PrepareOptions, type TextFile } from './text-file.ts';

const COLUMNS_MAX = 2_000;
const OBJECT_BYTES_MAX = 4_194_304;

export type JsonFile = TextFile & {
  /** Columns that hold numbers with a point or an exponent. */
  readonly reals: ReadonlySet<string>;
};

/**
 * A json file looked through from its first byte to its last.
 *
 * @throws FileProblem where brackets leave open what its objects are, or its keys are too many.
 */
export async function jsonFile(file: TableFile, options: PrepareOptions): Promise<JsonFile> {
  const broken = brokenRowList(file.name);
  const columns = new Set<string>();
  const reals = new Set<string>();
  let isReadable = true;
  let rows = 0;
  const { layout, batches } = await jsonRecords(fileBytes(file.path, options, options.signal));
  for await (const records of batches) {
    for (const record of records) {
      const object = objectOf(record);
      if ('problem' in object) {
        broken.add(record.line, object.problem, record.text.slice(0, 500));
        continue;
      }
      for (const key of object.keys) columns.add(key);
      for (const key of object.reals) reals.add(key);
      if (object.rewritten !== null) isReadable = false;
      rows += 1;
    }
    requireRows(rows, options);
    if (columns.size > COLUMNS_MAX) throw new FileProblem(`its objects have more than ${COLUMNS_MAX} different keys`);
  }
  const found = { ...file, columns: [...columns], reals, broken: broken.found() };
  if ((isReadable && found.broken.count === 0) || options.purpose === 'describe')
    return { ...found, source: file.path, kind: layout };
  const source = await options.copies.copy(goodLines(file, options), options.signal);
  return { ...found, source, kind: 'lines' };
}

function objectOf(record: JsonRecord): ReturnType<typeof jsonObject> {
  return record.isUtf8 ? jsonObject(record.text) : { problem: 'is not UTF-8' };
}

/** The good objects, one per line. */
async function* goodLines(file: TableFile, options: PrepareOptions): AsyncGenerator<Buffer> {
  const { batches } = await jsonRecords(fileBytes(file.path, options, options.signal));
  for await (const records of batches) {
    const lines = records.flatMap((record) => {
      const object = objectOf(record);
      // A list may be written over several lines; in JSON, a line end is nothing but space.
      return 'problem' in object ? [] : [`${(object.rewritten ?? record.text).replace(/[\r\n]/g, ' ')}\n`];
    });
    if (lines.length > 0) yield Buffer.from(lines.join(''));
  }
}

/** The reader of neighbouring files that are laid out alike: a column `json`, and the file's path as `filename`. */
export function jsonReader(group: readonly TextFile[]): string {
  const format = group[0]?.kind === 'list' ? 'array' : 'newline_delimited';
  const paths = group.map(({ name, source }) => ({ name, path: source }));
  return `read_json_objects(${fileList(paths)}, format = '${format}', maximum_object_size = ${OBJECT_BYTES_MAX},
    hive_partitioning = false, filename = true)`;
}

/** @throws Failure SOURCE_SHAPE for keys that are no columns of SQL. */
export function requireColumnNames(columns: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const column of columns) {
    const other = seen.get(column.toLowerCase());
    if (other !== undefined) {
      const what = `The keys ${other} and ${column} differ only in case, which SQL does not tell apart.`;
      throw new Failure('SOURCE_SHAPE', what);
    }
    if (column === '' || column.includes('*') || /\0|^[/$].*\\/s.test(column))
      throw new Failure('SOURCE_SHAPE', `The key ${JSON.stringify(column)} cannot be the name of a column.`);
    seen.set(column.toLowerCase(), column);
  }
}

/**
 * The text of a key. DuckDB writes numbers with a point anew, from doubles: 1.00 becomes 1.0, and a decimal loses its
 * digits after the 17th. So these digits are cut from the object itself, where they are the same number.
 */
export function textOfKey(key: string, isReal: boolean): string {
  const text = `(json ->> ${quotedText(pathOf(key))})`;
  if (!isReal) return text;
  const escaped = JSON.stringify(key).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const digits = `regexp_extract(json::varchar, ${quotedText(`${escaped}\\s*:\\s*(-?[0-9][0-9.eE+-]*)`)}, 1)`;
  return `case when try_cast(${digits} as double) = try_cast(${text} as double) then ${digits} else ${text} end`;
}

function pathOf(key: string): string {
  return /^[\w ]+$/.test(key) || key.includes('\\') ? key : `$."${key.replaceAll('"', '\\"')}"`;
}
