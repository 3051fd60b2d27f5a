// The partial aggregates of an incremental view (docs/architecture/incremental-aggregation.md): how a view combines them, and which of
// them a run changes.

import { type Aggregate, longestWindow } from '../definition/declared/declared.ts';
import { partialOf, partsName } from '../definition/declared/parts.ts';
import { postgresDialect } from '../definition/declared/sql/postgres.ts';
import type { FeatureView } from '../definition/view.ts';
import type { FeatureType } from '../feature-types/index.ts';
import { identifier } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import { inRowRange, rangeOfRun } from './row-range.ts';
import { offlineTable } from './table.ts';

/** The query of an incremental view over its parts, with the placeholder {{end}}; null for other views. */
export function partsQuery(view: FeatureView): string | null {
  const { declared, features, incremental } = view;
  const longestMs = declared === undefined ? null : longestWindow(declared);
  if (declared === undefined || incremental !== true || longestMs === null) return null;
  const types = new Map(features.map(({ column, type }) => [column, type]));
  const values = declared.aggregates.map((aggregate) => {
    const value = combined(aggregate, types.get(aggregate.feature) ?? 'decimal', longestMs);
    return `${value} as ${identifier(aggregate.feature)}`;
  });
  return `select
  p.entity_id,
  {{end}} as "timestamp",
  ${values.join(',\n  ')}
from ${offlineTable({ name: partsName(view) })} as p
where p.event_timestamp >= ${postgresDialect.endMinus(longestMs)}
  and p.event_timestamp < {{end}}
group by p.entity_id`;
}

/** Counts and sums add up; the least of the least values is the least of all. */
function combined(aggregate: Aggregate, type: FeatureType, longestMs: number): string {
  const { operator, windowMs } = aggregate;
  const isShorter = windowMs !== undefined && windowMs !== longestMs;
  const filter = isShorter ? ` filter (where p.event_timestamp >= ${postgresDialect.endMinus(windowMs)})` : '';
  const function_ = operator === 'min' || operator === 'max' ? operator : 'sum';
  const value = `${function_}(p.${identifier(partialOf(aggregate, type).name)})${filter}`;
  const other = aggregate.default ?? (function_ === 'sum' ? { number: '0' } : undefined);
  return other === undefined ? value : `coalesce(${value}, ${postgresDialect.literal(other)})`;
}

type StagedRun = {
  readonly view: FeatureView;
  readonly span: Parameters<typeof rangeOfRun>[1];
  readonly stagingTable: string | null;
};

/** The times of the stored rows that a run will add, change or remove, in epoch milliseconds. Before it stores its rows. */
export async function changedTimes(session: Session, { view, span, stagingTable }: StagedRun): Promise<number[]> {
  const columns = view.features.map(({ name }) => identifier(name));
  const rowOf = (table: string) => `(row(${columns.map((column) => `${table}.${column}`).join(', ')})::record)`;
  const rows = await session.query<{ at: number }>(
    `select distinct (extract(epoch from coalesce(o.event_timestamp, s.event_timestamp)) * 1000)::bigint as at
       from (select * from ${offlineTable(view)} where ${inRowRange('event_timestamp', rangeOfRun(view, span))}) o
       full join ${stagingTable} s on s.entity_id = o.entity_id and s.event_timestamp = o.event_timestamp
      where o.entity_id is null or s.entity_id is null or ${rowOf('o')} *<> ${rowOf('s')}
      order by at`,
  );
  return rows.map(({ at }) => at);
}
