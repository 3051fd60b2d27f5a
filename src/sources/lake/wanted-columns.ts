// The columns that a view's query may return.

import type { FeatureView } from '../../definition/view.ts';

/** All columns that the view may use. */
export function wantedColumns({ features }: FeatureView): readonly string[] {
  return ['entity_id', 'timestamp', 'tie_break', ...features.map(({ column }) => column)];
}
