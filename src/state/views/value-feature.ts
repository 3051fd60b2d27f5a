// The feature of the column `value`: the only one whose stored column an edit can rename (renamed.ts).

import type { FeatureView } from '../../definition/view.ts';
import { literal } from '../../postgres/database.ts';

const VALUE = 'value';

/** The name of the feature that is read from the column `value`; null if there is none. */
export function valueFeature({ features }: Pick<FeatureView, 'features'>): string | null {
  return features.find(({ column }) => column === VALUE)?.name ?? null;
}

/**
 * SQL: whether the columns of the offline table have the names that they have in this definition. False or null if an edit has renamed
 * them since, or exchanged two, which no statement would notice. It must be read in a snapshot that began after the table was locked.
 * The definition must have all its features.
 */
export function sameColumns(view: Pick<FeatureView, 'name' | 'features'>): string {
  const name = valueFeature(view);
  return `(select value_feature is not distinct from ${name === null ? 'null' : literal(name)}
             from millrace.view where name = ${literal(view.name)})`;
}
