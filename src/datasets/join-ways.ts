// How each view of a part is joined, decided in the snapshot of the part.

import type { Interval } from '../core/interval.ts';
import { offlineTable } from '../offline/table.ts';
import { literal } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import type { Building } from './building.ts';
import { holeSpans } from './holes.ts';
import { type JoinWay, wayFor } from './join.ts';
import { reachMs } from './known.ts';
import { TIMESTAMP } from './labels/label-columns.ts';
import { entitySql } from './labels/label-key.ts';
import { placeOf, type StagedLabels } from './labels/staged-labels.ts';
import { requireCoverage, type SetView, viewHoles } from './set-views.ts';

/** Labels `from` up to `to`, without it. */
export type LabelRange = { readonly from: number; readonly to: number };

export type PlannedJoin = {
  /** The place of the view in the set. */
  readonly index: number;
  readonly view: SetView;
  readonly way: JoinWay;
  readonly holes: readonly Interval[];
};

/** @throws Failure CHECK_FAILED for a hole where the set requires coverage. */
export async function plannedJoins(
  { dataset, labels, views }: Building,
  range: LabelRange,
  session: Session,
): Promise<PlannedJoin[]> {
  const conditionOf = rowConditions(session, labels, range);
  const planned: PlannedJoin[] = [];
  for (const [index, view] of views.entries()) {
    const { holes } = await viewHoles(session, view);
    requireCoverage(dataset, view, holes);
    const rows = await estimatedRows(session, view, await conditionOf(view));
    planned.push({ index, view, way: wayFor(range.to - range.from, rows), holes: holeSpans(holes) });
  }
  return planned;
}

/** SQL: the entity of a view in staged labels. */
export function entityOf(view: SetView, { columns }: StagedLabels): string {
  const names = columns.map(({ name }) => name);
  return entitySql(view, names, (name) => placeOf(columns, name));
}

/** SQL: a condition on the rows `o` of a view that labels of the range can have. Views with the same entity share a query. */
export function rowConditions(
  session: Session,
  labels: StagedLabels,
  range: LabelRange,
): (view: SetView) => Promise<string> {
  const extents = new Map<string, Promise<Extent | undefined>>();
  return async (view) => {
    const entity = entityOf(view, labels);
    const extent = extents.get(entity) ?? extentOf(session, labels, range, entity);
    extents.set(entity, extent);
    return conditionSql(view, await extent);
  };
}

type Extent = { readonly [Bound in 'first' | 'last' | 'since' | 'until']: string | null };

async function extentOf(session: Session, { table, columns }: StagedLabels, { from, to }: LabelRange, entity: string) {
  const at = placeOf(columns, TIMESTAMP);
  const [extent] = await session.query<Extent>(
    `select min(${entity}) as first, max(${entity}) as last, min(${at})::text as since, max(${at})::text as until
       from ${table} where label_id >= ${from} and label_id < ${to}`,
  );
  return extent;
}

function conditionSql({ known }: SetView, extent: Extent | undefined): string {
  if (extent?.first == null || extent.last === null || extent.until === null) return 'false';
  const reach = reachMs(known);
  const conditions = [
    `o.entity_id >= ${literal(extent.first)} collate "C" and o.entity_id <= ${literal(extent.last)} collate "C"`,
    `o.event_timestamp <= timestamptz ${literal(extent.until)}`,
    ...(reach === null
      ? []
      : [`o.event_timestamp >= timestamptz ${literal(extent.since ?? '')} - interval '${reach} milliseconds'`]),
  ];
  return conditions.join(' and ');
}

/** By the statistics of the table. */
async function estimatedRows(session: Session, { known }: SetView, condition: string): Promise<number> {
  const [row] = await session.query<{ 'QUERY PLAN': readonly [{ readonly Plan: { readonly 'Plan Rows': number } }] }>(
    `explain (format json) select from ${offlineTable(known.view)} o where ${condition}`,
  );
  return row?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
}
