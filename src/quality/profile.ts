// The profile of a run: what its accepted rows look like, feature by feature. Stored as JSON with the run.
//
// `rows`, `nulls`, `min`, `max`, `mean` and `deviation` count every row. The rest comes from a random sample, which is the
// whole run if that is small, so that the cost and the size of a profile are bounded.

import type { FeatureView } from '../definition/view.ts';

export type FeatureProfile = {
  readonly nulls: number;
  /** Of numbers and timestamps, as Postgres writes them; null for other types and without values. */
  readonly min: string | null;
  readonly max: string | null;
  /** Of numbers below 1e100. */
  readonly mean: number | null;
  readonly deviation: number | null;
  /** Estimated from the sample; exact if the sample is the whole run. */
  readonly distinct: number | null;
  /** Of numbers: the values at QUANTILES. */
  readonly quantiles: readonly number[] | null;
  readonly histogram: Histogram | null;
  /** Of texts: the most frequent values, most frequent first, with their numbers of sampled rows. */
  readonly top: readonly (readonly [value: string, rows: number])[] | null;
};

/** Counts of sampled rows. Histograms are comparable if they have the same bins. */
export type Histogram = {
  /** The id of the stored bins. */
  readonly bins: number;
  /** Nulls first, then a count for each bin. */
  readonly counts: readonly number[];
};

export type Profile = {
  readonly rows: number;
  /** How many rows the sample has. */
  readonly sampled: number;
  /** Of a run over several units: the rows of each unit that has some, by its start in epoch ms. */
  readonly units?: readonly (readonly [start: number, rows: number])[];
  readonly features: Readonly<Record<string, FeatureProfile>>;
};

/** The part of a profile that the limits of a view are compared with. */
export type ProfiledLimits = {
  readonly features: Readonly<Record<string, Pick<FeatureProfile, 'nulls' | 'min' | 'max'>>>;
};

/** The shares of the values that are at or below each quantile. */
export const QUANTILES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99] as const;

/** A mean of fewer values says too much about each of them. */
const REDACTED_MEAN_ROWS_MIN = 20;

/** The profile as it may be stored and shown: for a redacted view without values. */
export function shownProfile({ redacted }: FeatureView, profile: Profile): Profile {
  if (!redacted) return profile;
  const features = Object.entries(profile.features).map(([name, feature]) => [name, redactedFeature(profile, feature)]);
  return { ...profile, features: Object.fromEntries(features) };
}

function redactedFeature({ rows }: Profile, feature: FeatureProfile): FeatureProfile {
  const { mean, deviation } = rows - feature.nulls < REDACTED_MEAN_ROWS_MIN ? NO_MOMENTS : feature;
  return { ...feature, min: null, max: null, quantiles: null, top: null, mean, deviation };
}

const NO_MOMENTS = { mean: null, deviation: null };
