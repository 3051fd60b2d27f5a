// The lines of rows in a CSV file.

import type { ViewFiles } from '../../../definition/view.ts';
import type { TableFile } from '../files-table.ts';
import { lineIndex } from '../line-index.ts';
import type { PrepareOptions } from '../text-file.ts';
import { csvHeader } from './csv-header.ts';
import { csvFields } from './csv-records.ts';
import { rowsIn } from './files-csv.ts';

/** The line of each row, given as column (in lower case) → text; null for a row that is not found. */
export async function csvLines(
  file: TableFile,
  files: ViewFiles,
  options: PrepareOptions,
  rows: readonly ReadonlyMap<string, string | null>[],
): Promise<readonly (number | null)[]> {
  const nullText = files.csv?.nullText ?? '';
  const { bytes, batches } = await rowsIn(file, files, options);
  let header = files.csv?.header === undefined ? null : csvHeader(file.name, files.csv.header).fields;
  let index = header === null ? null : indexOf(rows, header, nullText);
  for await (const { buffer, records } of batches) {
    for (const record of records) {
      if (record.problem !== null) continue;
      const fields = csvFields(buffer, record, bytes);
      if (header === null || index === null) {
        header = csvHeader(file.name, fields).fields;
        index = indexOf(rows, header, nullText);
      } else index.visit(fields, record.line);
    }
    if (index?.isComplete()) break;
  }
  return index?.lines() ?? rows.map(() => null);
}

/** Rows with the columns of this file, as the file writes them. Fields without a usable name are not compared. */
function indexOf(rows: readonly ReadonlyMap<string, string | null>[], header: readonly string[], nullText: string) {
  const names = header.map((name) => name.toLowerCase());
  const isCompared = names.map((name) => rows.some((row) => row.has(name)));
  const index = lineIndex(
    rows.map((row) => names.map((name, at) => (isCompared[at] ? (row.get(name) ?? nullText) : null))),
  );
  return {
    ...index,
    visit: (fields: readonly string[], line: number) =>
      index.visit(
        names.map((_, at) => (isCompared[at] ? (fields[at] ?? '') : null)),
        line,
      ),
  };
}
