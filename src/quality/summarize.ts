// Builds the profile of a run from the facts of all its rows and the sampled values.

import type { Feature, FeatureView } from '../definition/view.ts';
import { entryOf } from '../feature-types/index.ts';
import { type Bins, countNumbers, countTexts, numberBins, type StoredBins, textBins } from './bins.ts';
import { type FeatureProfile, type Histogram, type Profile, QUANTILES } from './profile.ts';
import { distinctOf, quantilesOf, topValues, valueCounts } from './sample.ts';

/** What the rows of a run are known by before they are summarized. */
export type StagedFacts = {
  readonly rows: number;
  readonly sampled: number;
  /** In the order of the view's features. */
  readonly features: readonly FeatureFacts[];
};

export type FeatureFacts = {
  readonly nulls: number;
  readonly min: string | null;
  readonly max: string | null;
  readonly mean: number | null;
  readonly deviation: number | null;
  /** The sampled values, nulls included; null if values of the type are not sampled. */
  readonly sample: readonly (string | null)[] | null;
};

/** Bins for features without bins, from a run that has enough values. They are stored once its rows have passed all checks. */
export function missingBins(
  view: FeatureView,
  facts: StagedFacts,
  stored: ReadonlyMap<string, StoredBins>,
): Map<string, Bins> {
  const chosen = new Map<string, Bins>();
  for (const [index, feature] of view.features.entries()) {
    const sample = facts.features[index]?.sample ?? null;
    if (sample === null || stored.has(feature.name)) continue;
    const bins = binsOf(view, feature, valuesIn(sample));
    if (bins !== null) chosen.set(feature.name, bins);
  }
  return chosen;
}

/** The stored bins and the chosen ones, which have no id yet: no histogram of an earlier run has them. */
export function withChosen(
  stored: ReadonlyMap<string, StoredBins>,
  chosen: ReadonlyMap<string, Bins>,
): ReadonlyMap<string, StoredBins> {
  if (chosen.size === 0) return stored;
  return new Map([...stored, ...[...chosen].map(([name, bins]) => [name, { ...bins, id: 0 }] as const)]);
}

function binsOf({ redacted }: FeatureView, { type }: Feature, values: readonly string[]): Bins | null {
  if (entryOf(type).profiledAs === 'number') return numberBins(sortedNumbers(values), redacted ? 'inner' : 'all');
  // The bins of strings are values.
  return redacted ? null : textBins(values);
}

export function profileOf(view: FeatureView, facts: StagedFacts, bins: ReadonlyMap<string, StoredBins>): Profile {
  const features = view.features.map((feature, index): [string, FeatureProfile] => {
    const of = facts.features[index] ?? NOTHING;
    return [feature.name, featureProfile(feature, { rows: facts.rows, of, bins: bins.get(feature.name) ?? null })];
  });
  return { rows: facts.rows, sampled: facts.sampled, features: Object.fromEntries(features) };
}

type Known = { readonly rows: number; readonly of: FeatureFacts; readonly bins: StoredBins | null };

function featureProfile({ type }: Feature, { rows, of, bins }: Known): FeatureProfile {
  const { sample, ...known } = of;
  if (sample === null) return { ...known, distinct: null, quantiles: null, histogram: null, top: null };
  const values = valuesIn(sample);
  const distinct = distinctOf(values, rows - of.nulls);
  const nulls = sample.length - values.length;
  if (entryOf(type).profiledAs === 'text') {
    const histogram = histogramOf(bins, nulls, (found) =>
      'values' in found ? countTexts(found.values, values) : null,
    );
    return { ...known, distinct, quantiles: null, histogram, top: topValues(valueCounts(values)) };
  }
  const numbers = sortedNumbers(values);
  const histogram = histogramOf(bins, nulls, (found) => ('edges' in found ? countNumbers(found.edges, numbers) : null));
  const quantiles = numbers.length === 0 ? null : quantilesOf(numbers, QUANTILES);
  return { ...known, distinct, quantiles, histogram, top: null };
}

function histogramOf(
  bins: StoredBins | null,
  nulls: number,
  count: (bins: StoredBins) => number[] | null,
): Histogram | null {
  const counts = bins === null ? null : count(bins);
  return bins === null || counts === null ? null : { bins: bins.id, counts: [nulls, ...counts] };
}

function valuesIn(sample: readonly (string | null)[]): string[] {
  return sample.filter((value) => value !== null);
}

function sortedNumbers(values: readonly string[]): number[] {
  // A decimal beyond the range of floats is infinite, which JSON cannot hold.
  const numbers = values.map(Number).filter(Number.isFinite);
  return Array.from(Float64Array.from(numbers).sort());
}

const NOTHING: FeatureFacts = { nulls: 0, min: null, max: null, mean: null, deviation: null, sample: null };
