// How the labels of a training set are cut into parts.

import { type EpochMs, epochMsOf } from '../core/instant.ts';
import { type Interval, interval } from '../core/interval.ts';
import type { DatasetFormat } from '../definition/dataset.ts';
import type { Database } from '../postgres/database.ts';
import type { PartPlan } from './building.ts';
import { TIMESTAMP } from './labels/label-columns.ts';
import { placeOf, type StagedLabels } from './labels/staged-labels.ts';

/** Labels of one folder, which are next to each other, and in whole milliseconds the time around them. */
export type Folder = {
  readonly folder: string;
  readonly first: number;
  readonly rows: number;
  readonly span: Interval;
};

type FolderRow = Omit<Folder, 'span'> & { readonly since: EpochMs; readonly until: EpochMs };

export async function foldersOf(database: Database, { table, columns }: StagedLabels): Promise<Folder[]> {
  const ms = (at: string) => `floor(extract(epoch from ${at}) * 1000)::bigint`;
  const at = placeOf(columns, TIMESTAMP);
  const rows = await database.query<FolderRow>(
    `select folder, min(label_id) as first, count(*) as rows, ${ms(`min(${at})`)} as since, ${ms(`max(${at})`)} as until
       from ${table} group by folder order by min(label_id)`,
  );
  return rows.map(({ since, until, ...folder }) => ({ ...folder, span: interval(since, epochMsOf(until + 1)) }));
}

const ENDINGS: Readonly<Record<DatasetFormat, string>> = { parquet: 'parquet', csv: 'csv', json: 'jsonl' };

/** Pure: one part or more per folder. A set without labels has one part, with the columns and no row. */
export function planParts(folders: readonly Folder[], partRows: number, format: DatasetFormat): PartPlan[] {
  const parts: PartPlan[] = [];
  const add = (folder: string, span: Interval | null, from: number, to: number) => {
    const name = `part-${String(parts.length).padStart(5, '0')}.${ENDINGS[format]}`;
    parts.push({ part: parts.length, from, to, file: folder === '' ? name : `${folder}/${name}`, span });
  };
  for (const { folder, first, rows, span } of folders) {
    for (let from = first; from < first + rows; from += partRows)
      add(folder, span, from, Math.min(from + partRows, first + rows));
  }
  if (parts.length === 0) add('', null, 0, 0);
  return parts;
}
