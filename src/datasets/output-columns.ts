// The columns of a training set: those of the labels, the split, and for each view its features and their time.

import { Failure } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import type { Dataset } from '../definition/dataset.ts';
import type { Feature } from '../definition/view.ts';
import type { FileType } from '../feature-types/file-type.ts';
import { fileTypeOf } from './file-type.ts';
import type { LabelColumn } from './labels/label-columns.ts';
import type { SetView } from './set-views.ts';

export type OutputColumn = {
  readonly name: string;
  readonly type: FileType;
  /** SQL over staged labels and the joined tables of a part. */
  readonly sql: string;
  /** The view and feature that it holds; a view without a feature is its time. Null for columns of labels. */
  readonly of: { readonly view: string; readonly feature: string | null } | null;
};

/** Columns that one query of Postgres can return, without the number of the row. */
const COLUMNS_MAX = 1_663;

/** @throws Failure DEFINITION_INVALID where two columns have one name, or there are too many. */
export function outputColumns(
  dataset: Pick<Dataset, 'name' | 'split' | 'partition' | 'format'>,
  labels: readonly LabelColumn[],
  views: readonly SetView[],
): OutputColumn[] {
  const columns: OutputColumn[] = [
    ...labels.map(({ name, fileType }, index) => ({ name, type: fileType, sql: `c${index}`, of: null })),
    ...(dataset.split === null ? [] : [{ name: 'split', type: 'varchar', sql: 'split', of: null } as const]),
    ...views.flatMap(viewColumns),
  ];
  requireNoPartition(dataset, columns);
  requireNoRowNumber(dataset, columns);
  requireFew(dataset, columns);
  const seen = new Set<string>();
  for (const { name } of columns) {
    // Programs that read files take Label and label for one column.
    if (!seen.has(name.toLowerCase())) {
      seen.add(name.toLowerCase());
      continue;
    }
    throw new Failure(
      'DEFINITION_INVALID',
      text`${safe(dataset.name)} would have two columns named "${safe(name)}": rename the column of the labels, or set another prefix for the view with "as".`,
      { dataset: dataset.name },
    );
  }
  return columns;
}

/** Tools that read folders make a column of their names, which replaces one in the files. */
function requireNoPartition(
  { name, partition }: Pick<Dataset, 'name' | 'partition'>,
  columns: readonly OutputColumn[],
) {
  const taken = columns.find((column) => column.name.toLowerCase() === partition);
  if (taken === undefined || partition === null) return;
  throw new Failure(
    'DEFINITION_INVALID',
    text`The labels of ${safe(name)} have a column "${safe(taken.name)}", but \`partition: ${safe(partition)}\` creates folders such as ${safe(partition)}=…, which tools read as a column with this name: rename the column of the labels, or remove \`partition\`.`,
    { dataset: name },
  );
}

/** DuckDB gives rows that it reads again for their digests a column of this name. */
const ROW_NUMBER = 'file_row_number';

function requireNoRowNumber({ name, format }: Pick<Dataset, 'name' | 'format'>, columns: readonly OutputColumn[]) {
  if (format !== 'parquet' || !columns.some((column) => column.name.toLowerCase() === ROW_NUMBER)) return;
  throw new Failure(
    'DEFINITION_INVALID',
    text`The labels of ${safe(name)} have a column "${safe(ROW_NUMBER)}", a name that DuckDB reserves in Parquet files: rename it in the query of the labels.`,
    { dataset: name },
  );
}

function requireFew({ name }: Pick<Dataset, 'name'>, columns: readonly OutputColumn[]): void {
  if (columns.length <= COLUMNS_MAX) return;
  throw new Failure(
    'DEFINITION_INVALID',
    text`${safe(name)} would have ${safe(written(columns.length))} columns, but a training set can have at most ${safe(written(COLUMNS_MAX))}: list fewer \`features\` of its views.`,
    { dataset: name },
  );
}

function written(number: number): string {
  return number.toLocaleString('en-US');
}

function viewColumns({ as, features }: SetView, index: number): OutputColumn[] {
  const ofFeature = ({ name, type }: Feature, place: number): OutputColumn => ({
    name: `${as}__${name}`,
    type: fileTypeOf(type),
    sql: `v${index}_f${place}`,
    of: { view: as, feature: name },
  });
  const time = { name: `${as}__event_timestamp`, type: 'timestamptz', sql: `v${index}_time` } as const;
  return [...features.map(ofFeature), { ...time, of: { view: as, feature: null } }];
}
