// An incremental view and the same view without `incremental`, over a table that changes, with a clock that a test moves.

import { partsName } from '../../src/definition/declared/parts.ts';
import { viewFile } from '../../src/definition/files/view-file.ts';
import { parseView } from '../../src/definition/parse/parse-view.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { offlineTable } from '../../src/offline/table.ts';
import { readOnline } from '../../src/online/read.ts';
import { openWorld, type World } from '../support/world.ts';

export const HOUR_MS = 3_600_000;
export const START_MS = Date.UTC(2026, 0, 1);

const FEATURES = [
  { name: 'rows', type: 'int', aggregate: 'count', window: ['1h', '6h'] },
  { name: 'logins', type: 'int', aggregate: 'count', window: '4h', where: { type: 'login' } },
  { name: 'amounts', type: 'int', aggregate: 'count', column: 'amount', window: '6h' },
  { name: 'spend', type: 'decimal', aggregate: 'sum', column: 'amount', window: ['2h', '6h'] },
  { name: 'points', type: 'int', aggregate: 'sum', column: 'points', window: '3h', where: { points: { gt: -50 } } },
  { name: 'least', type: 'decimal', aggregate: 'min', column: 'amount', window: '6h', where: { type: 'buy' } },
  { name: 'most', type: 'int', aggregate: 'max', column: 'points', window: '5h', default: -1 },
];

/** An hourly view from 2026-01-01 06:00 on. */
export function activity(changes: Record<string, unknown> = {}): FeatureView {
  return parseView(
    viewFile.parse({
      name: 'activity',
      entity: 'user',
      source: 'shop',
      kind: 'snapshot',
      interval: '1h',
      start: '2026-01-01T06:00:00Z',
      lookback: 3,
      incremental: true,
      allow_empty: true,
      from: { table: 'user_events', entity_id: 'user_id', timestamp: 'at', where: { hidden: { is_null: true } } },
      features: FEATURES,
      ...changes,
    }),
  );
}

/** The same view, without parts. */
export function plain(changes: Record<string, unknown> = {}): FeatureView {
  return activity({ name: 'plain', incremental: false, ...changes });
}

export function setClock({ sql }: World, ms: number): Promise<unknown> {
  return sql(
    `create or replace function millrace.now() returns timestamptz language sql volatile
      as $$ select timestamptz '${new Date(ms).toISOString()}' $$`,
  );
}

/** The stored rows of a view, as strings. Engines write different numbers of trailing zeros. */
export function storedRows({ sql }: World, view: FeatureView): Promise<Record<string, unknown>[]> {
  const columns = view.features
    .map(({ name, type }) => (type === 'decimal' ? `trim_scale(${name})::text as ${name}` : `${name}::text`))
    .join(', ');
  return sql(
    `select entity_id, event_timestamp::text as at, ${columns} from ${offlineTable(view)} order by event_timestamp, entity_id`,
  );
}

/** Values online by entity; null for an entity without a row. */
export async function onlineValues({ app }: World, view: FeatureView, ids: readonly string[]): Promise<unknown[]> {
  const store = { redis: app.online.redis, prefix: app.online.prefix };
  const found = await readOnline(store, [view], ids);
  return ids.map((id) => found.get(id)?.[view.name]?.values ?? null);
}

export const VIEW = activity();
export const PARTS = partsName(VIEW);

/** At an hour of 2026-01-01, with one row of ada for each hour. */
export async function openShop(hour = 9): Promise<World> {
  const world = await openWorld();
  await world.sql(
    'create table user_events (user_id text, at timestamptz, type text, amount numeric, points int, hidden bool)',
  );
  await world.sql(
    `insert into user_events
     select 'ada', timestamptz '2026-01-01Z' + h * interval '1 hour', 'buy', h, h from generate_series(0, 30) h`,
  );
  await setClock(world, START_MS + hour * HOUR_MS);
  return world;
}

export async function moveTo(world: World, hour: number): Promise<void> {
  await setClock(world, START_MS + hour * HOUR_MS);
}

/** The run is woken up when what it waits for is there. */
export async function both(world: World): Promise<void> {
  await world.materialize(PARTS);
  await world.materialize(VIEW.name);
}

/** `1-9` for the hours of a set of a view. */
export const hours = async (world: World, set: 'covered' | 'stale' | 'held' | 'unreadable', name: string) => {
  const [row] = await world.sql(
    `select coalesce(string_agg(extract(hour from lower(p)) || '-' || extract(hour from upper(p)), ' ' order by p), '') as hours
       from millrace.coverage c join millrace.view v on v.id = c.view_id, unnest(c.${set}) p where v.name = $1`,
    [name],
  );
  return row?.['hours'];
};
