// The runs that are due for a view, from the sets of its time. Pure.

import { type EpochMs, epochMsOf } from '../core/instant.ts';
import { floorToUnit, type Interval, interval } from '../core/interval.ts';
import { type FeatureView, hasIntervals } from '../definition/view.ts';
import { unitsOf } from './backfill.ts';
import { cutIntoRuns } from './cut.ts';

/** The most planned and active runs of a view. Further due time is planned as runs close. */
export const OPEN_RUNS_MAX = 10_000;
/** The most runs of a restatement, so that time that becomes due meanwhile never waits for all of it. */
export const RESTATED_RUNS_MAX = 9_000;

/** A restatement of at most this many runs is planned immediately, even if the view already has all the runs it may have. */
const SMALL_RESTATEMENT_RUNS = 2_000;

/** What a tick or a command would run and record for a view. */
export type DuePlan = {
  /** Spans of the runs to come, oldest first; one null span for a view of kind latest or pushed. */
  readonly runs: readonly (Interval | null)[];
  /** Due time beyond the limit of runs: from its first unit to its end, and the number of due units in it. */
  readonly leftOut: Interval | null;
  readonly leftUnits: number;
  /** Covered units to be read again because newer ones are due. */
  readonly lookback: readonly Interval[];
  /** Units of missed time that the view's catch_up skips. */
  readonly skippedUnits: number;
  /** The newest settled interval end. */
  readonly frontier: EpochMs | null;
};

/** The sets that a plan is made of, each oldest first. */
export type DueSets = {
  /** The oldest due spans, including the lookback, without what catch_up skips; at most as many as runs may be open. */
  readonly due: readonly Interval[];
  /** All due time, in milliseconds of event time, and its end; null if nothing is due. */
  readonly dueMs: number;
  readonly dueEnd: EpochMs | null;
  /** The gaps that catch_up skips, in milliseconds of event time. */
  readonly skippedMs: number;
  readonly lookback: readonly Interval[];
  readonly frontier: EpochMs;
  /** Runs of the view that are planned or active. */
  readonly openRuns: number;
  /** Whether due time that an earlier plan left out is still not planned. */
  readonly hasBacklog: boolean;
  /** Whether pushed rows are waiting to be stored. */
  readonly hasInbox: boolean;
};

export const NOTHING_DUE: DuePlan = {
  runs: [],
  leftOut: null,
  leftUnits: 0,
  lookback: [],
  skippedUnits: 0,
  frontier: null,
};

/**
 * The plan for a view that may run. A view of kind latest has one run at a time and ignores the sets; so does a pushed view,
 * if rows are waiting. An empty run would make the view look as if rows had just been pushed.
 */
export function duePlanOf(view: FeatureView, sets: DueSets, openRunsMax: number = OPEN_RUNS_MAX): DuePlan {
  const { due, dueMs, dueEnd, skippedMs, lookback, frontier, openRuns } = sets;
  if (!hasIntervals(view.kind)) {
    const isIdle = view.kind === 'pushed' && !sets.hasInbox;
    return openRuns > 0 || isIdle ? NOTHING_DUE : { ...NOTHING_DUE, runs: [null] };
  }
  const runs = cutIntoRuns(view, due, Math.max(0, openRunsMax - openRuns));
  const units = Math.ceil(dueMs / view.unitMs);
  const from = runs.at(-1)?.end ?? due[0]?.start;
  const isAll = dueEnd === null || from === undefined || from >= dueEnd;
  return {
    runs,
    leftOut: isAll ? null : leftOutOf(view, due, { from, end: dueEnd }),
    leftUnits: isAll ? 0 : Math.max(1, units - unitsOf(runs, view.unitMs)),
    lookback,
    skippedUnits: Math.ceil(skippedMs / view.unitMs),
    frontier,
  };
}

/**
 * The plan of a restatement. A small one, such as a correction of one day, does not wait for a long backlog of its view,
 * which may take days. All restatements together still have a limit.
 */
export function restatedPlanOf(view: FeatureView, sets: DueSets): DuePlan {
  const plan = duePlanOf(view, sets, RESTATED_RUNS_MAX);
  if (plan.leftOut === null) return plan;
  const max = Math.min(sets.openRuns, OPEN_RUNS_MAX) + SMALL_RESTATEMENT_RUNS;
  const whole = duePlanOf(view, sets, max);
  return whole.leftOut === null ? whole : plan;
}

/** From the first due unit after the runs. If `due` does not reach that far, from where the runs end. */
function leftOutOf({ unitMs }: FeatureView, due: readonly Interval[], left: { from: EpochMs; end: EpochMs }): Interval {
  const next = due.find((span) => span.end > left.from);
  const start = Math.max(left.from, next?.start ?? left.from);
  return interval(floorToUnit(epochMsOf(start), unitMs), left.end);
}
