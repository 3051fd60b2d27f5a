// What the rules nulls_max, min and max of features look at, counted as rows are read.

import type { FeatureView } from '../definition/view.ts';
import { entryOf } from '../feature-types/index.ts';
import type { AcceptedRow } from '../offline/given-rows.ts';
import type { ProfiledLimits } from '../quality/profile.ts';

/** Feature → its nulls and extremes. */
export type Limits = ProfiledLimits['features'];

/** entity_id and event_timestamp come first, then the features in the order of the view. */
const KEY_COLUMNS = 2;

export function collectLimits(view: FeatureView): { take(rows: readonly AcceptedRow[]): void; found(): Limits } {
  const seen = view.features.map(({ type }) => ({
    isNumber: entryOf(type).extremes === 'limited',
    nulls: 0,
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
  }));
  return {
    take: (rows) => {
      for (const row of rows) {
        for (const [index, feature] of seen.entries()) {
          const text = row[KEY_COLUMNS + index] ?? null;
          if (text === null) feature.nulls += 1;
          if (text === null || !feature.isNumber) continue;
          feature.min = Math.min(feature.min, Number(text));
          feature.max = Math.max(feature.max, Number(text));
        }
      }
    },
    found: () =>
      Object.fromEntries(
        view.features.map(({ name }, index) => {
          const { nulls, min, max } = seen[index] ?? { nulls: 0, min: 0, max: 0 };
          return [name, min > max ? { nulls, min: null, max: null } : { nulls, min: String(min), max: String(max) }];
        }),
      ),
  };
}
