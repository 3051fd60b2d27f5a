// Point-in-time reads: what was known of an entity at a moment, for training sets and for questions about the past.

import type { FeatureView } from '../definition/view.ts';
import { entryOf } from '../feature-types/index.ts';
import { type Database, identifier } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import { type AsOf, asFeatureValue, type FeatureRow, microsSql, type ReadValue, rowOfTexts } from './feature-row.ts';
import { idParameter } from './storable.ts';
import { offlineTable } from './table.ts';

/** SQL: whether a row counts at a moment, given SQL for its entity, its time and the moment; null if every row does. */
export type ShownAt = ((entity: string, time: string, at: string) => string) | null;

const PAIRS_PER_QUERY = 2_000;

/**
 * For each pair, in order, the entity's newest row at or before its moment, never a later one, and none that was past
 * the view's ttl by then, nor of an entity that the newest complete snapshot lacked; null where there is none. Pairs may repeat.
 *
 * @throws Failure OFFLINE_UNAVAILABLE, or the reason of the signal
 */
export function readAsOf(
  database: Database,
  view: FeatureView,
  pairs: readonly AsOf[],
  shown: ShownAt,
  signal?: AbortSignal,
): Promise<(FeatureRow | null)[]> {
  return readAsOfAs(database, view, pairs, { shown, read: asFeatureValue }, signal);
}

/** What `read` makes of the values of these rows. @throws as readAsOf */
export async function readAsOfAs<Value>(
  database: Database,
  view: FeatureView,
  pairs: readonly AsOf[],
  how: { readonly shown: ShownAt; readonly read: ReadValue<Value> },
  signal?: AbortSignal,
): Promise<(FeatureRow<Value> | null)[]> {
  const found: (FeatureRow<Value> | null)[] = [];
  for (let from = 0; from < pairs.length; from += PAIRS_PER_QUERY) {
    signal?.throwIfAborted();
    const some = pairs.slice(from, from + PAIRS_PER_QUERY);
    found.push(...(await database.session((session) => readSome(session, view, some, how), signal)));
  }
  return found;
}

async function readSome<Value>(
  session: Session,
  view: FeatureView,
  pairs: readonly AsOf[],
  { shown, read }: { readonly shown: ShownAt; readonly read: ReadValue<Value> },
): Promise<(FeatureRow<Value> | null)[]> {
  const counts = shown === null ? '' : `and ${shown('o.entity_id', 'o.event_timestamp', 'asked.at')}`;
  const values = view.features.map(({ name, type }) => entryOf(type).textSql(identifier(name)));
  const alive =
    view.ttlMs === null ? '' : `and o.event_timestamp > asked.at - ${view.ttlMs} * interval '1 millisecond'`;
  const rows = await session.query<{ micros: string | null; texts: (string | null)[] }>(
    `select ${microsSql('event_timestamp')}::text as micros, to_json(array[${values.join(', ')}]::text[]) as texts
       from (select id, timestamptz 'epoch' + micros * interval '1 microsecond' as at, place
               from unnest($1::text[], $2::bigint[]) with ordinality pair (id, micros, place)) asked
       left join lateral (
              select * from ${offlineTable(view)} o
               where o.entity_id = asked.id collate "C" and o.event_timestamp <= asked.at ${alive} ${counts}
               order by o.event_timestamp desc limit 1) newest on true
      order by place`,
    [pairs.map((pair) => idParameter(pair.entityId)), pairs.map((pair) => pair.at)],
  );
  return rows.map(({ micros, texts }) => rowOfTexts(view.features, micros, texts, read));
}
