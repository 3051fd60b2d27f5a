// How the labels of a training set are cut into parts.

import type { DatasetFormat } from '../definition/dataset.ts';
import type { Database } from '../postgres/database.ts';
import type { PartPlan } from './building.ts';
import type { StagedLabels } from './labels/staged-labels.ts';

/** Labels of one folder, which are next to each other. */
export type Folder = { readonly folder: string; readonly first: number; readonly rows: number };

export async function foldersOf(database: Database, { table }: StagedLabels): Promise<Folder[]> {
  return database.query<Folder>(
    `select folder, min(label_id) as first, count(*) as rows from ${table} group by folder order by min(label_id)`,
  );
}

const ENDINGS: Readonly<Record<DatasetFormat, string>> = { parquet: 'parquet', csv: 'csv', json: 'jsonl' };

/** Pure: one part or more per folder. A set without labels has one part, with the columns and no row. */
export function planParts(folders: readonly Folder[], partRows: number, format: DatasetFormat): PartPlan[] {
  const parts: PartPlan[] = [];
  const add = (folder: string, from: number, to: number) => {
    const name = `part-${String(parts.length).padStart(5, '0')}.${ENDINGS[format]}`;
    parts.push({ part: parts.length, from, to, file: folder === '' ? name : `${folder}/${name}` });
  };
  for (const { folder, first, rows } of folders) {
    for (let from = first; from < first + rows; from += partRows)
      add(folder, from, Math.min(from + partRows, first + rows));
  }
  if (parts.length === 0) add('', 0, 0);
  return parts;
}
