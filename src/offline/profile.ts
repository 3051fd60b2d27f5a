// What the accepted rows of a run look like, feature by feature.

import type { FeatureView } from '../definition/view.ts';
import { entryOf } from '../feature-types/index.ts';
import { type Database, identifier } from '../postgres/database.ts';
import { ofExisting } from './staging.ts';

export type FeatureProfile = {
  readonly nulls: number;
  /** Of numbers and timestamps, as Postgres writes them; null for other types and without values. */
  readonly min: string | null;
  readonly max: string | null;
};

export type Profile = { readonly features: Readonly<Record<string, FeatureProfile>> };

/** The profile as it may be kept and shown: least and greatest values are values. */
export function shownProfile(view: FeatureView, profile: Profile): Profile {
  if (!view.redacted) return profile;
  const features = Object.entries(profile.features).map(([name, { nulls }]) => [name, { nulls, min: null, max: null }]);
  return { features: Object.fromEntries(features) };
}

/** How many rows a staging table holds, and what they look like, read in one pass; null where it does not exist. */
export async function profileStaged(
  database: Database,
  view: FeatureView,
  table: string,
): Promise<{ readonly rows: number; readonly profile: Profile } | null> {
  const parts = view.features.map((feature) => {
    const name = identifier(feature.name);
    const [min, max] =
      entryOf(feature.type).extremes === 'none' ? ['null', 'null'] : [`min(${name})::text`, `max(${name})::text`];
    return `json_build_array(count(*) - count(${name}), ${min}, ${max})`;
  });
  const found = await ofExisting(() =>
    database.query<{ rows: number; profiles: [number, string | null, string | null][] }>(
      `select count(*) as rows, json_build_array(${parts.join(', ')}) as profiles from ${table}`,
    ),
  );
  if (found === null) return null;
  const [{ rows, profiles } = { rows: 0, profiles: [] }] = found;
  const features = view.features.map((feature, index): [string, FeatureProfile] => {
    const [nulls, min, max] = profiles[index] ?? [0, null, null];
    return [feature.name, { nulls, min, max }];
  });
  return { rows, profile: { features: Object.fromEntries(features) } };
}
