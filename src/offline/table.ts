// The Postgres table of a view: features.<view>, one row per entity and event time.

import type { FeatureView } from '../definition/view.ts';
import { identifier, type Session } from '../postgres/database.ts';
import { sqlType } from '../rows/layout.ts';

/** `features."customer_orders"`: the offline table of a view. */
export function offlineTable(view: { readonly name: string }): string {
  return `features.${identifier(view.name)}`;
}

/** Creates the table, or adds the columns of new features; a column is never dropped or retyped. */
export async function ensureOfflineTable(session: Session, view: FeatureView): Promise<void> {
  // Indexes share their names with tables; with a dot in it, an index is never called like another view's table.
  const table = offlineTable(view);
  const columns = view.features.map((feature) => `${identifier(feature.name)} ${sqlType(feature.type)}`);
  await session.run(
    `create table if not exists ${table} (
       entity_id text collate "C" not null,
       event_timestamp timestamptz not null,
       ${columns.map((column) => `${column},`).join('\n       ')}
       run_id bigint not null,
       constraint ${identifier(`${view.name}.key`)} primary key (entity_id, event_timestamp))`,
  );
  await session.run(
    `create index if not exists ${identifier(`${view.name}.by_time`)} on ${table} using brin (event_timestamp)`,
  );
  for (const column of columns) await session.run(`alter table ${table} add column if not exists ${column}`);
}
