// JSON files (one object per line, or a list of objects) as a table of text: every key is a column, a missing key is null,
// and nested values stay JSON text.

import { safe, text } from '../../../core/message.ts';
import type { ViewFiles } from '../../../definition/view.ts';
import { fileCastOf } from '../../../feature-types/index.ts';
import { engineCompression, isReadByEngine } from '../compressed/compression.ts';
import { fileText, requireRows } from '../file-bytes.ts';
import { FileProblem } from '../file-problem.ts';
import { fileList, type TableFile } from '../files-table.ts';
import { quotedText } from '../quote.ts';
import { brokenRowList, type PrepareOptions, type TextFile } from '../text-file.ts';
import type { PartialColumn } from '../united-columns.ts';
import { jsonObject, NOT_JSON } from './json-object.ts';
import { type JsonRecord, RECORD_BYTES_MAX } from './json-record.ts';
import { jsonRecords } from './json-records.ts';

const COLUMNS_MAX = 2_000;
/** The engine reads a file in buffers of twice this size, and holds several of them. */
const OBJECT_BYTES_MAX = RECORD_BYTES_MAX + 65_536;
/** Rewritten objects are longer. */
const COPIED_BYTES_MAX = 4 * RECORD_BYTES_MAX;

export type JsonFile = TextFile & {
  /** Columns that hold numbers with a point or an exponent. */
  readonly reals: ReadonlySet<string>;
  /** The text of its row, if it has exactly one. */
  readonly only: string | null;
};

/**
 * Scans a JSON file.
 *
 * @throws FileProblem if brackets do not match, or there are too many keys.
 */
export async function jsonFile(file: TableFile, files: ViewFiles, options: PrepareOptions): Promise<JsonFile> {
  const { types, encoding, records: path } = files;
  const quoted = Object.entries(types).filter(([, type]) => fileCastOf(type)?.jsonString === 'quoted');
  const documents = new Set(quoted.map(([key]) => key.toLowerCase()));
  const broken = brokenRowList(file.name);
  const columns = new Set<string>();
  const reals = new Set<string>();
  let isReadable = true;
  let firstBroken: string | null = null;
  let isJson = false;
  let only: string | null = null;
  let rows = 0;
  const { layout, batches } = await jsonRecords(fileText(file.path, encoding, options), path);
  for await (const records of batches) {
    for (const record of records) {
      const object = objectOf(record, documents);
      isJson ||= !('problem' in object && object.problem === NOT_JSON);
      if ('problem' in object) {
        firstBroken ??= record.text;
        broken.add(record.line, object.problem, record.text.slice(0, 500));
        continue;
      }
      for (const key of object.keys) columns.add(key);
      for (const key of object.reals) reals.add(key);
      if (object.rewritten !== null) isReadable = false;
      rows += 1;
      only = rows === 1 ? record.text : null;
    }
    requireRows(rows, options);
    if (columns.size > COLUMNS_MAX)
      throw new FileProblem(text`its objects have more than ${safe(COLUMNS_MAX)} different keys`);
  }
  const isEmpty = rows === 0 && broken.found().count === 0;
  const found = { ...file, columns: [...columns], unusable: [], isEmpty, reals, only, broken: broken.found() };
  if (!isJson && firstBroken !== null) throw notJson(firstBroken, found.broken.count);
  const isPlain = (layout === 'lines' || layout === 'list') && encoding === undefined && isReadByEngine(file.path);
  const isAsRead = isPlain && isReadable && found.broken.count === 0;
  if (isAsRead || options.purpose === 'describe') {
    return { ...found, source: file.path, kind: layout === 'list' ? 'list' : 'lines' };
  }
  const source = await options.copies.copy(goodLines(file, files, documents, options), options.signal);
  return { ...found, source, kind: 'lines' };
}

/** A file of another format, or with objects over several lines: one message is clearer than a refusal for each line. */
function notJson(firstLine: string, lines: number): FileProblem {
  if (lines > 1 && /^\s*\{[^}]*$/.test(firstLine)) {
    return new FileProblem(text`its first object spans several lines and is not valid JSON`);
  }
  return new FileProblem(text`no line in it is JSON; a CSV file needs \`format: csv\` in the view`);
}

function objectOf(record: JsonRecord, documents: ReadonlySet<string>): ReturnType<typeof jsonObject> {
  return record.isUtf8 ? jsonObject(record.text, documents) : { problem: 'is not UTF-8' };
}

/** The good objects, one per line. */
async function* goodLines(
  file: TableFile,
  { encoding, records: path }: ViewFiles,
  documents: ReadonlySet<string>,
  options: PrepareOptions,
): AsyncGenerator<Buffer> {
  const { batches } = await jsonRecords(fileText(file.path, encoding, options), path);
  for await (const records of batches) {
    const lines = records.flatMap((record) => {
      const object = objectOf(record, documents);
      // A list may span several lines; in JSON, a line break is whitespace.
      return 'problem' in object ? [] : [`${(object.rewritten ?? record.text).replace(/[\r\n]/g, ' ')}\n`];
    });
    if (lines.length > 0) yield Buffer.from(lines.join(''));
  }
}

/** The reader of adjacent files with the same layout: a column `json`, and the file's path as `filename`. */
export function jsonReader(group: readonly TextFile[]): string {
  const format = group[0]?.kind === 'list' ? 'array' : 'newline_delimited';
  const paths = group.map(({ name, source }) => ({ name, path: source }));
  const bytesMax = group.some(({ path, source }) => source !== path) ? COPIED_BYTES_MAX : OBJECT_BYTES_MAX;
  return `read_json_objects(${fileList(paths)}, format = '${format}', maximum_object_size = ${bytesMax},
    compression = '${engineCompression(group[0]?.source ?? '')}', hive_partitioning = false, filename = true)`;
}

/** The keys that can be columns, and those that cannot: keys that differ only in case, and invalid names. */
export function columnsOfKeys(
  keys: readonly string[],
  files: readonly JsonFile[],
): { readonly columns: readonly string[]; readonly partial: readonly PartialColumn[] } {
  const alike = Map.groupBy(keys, (key) => key.toLowerCase());
  const columns: string[] = [];
  const partial: PartialColumn[] = [];
  for (const [column, [first = '', other]] of alike) {
    const file = files.find((each) => each.columns.includes(other ?? first))?.name ?? 'a file';
    if (other !== undefined) {
      const both = `${JSON.stringify(other)} and ${JSON.stringify(first)}`;
      partial.push({
        column,
        why: `${file} has the keys ${both}, which SQL does not distinguish; rename one of them`,
      });
    } else if (column === '' || column.includes('*') || /\0|^[/$].*\\/s.test(column)) {
      partial.push({
        column,
        why: `it is a key of ${file} that cannot be used as a column name; rename it`,
      });
    } else columns.push(first);
  }
  return { columns, partial };
}

/** The text of a key without numbers with a point. */
export function textOfKey(key: string): string {
  return `(json ->> ${quotedText(pathOf(key))})`;
}

/**
 * The text of a key with numbers with a point. DuckDB rewrites them from doubles: 1.00 becomes 1.0, a decimal loses its
 * digits after the 17th, and -0 its sign. So the digits of such a number are extracted from the object, where they are the
 * first that follow the key (JsonObject.rewritten). A key follows `{` or `,`; a quote inside another key follows a
 * backslash. Strings and integers are not affected.
 */
export function textOfRealKey(key: string): string {
  const text = textOfKey(key);
  const escaped = JSON.stringify(key).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const digits = `regexp_extract(json::varchar, ${quotedText(`[{,]\\s*${escaped}\\s*:\\s*(-?[0-9][0-9.eE+-]*)`)}, 1)`;
  const isWritten = `json_type(json, ${quotedText(pathOf(key))}) in ('DOUBLE', 'BIGINT') and regexp_matches(${text}, '[.eE]|^0$')`;
  return `case when ${isWritten} then ${digits} else ${text} end`;
}

function pathOf(key: string): string {
  return /^[\w ]+$/.test(key) || key.includes('\\') ? key : `$."${key.replaceAll('"', '\\"')}"`;
}
