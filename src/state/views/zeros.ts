// Rows of zeros, for views with `absent: zero`: an entity of one snapshot that is not in the next one has a row of zeros
// there. So all readers find the zeros as they find any row, and the newest row of an entity is its value.
//
// The zeros of a snapshot depend on it, on the readable one before it, and on unreadable ones in between: an entity of these
// is gone too. A commit writes the zeros of its unit and of the next readable snapshot.

import type { FeatureView } from '../../definition/view.ts';
import { hasZero } from '../../definition/zero.ts';
import { entryOf } from '../../feature-types/index.ts';
import { offlineTable } from '../../offline/table.ts';
import { identifier } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import { noteRemoved } from '../runs/removed.ts';
import type { Run } from '../runs/run.ts';

type ZeroView = Pick<FeatureView, 'name' | 'unitMs' | 'features'>;

export function writesZeros({ complete }: Pick<FeatureView, 'complete'>): boolean {
  return complete?.absent === 'zero';
}

/** Deletes the zeros of a run's unit before its rows are replaced, so that they do not count as stored rows of the source. */
export async function clearZeros(session: Session, { view, viewId, id, span }: Run): Promise<void> {
  if (span === null || !writesZeros(view)) return;
  const [row] = await session.query<{ rows: number }>(
    `with ${goneSql(view, 'z.at > $2::timestamptz and z.at <= $3::timestamptz')}, ${notedSql(viewId, id, 'gone')}
     select count(*) as rows from deleted`,
    [viewId, new Date(span.start).toISOString(), new Date(span.end).toISOString()],
  );
  await addRows(session, viewId, -(row?.rows ?? 0));
}

/** Writes the zeros of a run's unit and of the next snapshot. In its commit, after the unit is recorded as covered. */
export async function writeZeros(session: Session, { view, viewId, id, span }: Run): Promise<void> {
  if (span === null || !writesZeros(view)) return;
  const unit = unitSql(view);
  const ends = `select at from known, unnest(array[
      case when spans @> tstzrange($2::timestamptz, $3::timestamptz) then $3::timestamptz end,
      lower(spans * tstzmultirange(tstzrange($3::timestamptz, null))) + ${unit}]) at where at is not null`;
  const values = [viewId, new Date(span.start).toISOString(), new Date(span.end).toISOString()];
  await rewrite(session, { view, viewId, runId: id, ends, values });
}

/** Writes the zeros of all snapshots, or deletes them, after the view was edited. Under the coverage lock; a rebuild publishes them. */
export async function changeZeros(session: Session, viewId: number, view: FeatureView): Promise<void> {
  const [row] = await session.query<{ rows: number }>(
    `with ${goneSql(view, 'true')} select count(*) as rows from deleted`,
    [viewId],
  );
  await addRows(session, viewId, -(row?.rows ?? 0));
  if (!writesZeros(view)) return;
  const ends = `select at from known, unnest(spans) part, generate_series(lower(part) + ${unitSql(view)}, upper(part), ${unitSql(view)}) at`;
  await rewrite(session, { view, viewId, runId: null, ends, values: [viewId] });
}

/** Stores zeros for features that are new or have another type, in the rows of zeros that are stored already. */
export async function fillZeros(
  session: Session,
  applied: { readonly id: number; readonly view: ZeroView },
  view: ZeroView & Pick<FeatureView, 'complete'>,
): Promise<void> {
  const before = new Map(applied.view.features.map(({ name, type }) => [name, type]));
  const changed = view.features.filter(({ name, type }) => before.get(name) !== type);
  if (!writesZeros(view) || changed.length === 0) return;
  const zeros = changed.map(({ name, type }) => `${identifier(name)} = ${zeroSql(type)}`);
  await session.run(
    `update ${offlineTable(view)} o set ${zeros.join(', ')} from millrace.zero_row z
      where z.view_id = $1 and o.entity_id = z.entity_id and o.event_timestamp = z.at`,
    [applied.id],
  );
}

type Rewriting = {
  readonly view: ZeroView;
  readonly viewId: number;
  /** Null if a rebuild publishes the rows. */
  readonly runId: number | null;
  /** SQL: the ends of the snapshots, `at`, with the covered time `known`. */
  readonly ends: string;
  readonly values: readonly unknown[];
};

/** Makes the zeros of some snapshots what they must be. */
async function rewrite(session: Session, { view, viewId, runId, ends, values }: Rewriting): Promise<void> {
  const wanted = wantedSql(view, ends);
  const noted = (rows: string) => (runId === null ? '' : `, ${notedSql(viewId, runId, rows)}`);
  const isUnwanted = `z.at in (select at from x)
      and not exists (select from wanted w where w.at = z.at and w.entity_id = z.entity_id)`;
  const [gone] = await session.query<{ rows: number }>(
    `with ${wanted}, ${goneSql(view, isUnwanted)}${noted('gone')} select count(*) as rows from deleted`,
    values,
  );
  const names = view.features.map(({ name }) => identifier(name));
  const zeros = view.features.map(({ type }) => zeroSql(type));
  const [added] = await session.query<{ rows: number }>(
    `with ${wanted},
     added as (
       insert into millrace.zero_row (view_id, at, entity_id)
       select $1, at, entity_id from wanted on conflict do nothing returning at, entity_id),
     stored as (
       insert into ${offlineTable(view)} (entity_id, event_timestamp, ${names.join(', ')}, run_id)
       select entity_id, at, ${zeros.join(', ')}, ${runId ?? 0} from added order by entity_id)${noted('added')}
     select count(*) as rows from added`,
    values,
  );
  await addRows(session, viewId, (added?.rows ?? 0) - (gone?.rows ?? 0));
}

/** `x`: the snapshots; `wanted`: for each, the entities since the newest readable snapshot before it that it does not have. */
function wantedSql(view: ZeroView, ends: string): string {
  const unit = unitSql(view);
  return `known as (select covered - unreadable as spans from millrace.coverage where view_id = $1),
     x as (select at, coalesce(upper(spans * tstzmultirange(tstzrange(null, at - ${unit}))), '-infinity') as before
             from (${ends}) ends, known),
     wanted as (
       select x.at, m.entity_id from x cross join lateral (
         (${entitiesSql(view, { after: `x.before - ${unit}`, upTo: `x.at - ${unit}`, refused: 'r.at >= x.before and r.at < x.at' })})
         except
         (${entitiesSql(view, { after: `x.at - ${unit}`, upTo: 'x.at', refused: 'r.at = x.at' })})) m)`;
}

/** SQL: a range of times of rows, and a condition on refused rows `r`. */
type Within = { readonly after: string; readonly upTo: string; readonly refused: string };

/** The entities with rows within a time, including those whose rows were refused: zeros do not count. */
function entitiesSql(view: ZeroView, { after, upTo, refused }: Within): string {
  return `select o.entity_id from ${offlineTable(view)} o
           where o.event_timestamp > ${after} and o.event_timestamp <= ${upTo} and not ${isZeroSql('o')}
          union select r.entity_id from millrace.refused_entity r where r.view_id = $1 and ${refused}`;
}

/** SQL: whether a row of the view, by default $1, is a row of zeros. */
export function isZeroSql(row: string, viewId: number | '$1' = '$1'): string {
  return `exists (select from millrace.zero_row z
             where z.view_id = ${viewId} and z.at = ${row}.event_timestamp and z.entity_id = ${row}.entity_id)`;
}

/** Deletes zeros `z` of the view $1: `gone` has their entities, `deleted` those of their rows. */
function goneSql(view: ZeroView, condition: string): string {
  return `gone as (delete from millrace.zero_row z where z.view_id = $1 and ${condition} returning z.at, z.entity_id),
     deleted as (
       delete from ${offlineTable(view)} o using gone g where o.entity_id = g.entity_id and o.event_timestamp = g.at
       returning o.entity_id)`;
}

/** A publish brings these entities up to date. */
function notedSql(viewId: number, runId: number, rows: string): string {
  return `noted as (${noteRemoved(viewId, runId)(`select distinct entity_id from ${rows}`)})`;
}

async function addRows(session: Session, viewId: number, rows: number): Promise<void> {
  if (rows === 0) return;
  await session.run('update millrace.coverage set rows = rows + $2 where view_id = $1', [viewId, rows]);
}

function unitSql({ unitMs }: ZeroView): string {
  return `interval '${unitMs} milliseconds'`;
}

/** Other types have no zero: their features are null. */
function zeroSql(type: FeatureView['features'][number]['type']): string {
  return hasZero(type) ? '0' : `null::${entryOf(type).sqlType}`;
}
