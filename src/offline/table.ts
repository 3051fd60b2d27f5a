// The Postgres table of a view: features.<view>, one row per entity and event time.

import { Failure, wordsOf } from '../core/failure.ts';
import { safe, text } from '../core/message.ts';
import type { FeatureView } from '../definition/view.ts';
import { entryOf } from '../feature-types/index.ts';
import { type Database, identifier, literal } from '../postgres/database.ts';
import { codeOf } from '../postgres/failure.ts';
import type { Session } from '../postgres/session.ts';
import { partsSql } from './parts-sql.ts';

/** `features."customer_orders"`: the offline table of a view. */
export function offlineTable(view: { readonly name: string }): string {
  return `features.${identifier(view.name)}`;
}

/** Creates the table, or adds the columns of new features and components; the column of a feature is never dropped or retyped. */
export async function ensureOfflineTable(session: Session, view: FeatureView): Promise<void> {
  // Indexes share their names with tables; with a dot in it, an index is never called like another view's table.
  const table = offlineTable(view);
  const present = await offlineColumns(session, view);
  const parts = await missingParts(session, view);
  const missing = view.features.filter(({ name }) => !present.has(name));
  const columns = [...parts, ...missing.map(({ name, type }) => `${identifier(name)} ${entryOf(type).sqlType}`)];
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
  // Without `autosummarize`, Postgres reads all pages that were added since the last vacuum for each range.
  await session.run(
    `create index ${identifier(indexName(view))} on ${table} using brin (event_timestamp) with (autosummarize = on)`,
  );
}

function indexName(view: FeatureView): string {
  return `${view.name}.by_time`;
}

/** As many rows fill the pages that one entry of the index over times covers, or more. */
const SUMMARIZED_ROWS_MIN = 5_000;

/**
 * After a run has added many rows, adds their pages to the index over times, in which Postgres would otherwise look for rows of
 * every range until its next vacuum: a backfill of many runs would read more with each of them. Does not wait for a vacuum that
 * is running on the table, and does the same.
 *
 * @throws Failure of Postgres, for example because the table belongs to another role; runs do not depend on it.
 */
export async function summarizeTimes(
  database: Database,
  view: FeatureView,
  added: number,
  signal?: AbortSignal,
): Promise<void> {
  if (added < SUMMARIZED_ROWS_MIN) return;
  const index = literal(`features.${identifier(indexName(view))}`);
  try {
    // Sent together, two statements are one transaction.
    await database.session(
      (session) =>
        session.query(
          `lock table ${offlineTable(view)} in share update exclusive mode nowait;
           select brin_summarize_new_values(to_regclass(${index}))`,
        ),
      signal,
    );
  } catch (error) {
    if (!(error instanceof Failure) || codeOf(error.cause) !== LOCK_NOT_AVAILABLE) throw error;
  }
}

const LOCK_NOT_AVAILABLE = '55P03';

/** Definitions of the columns for components of a composite entity that the table does not have. Postgres computes them. */
async function missingParts(session: Session, view: FeatureView): Promise<string[]> {
  const parts = partsSql(view, 'entity_id');
  if (parts.length === 0) return [];
  const present = new Map(
    (
      await session.query<{ name: string; generated: boolean }>(
        `select attname as name, attgenerated <> '' as generated from pg_attribute
          where attrelid = to_regclass($1) and attnum > 0 and not attisdropped`,
        [offlineTable(view)],
      )
    ).map(({ name, generated }) => [name, generated]),
  );
  const taken = parts.find(({ column }) => present.get(column) === false);
  if (taken !== undefined) throw columnTaken(view, taken.column);
  return parts
    .filter(({ column }) => !present.has(column))
    .map(({ column, sql }) => `${identifier(column)} text collate "C" generated always as (${sql}) stored`);
}

/** A feature that was removed from the view keeps its column. */
function columnTaken({ name }: FeatureView, column: string): Failure {
  return new Failure(
    'CHECK_FAILED',
    text`The offline table of ${safe(name)} has a column ${safe(column)} from an earlier feature, but a component of the entity needs a column with this name: rename or drop the old column, or give the view a new name.`,
    { view: name },
  );
}

/** Drops the columns of components that the entity no longer has, or has in another place: Postgres computes them, so nothing is lost. */
export async function dropOtherParts(session: Session, before: FeatureView, view: FeatureView): Promise<void> {
  if (before.entity === view.entity) return;
  for (const { column } of partsSql(before, 'entity_id')) {
    try {
      await session.run(`alter table ${offlineTable(view)} drop column if exists ${identifier(column)}`);
    } catch (error) {
      if (codeOf(error) !== DEPENDENT_OBJECTS) throw error;
      throw new Failure(
        'CHECK_FAILED',
        text`The entity of ${safe(view.name)} no longer has a component for the column ${safe(column)}, but other database objects depend on that column of the offline table (${wordsOf(error)}): drop them first.`,
        { view: view.name },
        error,
      );
    }
  }
}

const DEPENDENT_OBJECTS = '2BP01';

/** Column → type, as Postgres names it, of the view's table; empty where there is none. */
export async function offlineColumns(session: Session, view: FeatureView): Promise<Map<string, string>> {
  const rows = await session.query<{ name: string; type: string }>(
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
      where attrelid = to_regclass($1) and attnum > 0 and not attisdropped`,
    [offlineTable(view)],
  );
  return new Map(rows.map(({ name, type }) => [name, type]));
}
