// Profiles of a view's runs: for each span that of its newest committed run. Reads only.

import type { EpochMs } from '../../core/instant.ts';
import type { Interval } from '../../core/interval.ts';
import { type FeatureView, hasIntervals } from '../../definition/view.ts';
import type { Database } from '../../postgres/database.ts';
import { parseRanges } from '../../postgres/range.ts';
import type { StoredBins } from '../../quality/bins.ts';
import { type FeatureProfile, type Profile, shownProfile } from '../../quality/profile.ts';

export type UnitProfile = {
  readonly run: number;
  /** Null for views without intervals, which are ordered by `committedAt`. */
  readonly span: Interval | null;
  readonly committedAt: EpochMs;
  readonly profile: Profile;
};

/** `from` and `to` bound the start of the spans. Both are ignored for views without intervals. */
export type ProfilesWanted = { readonly from: EpochMs | null; readonly to: EpochMs | null; readonly limit: number };

type Row = Omit<UnitProfile, 'span' | 'profile'> & {
  readonly span: string;
  readonly profile: StoredProfile;
  readonly accepted: number | null;
};

/** Runs of earlier releases have only some of the facts. */
type StoredProfile = Partial<Profile> & { readonly features: Readonly<Record<string, Partial<FeatureProfile>>> };

const COLUMNS = `r.id as run, r.span::text as span, r.profile, (r.counts->>'accepted')::bigint as accepted,
  floor(extract(epoch from r.committed_at) * 1000)::bigint as "committedAt"`;
const OF_VIEW = `millrace.run r
  where r.view_id = (select id from millrace.view where name = $1) and r.committed_at is not null and r.profile is not null`;

/** The newest profiles, oldest first. The view decides what may be shown. */
export async function unitProfiles(
  database: Database,
  view: FeatureView,
  { from, to, limit }: ProfilesWanted,
): Promise<UnitProfile[]> {
  const rows = !hasIntervals(view.kind)
    ? await database.query<Row>(
        `select ${COLUMNS} from ${OF_VIEW} and lower(r.span) is null order by r.id desc limit $2`,
        [view.name, limit],
      )
    : await database.query<Row>(
        `select distinct on (lower(r.span)) ${COLUMNS} from ${OF_VIEW}
              and lower(r.span) >= coalesce($3::timestamptz, '-infinity') and lower(r.span) < coalesce($4::timestamptz, 'infinity')
            order by lower(r.span) desc, r.id desc limit $2`,
        [view.name, limit, timeOf(from), timeOf(to)],
      );
  return rows.reverse().map((row) => unitProfile(view, row));
}

/** The profile of one run, committed or not; null if it has none. `committedAt` of a failed run is when it ended. */
export async function runProfile(database: Database, view: FeatureView, run: number): Promise<UnitProfile | null> {
  const [row] = await database.query<Row>(
    `select r.id as run, r.span::text as span, r.profile, (r.counts->>'accepted')::bigint as accepted,
            floor(extract(epoch from coalesce(r.committed_at, r.closed_at, r.planned_at)) * 1000)::bigint as "committedAt"
       from millrace.run r
      where r.view_id = (select id from millrace.view where name = $1) and r.id = $2 and r.profile is not null`,
    [view.name, run],
  );
  return row === undefined ? null : unitProfile(view, row);
}

function timeOf(instant: EpochMs | null): string | null {
  return instant === null ? null : new Date(instant).toISOString();
}

function unitProfile(view: FeatureView, { span, profile, accepted, ...row }: Row): UnitProfile {
  const features = view.features.flatMap(({ name }) => {
    const found = profile.features[name];
    return found === undefined ? [] : [[name, { ...NO_FACTS, ...found }] as const];
  });
  const rows = profile.rows ?? accepted ?? 0;
  const whole = { rows, sampled: profile.sampled ?? 0, features: Object.fromEntries(features) };
  return { ...row, span: parseRanges(span)[0] ?? null, profile: shownProfile(view, whole) };
}

const NO_FACTS: FeatureProfile = {
  nulls: 0,
  min: null,
  max: null,
  mean: null,
  deviation: null,
  distinct: null,
  quantiles: null,
  histogram: null,
  top: null,
};

/** The bins of the given ids; none for a redacted view, because bins quote values. */
export async function shownBins(
  database: Database,
  { redacted }: FeatureView,
  ids: readonly number[],
): Promise<Map<number, StoredBins>> {
  if (redacted || ids.length === 0) return new Map();
  const rows = await database.query<{ id: number; bins: StoredBins }>(
    'select id, bins from millrace.profile_bins where id = any($1)',
    [ids],
  );
  return new Map(rows.map(({ id, bins }) => [id, { ...bins, id }]));
}
