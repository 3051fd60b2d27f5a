// The feature of the column `value`: the only one whose stored column an edit can rename (renamed.ts).

import type { FeatureView } from '../../definition/view.ts';
import { type Database, literal } from '../../postgres/database.ts';

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

/** A deployed definition with its fingerprints. */
type Stored = { readonly id: number; readonly view: FeatureView; readonly data: string; readonly meta: string };

/**
 * Corrects the column `value_feature`: a command of an earlier release that was running during the migration that added the column did
 * not store it, and no statement can read by such a definition. Skips definitions that have been edited since they were read.
 */
export async function correctValueFeatures(database: Database, stored: readonly Stored[]): Promise<void> {
  const named = stored.map(({ id, view, data, meta }) => ({ id, name: valueFeature(view), data, meta }));
  await database.run(
    `update millrace.view v set value_feature = n.name
       from jsonb_to_recordset($1::jsonb) n (id bigint, name text, data text, meta text)
      where v.id = n.id and v.value_feature is distinct from n.name
        and v.data_fingerprint = n.data and v.meta_fingerprint = n.meta`,
    [JSON.stringify(named)],
  );
}
