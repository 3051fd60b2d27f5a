// The check `drift`: are the values of a run distributed as in earlier runs?

import type { Check } from '../definition/check.ts';
import { BINS_ROWS_MIN } from './bins.ts';
import { type CheckOutcome, tooFew, unitsNeeded } from './outcome.ts';
import type { Profile } from './profile.ts';
import { isSignificant, psi } from './psi.ts';

type Drift = Extract<Check, { readonly kind: 'drift' }>;

/** `earlier` are the profiles of the comparable runs. */
export function judgeDrift(check: Drift, profile: Profile, earlier: readonly Profile[]): CheckOutcome {
  const needed = unitsNeeded(check.comparedTo);
  const names = check.features ?? Object.keys(profile.features);
  const compared = names.flatMap((name) => comparedFeature(profile, earlier, name));
  const enough = compared.filter(({ units }) => units >= needed);
  const most = [...enough].sort((a, b) => b.psi - a.psi)[0];
  if (compared.length === 0) {
    const facts = { kind: 'no_histogram', rows: profile.rows, needed: BINS_ROWS_MIN } as const;
    return { check, state: 'skipped', facts };
  }
  if (most === undefined) return tooFew(check, Math.max(...compared.map(({ units }) => units)), needed);
  const drifted = enough
    .filter((feature) => feature.psi > check.psi && feature.isSignificant)
    .sort((a, b) => b.psi - a.psi);
  const worst = drifted[0] ?? most;
  // Of all features, those of some types never have a histogram.
  const waiting = (check.features === null ? compared.length : names.length) - enough.length;
  return {
    check,
    state: drifted.length > 0 ? 'broken' : 'passed',
    facts: {
      kind: 'drift',
      feature: worst.name,
      psi: worst.psi,
      units: worst.units,
      drifted: drifted.map((feature) => [feature.name, feature.psi]),
      ...(waiting > 0 ? { waiting } : {}),
    },
  };
}

type Compared = {
  readonly name: string;
  readonly psi: number;
  readonly isSignificant: boolean;
  readonly units: number;
};

/** Nothing for a feature without a histogram. */
function comparedFeature(profile: Profile, earlier: readonly Profile[], name: string): Compared[] {
  const histogram = profile.features[name]?.histogram ?? null;
  if (histogram === null || profile.sampled === 0) return [];
  const others = earlier
    .map(({ features }) => features[name]?.histogram ?? null)
    .filter((other) => other !== null && other.bins === histogram.bins)
    .flatMap((other) => (other === null ? [] : [other.counts]));
  const expected = histogram.counts.map((_, bin) => others.reduce((sum, counts) => sum + (counts[bin] ?? 0), 0));
  const found = {
    psi: psi(histogram.counts, expected),
    isSignificant: isSignificant(histogram.counts, expected),
  };
  return [{ name, ...found, units: others.length }];
}
