// A world for tests of the row check: a view with one feature, and rows given as objects.

import { epochMsOf } from '../../src/core/instant.ts';
import type { Feature, FeatureView } from '../../src/definition/view.ts';
import type { ColumnType } from '../../src/feature-types/column-type.ts';
import { unescapeCopy } from '../../src/feature-types/copy-text.ts';
import type { FeatureType, FeatureTypeName } from '../../src/feature-types/index.ts';
import type { RowBatch } from '../../src/rows/batch.ts';
import { type CheckedBatch, createRowCheck, type RowCheckOptions } from '../../src/rows/check.ts';
import { requireColumns } from '../../src/rows/layout.ts';
import type { RowRange } from '../../src/rows/row-range.ts';
import { eventsView, feature } from '../sources/worlds.ts';

export const RANGE: RowRange = {
  start: epochMsOf(Date.UTC(2026, 0, 31)),
  end: epochMsOf(Date.UTC(2026, 1, 1)),
  bounds: '[)',
};
export const NOON = '2026-01-31 12:00:00+00';

export type World = {
  readonly type?: FeatureType;
  readonly feature?: Partial<Feature>;
  readonly view?: Partial<FeatureView>;
  /** The types of the columns entity_id, timestamp, value and, if given, tie_break. */
  readonly columnTypes?: Partial<Record<'entity_id' | 'timestamp' | 'value' | 'tie_break', ColumnType>>;
  readonly options?: Partial<RowCheckOptions>;
};

export type Row = {
  readonly entity_id?: string | null;
  readonly timestamp?: string | null;
  readonly value?: string | null;
  readonly tie_break?: string | null;
};

const USUAL_COLUMN: Readonly<Record<FeatureTypeName, ColumnType>> = {
  string: 'text',
  bool: 'bool',
  json: 'json',
  timestamp: 'timestamptz',
  float: 'float',
  int: 'int',
  decimal: 'decimal',
  vector: 'array',
};

/** The layout and the view of a world. */
export function layoutOf({ type = 'float', feature: changes = {}, view = {}, columnTypes = {} }: World) {
  const checkedView = eventsView({ features: [feature('value', type, changes)], ...view });
  const types = {
    entity_id: 'text',
    timestamp: 'timestamptz',
    value: USUAL_COLUMN[type.replace(/\(.*/, '') as FeatureTypeName],
    ...columnTypes,
  } as Record<string, ColumnType>; // the keys of columnTypes are column names
  const columns = Object.entries(types).map(([name, each]) => ({ name, type: each, nativeType: each }));
  return { view: checkedView, layout: requireColumns(checkedView, columns) };
}

/** Checks rows. Columns that a row does not give are valid. */
export function checkRows(rows: readonly Row[], world: World = {}): CheckedBatch {
  const { view, layout } = layoutOf(world);
  const check = createRowCheck({ view, layout, range: RANGE, latestAllowedMicros: Infinity, ...world.options });
  const good: Row = { entity_id: 'a', timestamp: NOON, value: '1', tie_break: '1' };
  const columns = layout.columns.map(({ name }) => rows.map((row) => ({ ...good, ...row })[name as keyof Row] ?? null));
  const batch: RowBatch = { rows: rows.length, columns };
  return check.check(batch);
}

/** The fields of the accepted lines, unescaped. */
export function acceptedFields({ text }: CheckedBatch): (string | null)[][] {
  return text === ''
    ? []
    : text
        .slice(0, -1)
        .split('\n')
        .map((line) => line.split('\t').map(unescapeCopy));
}

/** The field of a value, or the reason why it is refused. */
export function fieldOf(row: Row, world: World = {}, index = 2): string | null {
  const checked = checkRows([row], world);
  return checked.refused[0]?.reason ?? acceptedFields(checked)[0]?.[index] ?? null;
}
