// Each view of the project and of the state, with what applying and the next tick would do to it.

import type { Interval } from '../core/interval.ts';
import { firstDue } from '../plan/explain.ts';
import type { Database } from '../postgres/database.ts';
import { databaseNow, isStatePresent, type ViewOverview, viewOverviews } from '../state/overview.ts';
import { duePlan } from '../state/planning.ts';
import { type AppliedView, appliedViews, type FingerprintedView, type ViewChange, viewChange } from '../state/views.ts';
import { unitsOf } from './format.ts';

export type PlannedView = {
  readonly name: string;
  readonly change: ViewChange | 'retired';
  /** The spans of the runs to come; one null for a view of kind latest. */
  readonly runs: readonly (Interval | null)[];
  readonly units: number;
  readonly coveredUnits: number;
  readonly lookbackUnits: number;
  readonly skippedUnits: number;
  readonly heldUnits: number;
  readonly pausedReason: string | null;
};

/** What would happen to every view, by name; reads only, also where nothing has been applied yet. */
export async function plannedViews(database: Database, defined: readonly FingerprintedView[]): Promise<PlannedView[]> {
  const isPresent = await isStatePresent(database);
  const applied = isPresent ? await appliedViews(database) : [];
  const overviews = isPresent ? await viewOverviews(database) : [];
  const overviewOf = (name: string) => overviews.find(({ view }) => view.name === name);
  const plans: PlannedView[] = [];
  for (const definition of defined) {
    const { name } = definition.view;
    const before = applied.find(({ view }) => view.name === name);
    plans.push(await plannedView(database, definition, before, overviewOf(name)));
  }
  const gone = applied.filter(({ view, retired }) => !retired && !defined.some((one) => one.view.name === view.name));
  const retired = gone.map(({ view }) => summary(view.name, 'retired', NOTHING, overviewOf(view.name)));
  return [...plans, ...retired].sort((a, b) => (a.name < b.name ? -1 : 1));
}

type Due = {
  runs: readonly (Interval | null)[];
  skipped: readonly Interval[];
  lookback: readonly Interval[];
  unitMs: number;
};

const NOTHING: Due = { runs: [], skipped: [], lookback: [], unitMs: 1 };

async function plannedView(
  database: Database,
  definition: FingerprintedView,
  before: AppliedView | undefined,
  overview: ViewOverview | undefined,
): Promise<PlannedView> {
  const change = viewChange(before, definition);
  const { name, unitMs } = definition.view;
  if (before === undefined) {
    const due = firstDue(definition.view, await databaseNow(database));
    return summary(name, change, { ...due, lookback: [], unitMs }, overview);
  }
  if (change === 'edited') return summary(name, change, { ...NOTHING, unitMs }, overview);
  // What is due follows the definition that will be applied, over the coverage that is there.
  const due = await duePlan(database, { ...before, view: definition.view, edited: null, retired: false });
  return summary(name, change, { ...due, unitMs }, overview);
}

function summary(
  name: string,
  change: PlannedView['change'],
  due: Due,
  overview: ViewOverview | undefined,
): PlannedView {
  return {
    name,
    change,
    runs: due.runs,
    units: due.runs.reduce((sum, span) => sum + (span === null ? 1 : unitsOf([span], due.unitMs)), 0),
    coveredUnits: unitsOf(overview?.covered ?? [], overview?.view.unitMs ?? due.unitMs),
    lookbackUnits: unitsOf(due.lookback, due.unitMs),
    skippedUnits: unitsOf(due.skipped, due.unitMs),
    heldUnits: unitsOf(overview?.held ?? [], overview?.view.unitMs ?? due.unitMs),
    pausedReason: overview?.pausedReason ?? null,
  };
}
