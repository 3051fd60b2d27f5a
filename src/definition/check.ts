// The checks of a view: what must hold for the rows of a run before they are stored.

/** `refuse` refuses each row that fails the check; `warn` only records it; `fail` fails the run. */
export type OnFailure = 'refuse' | 'warn' | 'fail';

/** Which earlier units are compared with a unit: any, or those of the same time of the day or week, in UTC. */
export type SameTime = 'any' | 'hour' | 'weekday' | 'week_hour';

type Compared = {
  readonly onFailure: 'warn' | 'fail';
  /** How many earlier units are compared. */
  readonly comparedTo: number;
  readonly same: SameTime;
};

/** `atLeast` is the share of rows that must pass; with `refuse` it has no meaning. */
type PerRow = { readonly onFailure: OnFailure; readonly atLeast: number };

export type Check =
  /** A condition over `entity_id`, `timestamp` and the features. A row for which it is null passes. */
  | (PerRow & { readonly kind: 'row'; readonly expression: string })
  /** A Postgres regular expression that matches each value of a string feature. Null passes. */
  | (PerRow & { readonly kind: 'matches'; readonly pattern: string; readonly feature: string })
  /** No two rows of a run have the same values. Rows with a null are not compared. */
  | (PerRow & { readonly kind: 'unique'; readonly features: readonly string[]; readonly onFailure: 'warn' | 'fail' })
  /** The number of rows of a unit differs by at most this share from the median of earlier units. */
  | (Compared & { readonly kind: 'volume'; readonly share: number })
  /** The population stability index between a run and earlier ones; null for all features. */
  | (Compared & { readonly kind: 'drift'; readonly features: readonly string[] | null; readonly psi: number })
  | {
      readonly kind: 'entities';
      readonly onFailure: 'warn' | 'fail';
      readonly min: number | null;
      readonly max: number | null;
    };

/**
 * The checks of a view as its runs apply them. Pushed rows are judged one at a time, so that an invalid one never keeps others
 * from being stored: a condition that would fail a run refuses the row, and other checks warn.
 */
export function appliedChecks({ kind, checks = [] }: CheckedView): readonly Check[] {
  return kind === 'pushed' ? checks.map(ofPushedRows) : checks;
}

type CheckedView = { readonly kind: string; readonly checks?: readonly Check[] };

function ofPushedRows(check: Check): Check {
  if (check.onFailure !== 'fail') return check;
  const isCondition = check.kind === 'row' || check.kind === 'matches';
  return isCondition ? { ...check, onFailure: 'refuse' } : { ...check, onFailure: 'warn' };
}

export type RowCondition = Extract<Check, { readonly kind: 'row' | 'matches' }>;
