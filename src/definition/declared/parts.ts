// The partial aggregates of an incremental view, called parts in the code (docs/architecture/incremental-aggregation.md): a
// hidden view with one row for each interval and entity. The incremental view combines those of its windows instead of
// reading the source again.

import { createHash } from 'node:crypto';
import { epochMsOf } from '../../core/instant.ts';
import type { FeatureType } from '../../feature-types/index.ts';
import type { Feature, FeatureView, ViewFiles } from '../view.ts';
import { type Aggregate, type Declared, longestWindow } from './declared.ts';

/** What the parts of an interval hold of a feature. Features that differ only in their windows share it. */
export type Partial = {
  /** The column of the parts. */
  readonly name: string;
  readonly type: FeatureType;
  readonly nullable: boolean;
  readonly aggregate: Aggregate;
};

/** No name that a user may give a view has a dot. */
const SUFFIX = '.parts';

/** The name of the hidden view of an incremental view. */
export function partsName({ name }: Pick<FeatureView, 'name'>): string {
  return `${name}${SUFFIX}`;
}

/** The incremental view of parts with this name; null for the name of another view. */
export function viewOfParts(name: string): string | null {
  return name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : null;
}

/** The hidden view with the parts of an incremental view; null for other views. */
export function partsView(view: FeatureView): FeatureView | null {
  const { declared, incremental, unitMs } = view;
  if (declared === undefined || incremental !== true) return null;
  const longestMs = longestWindow(declared) ?? unitMs;
  const { complete: _, checks: __, rowsMax: ___, incremental: ____, ...kept } = view;
  const partials = partialsOf(view, declared);
  return {
    ...kept,
    name: partsName(view),
    description: `Parts of ${view.name}: one row for each interval and ${view.entity.replaceAll('|', ' and ')}`,
    kind: 'events',
    // The window of the first interval begins before the view does.
    start: epochMsOf(view.start - longestMs + unitMs),
    ttlMs: null,
    // A part that is skipped would be missing from every window that contains it.
    catchUp: 'all',
    freshnessMs: null,
    features: partials.map(featureOf),
    declared: { ...declared, unitMs, aggregates: partials.map(({ aggregate }) => aggregate) },
    files: view.files === null ? null : partFiles(view.files, view),
    duplicatesMax: 0,
    rowsMin: 0,
    partsOf: view.name,
  };
}

/** The partial values that the features of a view need, each once. */
export function partialsOf({ features }: Pick<FeatureView, 'features'>, { aggregates }: Declared): Partial[] {
  const types = new Map(features.map(({ column, type }) => [column, type]));
  const partials = aggregates.map((aggregate) => partialOf(aggregate, types.get(aggregate.feature) ?? 'decimal'));
  return [...new Map(partials.map((partial) => [partial.name, partial])).values()];
}

/** The partial value of one feature. */
export function partialOf({ operator, column, where }: Aggregate, type: FeatureType): Partial {
  // The sum of an interval may be larger than the sum of all.
  const partialType = operator === 'sum' ? 'decimal' : type;
  const aggregate = {
    operator,
    ...(column === undefined ? {} : { column }),
    ...(where === undefined ? {} : { where }),
  };
  const name = nameOf(aggregate, partialType);
  return {
    name,
    type: partialType,
    nullable: operator === 'min' || operator === 'max',
    aggregate: { feature: name, ...aggregate },
  };
}

/** Depends only on what is computed, so that a column never changes its meaning. */
function nameOf(aggregate: Omit<Aggregate, 'feature'>, type: FeatureType): string {
  const digest = createHash('sha256').update(JSON.stringify({ aggregate, type }, sortKeys)).digest('hex').slice(0, 10);
  const column = (aggregate.column ?? '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]/g, '_')
    .slice(0, 24);
  return [aggregate.operator, ...(column === '' ? [] : [column]), digest].join('_');
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function featureOf({ name, type, nullable }: Partial): Feature {
  return { name, column: name, type, nullable, nullsMax: null, min: null, max: null };
}

/** The files of one interval instead of those of the longest window. */
function partFiles(
  files: Readonly<Record<string, ViewFiles>>,
  { start, unitMs }: FeatureView,
): Record<string, ViewFiles> {
  return Object.fromEntries(
    Object.entries(files).map(([name, table]) => [name, { ...table, windowMs: unitMs, viewStart: start }]),
  );
}
