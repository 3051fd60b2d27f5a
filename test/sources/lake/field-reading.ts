// Everything that a query reads from CSV and JSON files, for tests of fields.

import type { FeatureView, ViewFiles } from '../../../src/definition/view.ts';
import type { RefusedRow } from '../../../src/rows/refusal.ts';
import { rowsOf } from '../source-contract.ts';
import { askingFiles, calm, lakeFolder, openLake } from './lake-files.ts';

export type Read = { rows: (string | null)[][]; refused: RefusedRow[]; types: string[] };

/** Everything that a query reads from the files. The first file gives the format. */
export async function reading(
  files: Readonly<Record<string, string | Uint8Array>>,
  types: ViewFiles['types'] = {},
  query = 'select * from files',
  changes: Partial<ViewFiles> = {},
  view: Partial<FeatureView> = {},
): Promise<Read> {
  const first = Object.keys(files)[0] ?? '';
  const format = first.includes('.csv') ? 'csv' : 'json';
  await using source = openLake(await lakeFolder(files));
  const extraction = askingFiles({ pattern: '**/*', format, types, ...changes }, query, view);
  const columns = await source.describe(extraction, calm);
  const read: Read = { rows: [], refused: [], types: columns.map(({ type }) => type) };
  for await (const batch of source.read({ ...extraction, columns }, calm)) {
    read.rows.push(...rowsOf(batch));
    read.refused.push(...(batch.refused ?? []));
  }
  return read;
}
