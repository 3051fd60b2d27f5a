// Point-in-time reads: what was known of an entity at a moment, for training sets and for questions about the past.

import { inParallel } from '../core/in-parallel.ts';
import type { EpochMicros } from '../core/instant.ts';
import type { Feature, FeatureView } from '../definition/view.ts';
import { entryOf } from '../feature-types/index.ts';
import { type Database, identifier } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import { bigintArray, textArray } from './array-text.ts';
import { type AsOf, asFeatureValue, type FeatureRow, microsSql, type ReadValue, rowOfTexts } from './feature-row.ts';
import { columnsRenamed, type SameColumns } from './renamed-columns.ts';
import { idParameter } from './storable.ts';
import { offlineTable } from './table.ts';

/** SQL: whether a row counts at a moment, given SQL for its entity, its time and the moment; null if every row does. */
export type ShownAt = ((entity: string, time: string, at: string) => string) | null;

const PAIRS_PER_QUERY = 2_000;
/** Of several views; Postgres returns at most 1,664, and views have fewer. */
const COLUMNS_PER_QUERY = 400;

/**
 * For each pair, in order, the entity's newest row at or before its moment, never a later one, and none that was past
 * the view's ttl by then, nor of an entity that the newest complete snapshot lacked; null where there is none. Pairs may repeat.
 * For a definition that was just read, or without features.
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
  return readAsOfAs(database, view, pairs, { shown, sameColumns: null, read: asFeatureValue }, signal);
}

/** What `read` makes of the values of these rows. @throws as readAsOf, or as columnsRenamed */
export async function readAsOfAs<Value>(
  database: Database,
  view: FeatureView,
  pairs: readonly AsOf[],
  { read, ...how }: Pick<ViewAsOf, 'shown' | 'sameColumns'> & { readonly read: ReadValue<Value> },
  signal?: AbortSignal,
): Promise<(FeatureRow<Value> | null)[]> {
  const entityIds = pairs.map((pair) => pair.entityId);
  const moments = pairs.map((pair) => pair.at);
  const [found] = await readViewsAsOf(
    database,
    [{ ...how, view, entityIds }],
    moments,
    { read, parallelQueries: 1 },
    signal,
  );
  return found ?? [];
}

/** A view, and for each moment the entity that is asked for. */
export type ViewAsOf = {
  readonly view: FeatureView;
  readonly shown: ShownAt;
  readonly sameColumns: SameColumns;
  readonly entityIds: readonly string[];
};

/** The rows of several views as `readAsOfAs` returns those of one, by view and moment. @throws as readAsOfAs */
export async function readViewsAsOf<Value>(
  database: Database,
  views: readonly ViewAsOf[],
  moments: readonly EpochMicros[],
  { read, parallelQueries }: { readonly read: ReadValue<Value>; readonly parallelQueries: number },
  signal?: AbortSignal,
): Promise<(FeatureRow<Value> | null)[][]> {
  const found = new Map(views.map((view) => [view, new Array<FeatureRow<Value> | null>(moments.length).fill(null)]));
  const starts = Array.from({ length: Math.ceil(moments.length / PAIRS_PER_QUERY) }, (_, at) => at * PAIRS_PER_QUERY);
  const queries = starts.flatMap((from) => groupsOf(views).map((group) => ({ from, group })));
  await inParallel(queries, parallelQueries, async ({ from, group }) => {
    signal?.throwIfAborted();
    const to = from + PAIRS_PER_QUERY;
    const some = group.map((view) => ({ ...view, entityIds: view.entityIds.slice(from, to) }));
    const rows = await database.session((session) => readSome(session, some, moments.slice(from, to)), signal);
    for (const [place, asked] of group.entries()) {
      const { features } = asked.view;
      const ofView = found.get(asked);
      const names = namesOf(place, features);
      rows.forEach((row, index) => {
        const texts = names.values.map((name) => row[name]);
        if (ofView !== undefined) ofView[from + index] = rowOfTexts(features, row[names.time], texts, read);
      });
    }
  });
  return [...found.values()];
}

/** Pure: as many views as one query can have columns for. */
function groupsOf(views: readonly ViewAsOf[]): ViewAsOf[][] {
  const groups: ViewAsOf[][] = [];
  let columns = COLUMNS_PER_QUERY;
  for (const asked of views) {
    columns += asked.view.features.length + 1;
    if (columns <= COLUMNS_PER_QUERY) groups.at(-1)?.push(asked);
    else {
      groups.push([asked]);
      columns = asked.view.features.length + 1;
    }
  }
  return groups;
}

/** The columns of a view. */
function namesOf(place: number, features: readonly Feature[]) {
  return { time: `v${place}`, values: features.map((_, index) => `v${place}_${index}`) };
}

type Row = Readonly<Record<string, string | null>>;

async function readSome(session: Session, views: readonly ViewAsOf[], moments: readonly EpochMicros[]): Promise<Row[]> {
  const columns = views.map(({ view: { features } }, place) => {
    const names = namesOf(place, features);
    const values = features.map(
      ({ name, type }, index) =>
        `(${entryOf(type).textSql(`newest${place}.${identifier(name)}`)})::text as ${names.values[index]}`,
    );
    return [`${microsSql(`newest${place}.event_timestamp`)}::text as ${names.time}`, ...values].join(', ');
  });
  const ids = views.map(({ entityIds }) => textArray(entityIds.map(idParameter)));
  const parameters = [...new Set(ids)];
  const arrays = parameters.map((_, index) => `$${index + 2}::text[]`).join(', ');
  const newest = views.map((asked, place) => newestSql(asked, place, `id${parameters.indexOf(ids[place] ?? '')}`));
  // Each label has a row, even if no row of a view counts. The conditions are computed once, in the snapshot of this statement, which
  // begins after the tables are locked.
  const same = views.flatMap(({ sameColumns }) => sameColumns ?? []).join(' and ');
  const rows = await session.query<Row>(
    `select ${columns.join(', ')}
       from (select timestamptz 'epoch' + pair.micros * interval '1 microsecond' as at, pair.*
               from unnest($1::bigint[], ${arrays}) with ordinality
                      pair (micros, ${parameters.map((_, index) => `id${index}`).join(', ')}, place)) asked
            ${newest.join(' ')} ${same === '' ? '' : `where ${same}`} order by asked.place`,
    [bigintArray(moments), ...parameters],
  );
  if (rows.length < moments.length) throw columnsRenamed(views.map(({ view }) => view.name).join(', '));
  return rows;
}

/** A feature may have any name of this query: each column is read by the name of its table, too. */
function newestSql({ view, shown }: ViewAsOf, place: number, id: string): string {
  const columns = ['event_timestamp', ...view.features.map(({ name }) => identifier(name))];
  const counts = shown === null ? '' : `and ${shown('o.entity_id', 'o.event_timestamp', 'asked.at')}`;
  const alive =
    view.ttlMs === null ? '' : `and o.event_timestamp > asked.at - ${view.ttlMs} * interval '1 millisecond'`;
  return `left join lateral (
            select ${columns.map((column) => `o.${column}`).join(', ')} from ${offlineTable(view)} o
             where o.entity_id = asked.${id} collate "C" and o.event_timestamp <= asked.at ${alive} ${counts}
             order by o.event_timestamp desc limit 1) newest${place} on true`;
}
