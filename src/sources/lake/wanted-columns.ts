// The columns that a view's query may yield.

import type { FeatureView } from '../../definition/view.ts';

/** What a query may yield for the view. */
export function wantedColumns({ features }: FeatureView): readonly string[] {
  return ['entity_id', 'timestamp', 'tie_break', ...features.map(({ column }) => column)];
}
