// The views of a training set as they are deployed, with what of their time labels could know.

import { Failure } from '../core/failure.ts';
import { formatInterval, type Interval } from '../core/interval.ts';
import { command, joined, safe, text } from '../core/message.ts';
import type { Dataset, DatasetView } from '../definition/dataset.ts';
import { entityText, partNames } from '../definition/entity.ts';
import type { Feature, FeatureView } from '../definition/view.ts';
import type { Database } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import { type ViewCoverage, viewCoverage } from '../state/datasets/view-facts.ts';
import { type AppliedView, requireAppliedView } from '../state/views/views.ts';
import { type Hole, holesIn, knowableUnits } from './holes.ts';
import type { KnownView } from './known.ts';
import { spanOf } from './labels/read-labels.ts';

export type SetView = {
  readonly as: string;
  /** Where labels have its entity. */
  readonly key: Pick<DatasetView, 'entityColumn' | 'entityColumns'>;
  readonly known: KnownView;
  readonly applied: AppliedView;
  /** Those that are asked for, in their order. */
  readonly features: readonly Feature[];
  /** Null where labels could know none, or the view has no coverage. */
  readonly units: Interval | null;
};

type Asked = Pick<Dataset, 'name' | 'delayMs'> & { readonly span: Interval };

/** @throws Failure NOT_FOUND for a view that is not deployed, or a feature that its deployed definition lacks. */
export async function setView(
  database: Database,
  asked: DatasetView,
  { name, delayMs, span }: Asked,
): Promise<SetView> {
  const applied = await requireAppliedView(database, asked.view);
  const { view } = applied;
  const known = { view, delayMs, ageMaxMs: asked.ageMaxMs };
  const features = (asked.features ?? view.features.map((feature) => feature.name)).map((wanted) => {
    const found = view.features.find((feature) => feature.name === wanted);
    if (found !== undefined) return found;
    throw new Failure(
      'NOT_FOUND',
      text`${safe(name)} uses the feature "${safe(wanted)}" of ${safe(view.name)}, but the deployed view does not have it: deploy it with "${command('millrace apply')}", or use one of ${safe(view.features.map((one) => one.name).join(', '))}.`,
      { view: view.name },
    );
  });
  const { as, entityColumn, entityColumns } = asked;
  const key = { entityColumn, ...(entityColumns === undefined ? {} : { entityColumns }) };
  requireParts(name, view, entityColumns);
  return { as, key, known, applied, features, units: knowableUnits(known, span) };
}

/** @throws Failure DEFINITION_INVALID if the deployed view has another number of parts than the set names columns. */
function requireParts(name: string, view: FeatureView, columns: readonly string[] | undefined): void {
  if (columns === undefined || columns.length === partNames(view).length) return;
  throw new Failure(
    'DEFINITION_INVALID',
    text`${safe(name)} lists ${safe(columns.length)} entity_id columns for ${safe(view.name)}, but its deployed entity is ${safe(entityText(view))}: list one column for each component.`,
    { view: view.name },
  );
}

export type ViewHoles = { readonly holes: readonly Hole[]; readonly coverage: ViewCoverage | null };

/** The holes of a view in what labels could know, now or in the snapshot of a session. */
export async function viewHoles(where: Database | Session, { applied, units }: SetView): Promise<ViewHoles> {
  if (units === null) return { holes: [], coverage: null };
  const coverage = await viewCoverage(where, applied.id, units);
  return { holes: holesIn(units, coverage), coverage };
}

const SHOWN = 3;

/** @throws Failure CHECK_FAILED naming the holes, where there are any and the set requires coverage. */
export function requireCoverage(
  dataset: Pick<Dataset, 'name' | 'coverage'>,
  view: SetView,
  holes: readonly Hole[],
): void {
  if (dataset.coverage !== 'required' || holes.length === 0) return;
  const name = view.known.view.name;
  const shown = holes.slice(0, SHOWN).map(({ span, why }) => text`${safe(formatInterval(span))} ${safe(why)}`);
  const more = holes.length > SHOWN ? ` and ${holes.length - SHOWN} more` : '';
  throw new Failure(
    'CHECK_FAILED',
    text`${safe(dataset.name)} needs intervals of ${safe(name)} that are not stored: ${joined(shown, ', ')}${safe(more)}. Materialize them ("${command(`millrace intervals ${name}`)}" lists all of them), or set require_coverage: false, which sets features to null where such an interval may have changed them.`,
    { dataset: dataset.name, view: name },
  );
}

/** The views of a set as they are deployed, covered as the set requires, as is the view that its labels come from. */
export async function requireSetViews(database: Database, dataset: Dataset): Promise<SetView[]> {
  const views: SetView[] = [];
  for (const asked of dataset.views) views.push(await setView(database, asked, { ...dataset, span: spanOf(dataset) }));
  const entities = await entitiesView(database, dataset);
  for (const view of entities === null ? views : [entities, ...views]) {
    const { holes } = await viewHoles(database, view);
    requireCoverage(dataset, view, holes);
  }
  return views;
}

/** The view whose entities are the labels, without features; null if labels come from a source. @throws Failure NOT_FOUND */
export async function entitiesView(database: Database, dataset: Dataset): Promise<SetView | null> {
  const { labels } = dataset;
  if (labels.kind !== 'steps') return null;
  const span = spanOf(dataset);
  const asked = { view: labels.entities, as: '', features: [], ageMaxMs: null, entityColumn: '' };
  const view = await setView(database, asked, { ...dataset, span });
  // The labels of an entity begin with its first row, however old that is.
  const known = { ...view.known, view: { ...view.known.view, ttlMs: null } };
  return { ...view, known, units: knowableUnits(known, span) };
}
