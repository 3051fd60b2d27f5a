// What is due for a view, from the sets of its time: pure.

import type { EpochMs } from '../core/instant.ts';
import { difference, type Interval } from '../core/interval.ts';
import type { FeatureView } from '../definition/view.ts';
import { skippedBy } from './catch-up.ts';
import { cutIntoRuns } from './cut.ts';

/** What a tick or a command would run for a view, and what it would note. */
export type DuePlan = {
  /** Spans of the runs to come, oldest first; one null span for a view of kind latest. */
  readonly runs: readonly (Interval | null)[];
  /** Covered units to be read again because newer ones are due. */
  readonly lookback: readonly Interval[];
  /** Missed time that the view's catch_up leaves out. */
  readonly skipped: readonly Interval[];
  /** The newest settled interval end. */
  readonly frontier: EpochMs | null;
};

/** The sets that a plan is made of, each oldest first. */
export type DueSets = {
  /** All that is due, the lookback included. */
  readonly due: readonly Interval[];
  /** Of it the gaps about which catch_up decides. */
  readonly missed: readonly Interval[];
  readonly lookback: readonly Interval[];
  readonly frontier: EpochMs;
  /** Whether a run of the view is planned or active. */
  readonly isOpen: boolean;
};

export const NOTHING_DUE: DuePlan = { runs: [], skipped: [], lookback: [], frontier: null };

/** The plan for a view that may run. One of kind latest has one run at a time; its sets mean nothing. */
export function duePlanOf(view: FeatureView, { due, missed, lookback, frontier, isOpen }: DueSets): DuePlan {
  if (view.kind === 'latest') return isOpen ? NOTHING_DUE : { ...NOTHING_DUE, runs: [null] };
  const skipped = skippedBy(view.catchUp, missed, view.unitMs);
  return { runs: cutIntoRuns(view, difference(due, skipped)), skipped, lookback, frontier };
}
