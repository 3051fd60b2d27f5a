// One view of one part: which way it is joined, the join itself as a table, and what it found.

import { Failure } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import { offlineTable } from '../offline/table.ts';
import { literal } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import type { Building, PartPlan } from './building.ts';
import { anyUnfitSql, unfitDecimal } from './decimals.ts';
import { fileTypeOf } from './file-type.ts';
import { holeSpans } from './holes.ts';
import { type JoinWay, joinSql, wayFor } from './join.ts';
import { reachMs } from './known.ts';
import { TIMESTAMP } from './labels/label-columns.ts';
import { entitySql } from './labels/label-key.ts';
import { placeOf } from './labels/staged-labels.ts';
import { requireCoverage, type SetView, viewHoles } from './set-views.ts';

export type JoinedView = {
  /** One row per label of the part: `label_id`, `event_timestamp`, `f0`, … */
  readonly table: string;
  readonly way: JoinWay;
  /** Labels that have a row. */
  readonly found: number;
  /** Labels whose row may be in a hole. */
  readonly inHoles: number;
};

/** Joins a view in the transaction of the session. @throws Failure CHECK_FAILED for a hole, or a decimal that does not fit. */
export async function joinView(
  { dataset, labels, prefix, views }: Building,
  { part, from, to }: PartPlan,
  session: Session,
  index: number,
): Promise<JoinedView> {
  const view = views[index];
  if (view === undefined) throw new RangeError(`there is no view ${index}`);
  const { holes } = await viewHoles(session, view);
  requireCoverage(dataset, view, holes);
  const found = labels.columns.map(({ name }) => name);
  const entity = entitySql(view, found, (name) => placeOf(labels.columns, name));
  const at = placeOf(labels.columns, TIMESTAMP);
  const own = `select label_id, ${entity} as entity, ${at} as at from ${labels.table}
                where label_id >= ${from} and label_id < ${to}`;
  const range = await rangeSql(session, view, own);
  const way = wayFor(to - from, await estimatedRows(session, view, range));
  const table = `${prefix}_p${part}_v${index}`;
  const join = joinSql({
    known: view.known,
    features: view.features.map(({ name }) => name),
    labels: own,
    holes: holeSpans(holes),
    way,
    range,
  });
  await session.run(`create unlogged table ${table} as ${join}`);
  await session.run(`analyze ${table}`);
  return { table, way, ...(await checked(session, dataset.format, table, view)) };
}

/** A condition on the rows `o` that labels of the part can have. */
async function rangeSql(session: Session, { known }: SetView, labels: string): Promise<string> {
  type Extent = { readonly [Bound in 'first' | 'last' | 'since' | 'until']: string | null };
  const [extent] = await session.query<Extent>(
    `select min(entity) as first, max(entity) as last, min(at)::text as since, max(at)::text as until from (${labels}) l`,
  );
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
async function estimatedRows(session: Session, { known }: SetView, range: string): Promise<number> {
  const [row] = await session.query<{ 'QUERY PLAN': readonly [{ readonly Plan: { readonly 'Plan Rows': number } }] }>(
    `explain (format json) select from ${offlineTable(known.view)} o where ${range}`,
  );
  return row?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
}

type Facts = { readonly found: number; readonly inHoles: number; readonly early: number; readonly unfit: boolean[] };

async function checked(session: Session, format: string, table: string, { known, features }: SetView) {
  const decimals =
    format !== 'parquet'
      ? []
      : features.flatMap(({ name, type }, place) =>
          fileTypeOf(type) === 'decimal' ? [{ name, column: `f${place}` }] : [],
        );
  const unfit = decimals.map(({ column }) => anyUnfitSql(column));
  const [facts] = await session.query<Facts>(
    `select count(event_timestamp) as found, count(*) filter (where in_hole) as "inHoles",
            count(*) filter (where is_early) as early, to_json(array[${unfit.join(', ')}]::boolean[]) as unfit
       from ${table}`,
  );
  if (facts === undefined) throw new Error('an aggregate has no row');
  requireNoneEarly(known.view.name, facts.early);
  const bad = decimals[facts.unfit.indexOf(true)];
  if (bad !== undefined) {
    const { name: view } = known.view;
    const holder = text`${safe(bad.name)} of ${safe(view)}`;
    throw unfitDecimal(holder, text`the query of the view`, { view, feature: bad.name });
  }
  return { found: facts.found, inHoles: facts.inHoles };
}

/** @throws Failure BUG where a join has found a row that serving could not have known: it never does. */
function requireNoneEarly(view: string, early: number): void {
  if (early === 0) return;
  throw new Failure(
    'BUG',
    text`${safe(early)} rows of ${safe(view)} were joined with labels that predate them. Nothing was written.`,
    { view },
  );
}
