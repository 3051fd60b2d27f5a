// Parses `from` and the aggregates of a view's features. A feature with several windows becomes one feature for each.

import { parseDuration } from '../../core/duration.ts';
import type { FromFile } from '../files/from-file.ts';
import type { FeatureFile } from '../files/view-file.ts';
import type { Aggregate, Declared } from './declared.ts';
import { defaultLiteral, type Filter, parseFilter } from './filter.ts';
import { rulesOf } from './operators.ts';

/** A feature with at most one window, and its index in the file. */
export type OneFeature = { readonly feature: FeatureFile & { readonly window?: string }; readonly index: number };

/** The features of a file: `logins` with `window: [1h, 24h]` becomes `logins_1h` and `logins_24h`. */
export function expandedFeatures(features: readonly FeatureFile[]): OneFeature[] {
  return features.flatMap((written, index) => {
    const { window, ...feature } = written;
    if (window === undefined) return [{ feature, index }];
    if (typeof window === 'string') return [{ feature: { ...feature, window }, index }];
    return window.map((each) => ({ feature: { ...feature, name: `${feature.name}_${each}`, window: each }, index }));
  });
}

/** The declared query of a valid file. */
export function parseDeclared(from: FromFile, features: readonly OneFeature[]): Declared {
  return {
    table: from.files === undefined ? (from.table ?? null) : null,
    entityId: listOf(from.entity_id),
    timestamp: from.timestamp,
    ...whereOf(from.where),
    aggregates: features.map(({ feature }) => aggregateOf(feature)),
  };
}

/** Whether a row without the value is accepted: by default, where an entity may have none. */
export function isNullable({ nullable, aggregate, default: other }: FeatureFile): boolean {
  if (nullable !== undefined || aggregate === undefined) return nullable ?? false;
  return other === undefined && rulesOf(aggregate).empty === 'null';
}

function aggregateOf(file: OneFeature['feature']): Aggregate {
  const { name, type, aggregate = 'count', column, window, at, threshold, table, entity_id: entityId } = file;
  const windowMs = window === undefined ? null : parseDuration(window);
  const literal = file.default === undefined ? '' : defaultLiteral(file.default, type);
  return {
    feature: name,
    operator: aggregate,
    ...(column === undefined ? {} : { column }),
    ...(windowMs === null ? {} : { windowMs }),
    ...whereOf(file.where),
    ...(at === undefined ? {} : { at }),
    ...(threshold === undefined ? {} : { threshold }),
    ...(table === undefined ? {} : { table }),
    ...(entityId === undefined ? {} : { entityId: listOf(entityId) }),
    ...(typeof literal === 'string' ? {} : { default: literal }),
  };
}

function whereOf(written: unknown): { readonly where?: Filter } {
  return written === undefined ? {} : { where: parseFilter(written, []).filter };
}

function listOf(columns: string | readonly string[]): readonly string[] {
  return typeof columns === 'string' ? [columns] : columns;
}
