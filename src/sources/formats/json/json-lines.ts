// The lines of rows in a JSON file.

import type { ViewFiles } from '../../../definition/view.ts';
import { fileText } from '../file-bytes.ts';
import type { TableFile } from '../files-table.ts';
import { lineIndex } from '../line-index.ts';
import type { PrepareOptions } from '../text-file.ts';
import { scalarTexts } from './json-object.ts';
import { jsonRecords } from './json-records.ts';

/** DuckDB may write nested values in another form, so they are not compared. */
const NESTED = /^[[{"]/;

/** The line of each row, given as column (in lower case) → text; null for a row that is not found. */
export async function jsonLines(
  file: TableFile,
  { types, encoding, records: path }: ViewFiles,
  options: PrepareOptions,
  rows: readonly ReadonlyMap<string, string | null>[],
): Promise<readonly (number | null)[]> {
  const documents = new Set(
    Object.entries(types).flatMap(([key, type]) => (type === 'json' ? [key.toLowerCase()] : [])),
  );
  const columns = [...(rows[0]?.keys() ?? [])].filter((column) => !documents.has(column));
  const compared = (texts: ReadonlyMap<string, string | null>) =>
    columns.map((column) => {
      const text = texts.get(column) ?? null;
      return text !== null && NESTED.test(text) ? '' : text;
    });
  const index = lineIndex(rows.map(compared));
  const { batches } = await jsonRecords(fileText(file.path, encoding, options), path);
  for await (const records of batches) {
    for (const { text, line } of records) {
      const texts = scalarTexts(text);
      if (texts !== null) index.visit(compared(texts), line);
    }
    if (index.isComplete()) break;
  }
  return index.lines();
}
