// The outcome of a check of a run, as stored with the run: facts, no text.

import type { Check } from '../definition/check.ts';

export type CheckOutcome = {
  readonly check: Check;
  /** `skipped`: there was nothing to compare, or not enough to compare with, or Postgres could not evaluate the check. */
  readonly state: 'passed' | 'broken' | 'skipped';
  readonly facts: CheckFacts;
  /** An operator accepted the broken check, so that it did not fail the run. */
  readonly isAccepted?: true;
  /** Some of the rows that fail it. Never of a redacted view. */
  readonly examples?: readonly ExampleRow[];
};

/** `values` are those of the features that the check is about, cut. */
export type ExampleRow = {
  readonly entityId: string;
  readonly timestamp: string;
  readonly values: Readonly<Record<string, string | null>>;
};

export const EXAMPLES_MAX = 3;

/** Whether it fails the run, unless an operator accepts it. */
export function isFailed({ state, check }: Pick<CheckOutcome, 'state' | 'check'>): boolean {
  return state === 'broken' && check.onFailure === 'fail';
}

/** Counts, shares and names: never a value of a row. */
export type CheckFacts =
  /** Of `row`, `matches` and `unique`: how many of the rows fail it. */
  | { readonly kind: 'rows'; readonly broken: number; readonly rows: number }
  /** Of `volume`: the unit that differs most. `start` is in epoch ms, null for views without units. */
  | {
      readonly kind: 'volume';
      readonly start: number | null;
      readonly rows: number;
      readonly median: number;
      readonly units: number;
    }
  /** Of `drift`: the feature that differs most, and all that differ too much. */
  | {
      readonly kind: 'drift';
      readonly feature: string;
      readonly psi: number;
      readonly units: number;
      readonly drifted: readonly (readonly [feature: string, psi: number])[];
      /** How many of the features do not have enough history or values; absent for none. */
      readonly waiting?: number;
    }
  | { readonly kind: 'entities'; readonly entities: number }
  /** Of pushed rows: Postgres could not evaluate the check. */
  | { readonly kind: 'unevaluable'; readonly sqlstate: string }
  /** There are fewer comparable units than needed. */
  | { readonly kind: 'too_few'; readonly units: number; readonly needed: number }
  /** No feature has a histogram: no run had as many values as it needs, or the view keeps none. */
  | { readonly kind: 'no_histogram'; readonly rows: number; readonly needed: number };

/** Fewer earlier units say nothing. */
const UNITS_MIN = 4;

export function unitsNeeded(comparedTo: number): number {
  return Math.min(UNITS_MIN, comparedTo);
}

export function tooFew(check: Check, units: number, needed: number): CheckOutcome {
  return { check, state: 'skipped', facts: { kind: 'too_few', units, needed } };
}
