// Who is in a snapshot of a complete view, compared with the snapshot before it.

import type { Interval } from '../../core/interval.ts';
import type { FeatureView } from '../../definition/view.ts';
import { offlineTable } from '../../offline/table.ts';
import type { Session } from '../../postgres/session.ts';
import type { Run } from '../runs/run.ts';
import { isZeroSql, writesZeros } from './zeros.ts';

/** What a snapshot holds, compared with the one before it. */
export type Snapshots = {
  /** Entities of this snapshot, including those whose rows were refused. */
  readonly entities: number;
  readonly before: number;
  /**
   * Those of the one before that are not in this one. If this interval is read again, without those that its stored snapshot
   * already lacks: they were accepted as missing.
   */
  readonly missing: number;
  /** Whether its stored snapshot is empty and counts, so that it may stay empty. */
  readonly wasEmpty: boolean;
};

const NONE: Snapshots = { entities: 0, before: 0, missing: 0, wasEmpty: false };

/** In the transaction of a commit, before the rows of its unit are replaced. */
export async function compareSnapshots(session: Session, run: Run): Promise<Snapshots> {
  const { view, viewId, span, stagingTable, refusedTable } = run;
  if (span === null || stagingTable === null) return NONE;
  const refused =
    refusedTable === null ? '' : `union select entity_id from ${refusedTable} where entity_id is not null`;
  const [row] = await session.query<Snapshots>(
    `with ${earlierSql(view)}, ${storedSql(view)}, this as (select distinct entity_id from ${stagingTable} ${refused})
     select (select count(*) from this) as entities, ${comparedSql('select from this t where t.entity_id = e.entity_id')}`,
    [viewId, new Date(span.start).toISOString()],
  );
  return row ?? NONE;
}

/** The columns of Snapshots besides `entities`. `isHere` finds an entity `e` in the new snapshot. */
function comparedSql(isHere: string): string {
  return `(select count(*) from earlier) as before,
     (select count(*) from earlier e left join stored s on s.entity_id = e.entity_id
       where not exists (${isHere})
         and (s.entity_id is not null or not coalesce((select counts from known), false))) as missing,
     coalesce((select counts from known), false) and not exists (select from stored) as "wasEmpty"`;
}

/** The entities of the stored snapshot of the unit at $2, if it counts (`known`). */
function storedSql(view: FeatureView): string {
  const end = `$2::timestamptz + interval '${view.unitMs} milliseconds'`;
  return `known as (
       select covered @> u.span and not unreadable && u.span as counts
         from millrace.coverage, (select tstzrange($2::timestamptz, ${end}) as span) u where view_id = $1),
     stored as (
       select o.entity_id from ${offlineTable(view)} o
        where (select counts from known) and o.event_timestamp > $2::timestamptz and o.event_timestamp <= ${end}
          ${writesZeros(view) ? `and not ${isZeroSql('o')}` : ''}
       union select r.entity_id from millrace.refused_entity r
        where (select counts from known) and r.view_id = $1 and r.at = ${end})`;
}

/** The entities of the newest snapshot that ends at $2 or before it, of the view $1. */
function earlierSql(view: FeatureView): string {
  return `newest as (
       select upper((covered - unreadable) * tstzmultirange(tstzrange(null, $2::timestamptz))) as at
         from millrace.coverage where view_id = $1),
     earlier as (select o.entity_id from ${offlineTable(view)} o, newest
                  where o.event_timestamp > newest.at - interval '${view.unitMs} milliseconds' and o.event_timestamp <= newest.at
                    ${writesZeros(view) ? `and not ${isZeroSql('o')}` : ''}
                 union select r.entity_id from millrace.refused_entity r, newest where r.view_id = $1 and r.at = newest.at)`;
}

type PreviewedSnapshot = { readonly viewId: number | null; readonly view: FeatureView; readonly span: Interval };

/**
 * The same for the different entities of a snapshot that is not stored, compared with those of the one before it: null
 * for the stored one. Writes nothing.
 */
export async function compareWithStored(
  session: Session,
  { viewId, view, span }: PreviewedSnapshot,
  entities: readonly string[],
  before: readonly string[] | null,
): Promise<Snapshots> {
  // Before its first deployment, a view has no table.
  if (viewId === null) return comparedEntities(new Set(entities), before ?? []);
  const earlier = before === null ? earlierSql(view) : 'earlier as (select unnest($4::text[]) as entity_id)';
  const [row] = await session.query<Omit<Snapshots, 'entities'>>(
    `with ${earlier}, ${storedSql(view)}, this as (select unnest($3::text[]) as entity_id)
     select ${comparedSql('select from this t where t.entity_id = e.entity_id')}`,
    [viewId, new Date(span.start).toISOString(), entities, ...(before === null ? [] : [before])],
  );
  return { ...NONE, ...row, entities: entities.length };
}

function comparedEntities(entities: ReadonlySet<string>, before: readonly string[]): Snapshots {
  const missing = before.filter((entity) => !entities.has(entity)).length;
  return { ...NONE, entities: entities.size, before: before.length, missing };
}
