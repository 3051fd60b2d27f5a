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

/** @throws Failure DEFINITION_INVALID where two columns have one name. */
export function outputColumns(
  dataset: Pick<Dataset, 'name' | 'split'>,
  labels: readonly LabelColumn[],
  views: readonly SetView[],
): OutputColumn[] {
  const columns: OutputColumn[] = [
    ...labels.map(({ name, fileType }, index) => ({ name, type: fileType, sql: `c${index}`, of: null })),
    ...(dataset.split === null ? [] : [{ name: 'split', type: 'varchar', sql: 'split', of: null } as const]),
    ...views.flatMap(viewColumns),
  ];
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
