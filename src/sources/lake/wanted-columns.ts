// The columns that a view's query may return.

import { keyColumnSets } from '../../definition/entity.ts';
import type { FeatureView } from '../../definition/view.ts';

/** All columns that the view may use. */
export function wantedColumns(view: FeatureView): readonly string[] {
  const { pivot, features } = view;
  const pivoted = pivot === undefined ? [] : [pivot.name, pivot.value];
  return [...keyColumnSets(view).flat(), 'timestamp', 'tie_break', ...pivoted, ...features.map(({ column }) => column)];
}
