// The Postgres table of a view: features.<view>, one row per entity and event time.

import type { FeatureView } from '../definition/view.ts';
import { entryOf } from '../feature-types/index.ts';
import { identifier } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';

/** `features."customer_orders"`: the offline table of a view. */
export function offlineTable(view: { readonly name: string }): string {
  return `features.${identifier(view.name)}`;
}

/** Creates the table, or adds the columns of new features; a column is never dropped or retyped. */
export async function ensureOfflineTable(session: Session, view: FeatureView): Promise<void> {
  // Indexes share their names with tables; with a dot in it, an index is never called like another view's table.
  const table = offlineTable(view);
  const present = await offlineColumns(session, view);
  const missing = view.features.filter(({ name }) => !present.has(name));
  const columns = missing.map(({ name, type }) => `${identifier(name)} ${entryOf(type).sqlType}`);
  // A statement that changes nothing would still wait for every reader of the table, and make later ones wait for it.
  if (present.size > 0) {
    for (const column of columns) await session.run(`alter table ${table} add column ${column}`);
    return;
  }
  await session.run(
    `create table ${table} (
       entity_id text collate "C" not null,
       event_timestamp timestamptz not null,
       ${columns.map((column) => `${column},`).join('\n       ')}
       run_id bigint not null,
       constraint ${identifier(`${view.name}.key`)} primary key (entity_id, event_timestamp))`,
  );
  await session.run(`create index ${identifier(`${view.name}.by_time`)} on ${table} using brin (event_timestamp)`);
}

/** Column → type, as Postgres names it, of the view's table; empty where there is none. */
export async function offlineColumns(session: Session, view: FeatureView): Promise<Map<string, string>> {
  const rows = await session.query<{ name: string; type: string }>(
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
      where attrelid = to_regclass($1) and attnum > 0 and not attisdropped`,
    [offlineTable(view)],
  );
  return new Map(rows.map(({ name, type }) => [name, type]));
}
