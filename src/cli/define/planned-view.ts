// The effect of a deployment and of the next tick on each view of the project and of the state.

import type { Interval } from '../../core/interval.ts';
import { longestWindow } from '../../definition/declared/declared.ts';
import { partsName } from '../../definition/declared/parts.ts';
import { type FeatureView, hasIntervals } from '../../definition/view.ts';
import { countChunks } from '../../plan/backfill.ts';
import { type DuePlan, duePlanOf, NOTHING_DUE } from '../../plan/due.ts';
import { firstDue } from '../../plan/explain.ts';
import { type ChangeCategory, metaCategory, viewDiff } from '../../plan/view-diff.ts';
import type { Database } from '../../postgres/database.ts';
import { pauseText } from '../../presentation/failures.ts';
import { unitsIn, unitsOf } from '../../presentation/format.ts';
import { type BackfillEstimate, estimateOf } from '../../state/backfills/estimate.ts';
import { dueSets } from '../../state/planning/due-sets.ts';
import { ALL_TIME } from '../../state/planning/planning.ts';
import { type HeldSpan, heldSpans } from '../../state/queries/held-spans.ts';
import { NO_SPANS } from '../../state/queries/span-set.ts';
import { databaseNow, isStatePresent, type ViewOverview, viewOverviews } from '../../state/queries/view-overview.ts';
import type { Pause } from '../../state/views/paused.ts';
import {
  type AppliedView,
  appliedViews,
  type FingerprintedView,
  type ViewChange,
  viewChange,
} from '../../state/views/views.ts';

export type PlannedView = {
  readonly name: string;
  readonly change: ViewChange | 'retired';
  /** The effect of the change; null for an unchanged or new view. */
  readonly category: ChangeCategory | null;
  /** Lines of a unified diff of the definition in its normal form. */
  readonly diff: readonly string[];
  /** The spans of the runs that the next tick plans; one null for a view of kind latest. */
  readonly runs: readonly (Interval | null)[];
  readonly units: number;
  /** Due units beyond that, planned when runs close. */
  readonly leftUnits: number;
  /** What is stored, and an estimate of what a restatement would read; null without a finished run. */
  readonly coveredUnits: number;
  readonly rows: number;
  readonly restate: BackfillEstimate | null;
  readonly lookbackUnits: number;
  readonly skippedUnits: number;
  readonly heldUnits: number;
  readonly held: readonly HeldSpan[];
  /** Skipped by catch_up: the oldest spans. */
  readonly skipped: readonly Interval[];
  /** The number of held and skipped spans; `held` and `skipped` may list only the oldest. */
  readonly heldSpans: number;
  readonly skippedSpans: number;
  readonly pausedReason: string | null;
  readonly pause: Pause | null;
  /** Of an incremental view: how much time of its source a unit reads, and would read without parts. Absent for others. */
  readonly incremental?: { readonly parts: string; readonly readMs: number; readonly windowMs: number };
  /** Of the parts of an incremental view: that view. Absent for others. */
  readonly partsOf?: string;
};

/** The effect on every view, by name. Only reads, and works even if nothing is deployed yet. */
export async function plannedViews(database: Database, defined: readonly FingerprintedView[]): Promise<PlannedView[]> {
  const state = await stateOf(database);
  const names = new Set(defined.map(({ view }) => view.name));
  const changed = await Promise.all(defined.map((definition) => plannedView(database, state, definition)));
  const gone = [...state.applied.values()].filter(({ view, retired }) => !retired && !names.has(view.name));
  const retired = gone.map(({ view }) => ({ ...summary(view.name, 'retired', NONE, state), diff: [], ...NO_COST }));
  return [...changed, ...retired].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Read in bulk: there may be thousands of views. */
type State = Awaited<ReturnType<typeof stateOf>>;

async function stateOf(database: Database) {
  const now = await databaseNow(database);
  const isPresent = await isStatePresent(database);
  const applied = isPresent ? await appliedViews(database) : [];
  const overviews = isPresent ? await viewOverviews(database) : [];
  const ids = applied.map(({ id }) => id);
  return {
    now,
    applied: new Map(applied.map((one) => [one.view.name, one])),
    overviews: new Map(overviews.map((one) => [one.view.name, one])),
    due: isPresent ? await dueSets(database, ids, { within: ALL_TIME, missedBefore: null }) : new Map(),
    held: Map.groupBy(isPresent ? await heldSpans(database) : [], ({ view }) => view),
  };
}

type Due = DuePlan & { readonly unitMs: number };

const NONE: Due = { ...NOTHING_DUE, unitMs: 1 };
const NO_COST = { category: null, restate: null };

async function plannedView(database: Database, state: State, definition: FingerprintedView): Promise<PlannedView> {
  const { view } = definition;
  const before = state.applied.get(view.name);
  const change = viewChange(before, definition);
  const planned = summary(
    view.name,
    change,
    { ...dueOf(state, before, definition, change), unitMs: view.unitMs },
    state,
  );
  // Without intervals, nothing is read again.
  const coveredUnits = hasIntervals(view.kind) ? planned.coveredUnits : 0;
  if (before === undefined || change === 'unchanged')
    return { ...planned, ...incrementalOf(view), diff: [], ...NO_COST };
  const category = change === 'edited' ? 'rows' : metaCategory(before.view, view);
  const cost = { units: coveredUnits, chunks: chunksOf(state, before), parallel: 1 };
  const restate = category === 'rows' ? await estimateOf(database, before, cost) : null;
  return { ...planned, coveredUnits, ...incrementalOf(view), category, restate, diff: viewDiff(before.view, view) };
}

function incrementalOf(view: FeatureView): Pick<PlannedView, 'incremental' | 'partsOf'> {
  const { declared, unitMs, incremental, partsOf } = view;
  if (partsOf !== undefined) return { partsOf };
  if (declared === undefined || incremental !== true) return {};
  return { incremental: { parts: partsName(view), readMs: unitMs, windowMs: longestWindow(declared) ?? unitMs } };
}

/** The number of chunks of a restatement; an estimate if very many spans are stored. */
function chunksOf({ overviews }: State, { view }: AppliedView): number {
  const { count, first } = overviews.get(view.name)?.covered ?? NO_SPANS;
  return count === 0 ? 0 : Math.ceil((countChunks(view, first, null) * count) / first.length);
}

/** What is due by the new definition, given the existing coverage. */
function dueOf(
  state: State,
  before: AppliedView | undefined,
  { view, data }: FingerprintedView,
  change: ViewChange,
): DuePlan {
  // An edit of a view without stored rows starts over.
  const isNew = before === undefined || (before.isEmpty && before.data !== data && before.pause === null);
  if (isNew) return firstDue(view, state.now);
  const sets = state.due.get(before.id);
  const isIdle = change === 'edited' || before.pause !== null || sets === undefined;
  return isIdle ? NOTHING_DUE : duePlanOf(view, sets);
}

function summary(
  name: string,
  change: PlannedView['change'],
  due: Due,
  { overviews, held }: State,
): Omit<PlannedView, 'category' | 'diff' | 'restate'> {
  const overview: ViewOverview | undefined = overviews.get(name);
  const unitMs = overview?.view.unitMs ?? due.unitMs;
  return {
    name,
    change,
    runs: due.runs,
    units: due.runs.reduce((sum, span) => sum + (span === null ? 1 : unitsOf([span], due.unitMs)), 0),
    coveredUnits: unitsIn(overview?.covered ?? NO_SPANS, unitMs),
    rows: overview?.rows ?? 0,
    lookbackUnits: unitsOf(due.lookback, due.unitMs),
    leftUnits: due.leftUnits,
    skippedUnits: due.skippedUnits,
    heldUnits: unitsIn(overview?.held ?? NO_SPANS, unitMs),
    held: held.get(name) ?? [],
    skipped: overview?.skipped.first ?? [],
    // Held spans of a retired view that returns are not listed.
    heldSpans: held.has(name) ? (overview?.held.count ?? 0) : 0,
    skippedSpans: overview?.skipped.count ?? 0,
    pausedReason: pauseText(overview?.pause ?? null),
    pause: overview?.pause ?? null,
  };
}
