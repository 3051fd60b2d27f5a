// A declared query as it is written in a file, for diffs. Parsing it gives the same.

import { formatDuration } from '../../core/duration.ts';
import type { Aggregate, Declared } from './declared.ts';
import { writtenFilter, writtenLiteral } from './filter.ts';
import { rulesOf } from './operators.ts';

type Written = Record<string, unknown>;

/** The keys `from` and `features`. `features` and `files` are written without what this adds. */
export function writtenDeclared(
  { table, entityId, timestamp, where, aggregates }: Declared,
  features: readonly Written[],
  files: Written,
): Written {
  const from = {
    ...(table === null ? files : { table }),
    entity_id: keyOf(entityId),
    timestamp,
    ...(where === undefined ? {} : { where: writtenFilter(where) }),
  };
  return {
    from,
    features: features.map((feature, index) => ({ ...feature, ...writtenAggregate(feature, aggregates[index]) })),
  };
}

function writtenAggregate({ nullable = false }: Written, aggregate: Aggregate | undefined): Written {
  if (aggregate === undefined) return {};
  const { operator, column, windowMs, where, at, threshold, table, entityId, default: other } = aggregate;
  const usual = other === undefined && rulesOf(operator).empty === 'null';
  return {
    ...(nullable === usual ? {} : { nullable }),
    aggregate: operator,
    ...present({ column, window: windowMs === undefined ? undefined : formatDuration(windowMs) }),
    ...(where === undefined ? {} : { where: writtenFilter(where) }),
    ...present({ at, threshold, table }),
    ...(entityId === undefined ? {} : { entity_id: keyOf(entityId) }),
    ...(other === undefined ? {} : { default: writtenLiteral(other) }),
  };
}

function keyOf(columns: readonly string[]): unknown {
  return columns.length === 1 ? columns[0] : columns;
}

function present(keys: Written): Written {
  return Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined));
}
