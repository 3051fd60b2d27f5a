// The newest rows of the offline store, as the online store holds them: what publishing, rebuild and verify read.
//
// Rows are always read from the offline table, never from staging, so they include later commits. They stream
// as lines of COPY; Postgres does the spelling. A row past its ttl says so, and carries no values.

import type { Interval } from '../core/interval.ts';
import type { Feature, FeatureView } from '../definition/view.ts';
import { entryOf } from '../feature-types/index.ts';
import { isoTextSql } from '../feature-types/timestamp.ts';
import {
  type CopyLines,
  columnsOfLines,
  copiedLines,
  fieldStarts,
  lastLine,
  linesOfColumns,
  textAt,
} from '../postgres/copy-lines.ts';
import { type Database, identifier, literal } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import type { RowBatch } from '../rows/batch.ts';
import type { RowRange } from '../rows/row-range.ts';
import { microsSql } from './feature-row.ts';
import { columnsRenamed, type SameColumns, STORED } from './renamed-columns.ts';
import { inRowRange, sinceRowRange } from './row-range.ts';
import { isStorable } from './storable.ts';
import { offlineTable } from './table.ts';

/** Fields of the lines: entity_id · event time in µs · expiry · one per feature, in the view's order. */
export const ENTITY_COLUMN = 0;
export const TIME_COLUMN = 1;
export const EXPIRY_COLUMN = 2;
export const FIRST_FEATURE_COLUMN = 3;

/** Expiry of a row that stays. */
export const NEVER = '';
/** Expiry of a row that must not be online: past its ttl, or (event time null too) not there at all. */
export const GONE = '-';

/** Redis drops a row at the earliest this long after its ttl; readers apply ttl exactly. */
const EXPIRY_MARGIN_MS = 60_000;
/** Spreads the expiries of rows of one event time, so that Redis does not drop them all in one go. */
const EXPIRY_SPREAD_MS_MAX = 600_000;

export type NewestQuery = {
  readonly session: Session;
  readonly view: FeatureView;
  /** The database's time, as `beginSnapshot` gave it: ttl is judged against it. */
  readonly now: string;
  readonly batchRows: number;
  /** SQL: whether a row counts, given SQL for its entity and time; null if every row does. Entities without one are not there at all. */
  readonly shown: Shown;
};

/** See NewestQuery. */
export type Shown = ((entity: string, time: string) => string) | null;

/**
 * A slow online store: the buffers of a connection hold several megabytes of rows, while the server that has sent them counts the
 * transaction as idle. After a host has died, it keeps the table from being altered for as long.
 */
const IDLE_LIMIT = '3min';

/**
 * Begins a snapshot of a view that lasts until the session is given back: all that is read in it is of one moment. It waits for an
 * edit that alters the table, whose rows an older snapshot would not find. `idleLimit` is a time of Postgres: how long the last
 * rows may wait for their reader after the server has sent them.
 *
 * @throws Failure as columnsRenamed
 */
export async function beginSnapshot(
  session: Session,
  view: FeatureView,
  {
    sameColumns,
    idleLimit = IDLE_LIMIT,
  }: { readonly sameColumns: SameColumns; readonly idleLimit?: string | undefined },
): Promise<string> {
  const idle = `set local idle_in_transaction_session_timeout = ${literal(idleLimit)};`;
  const [row] = await session.query<{ now: string; same: boolean | null }>(
    `begin isolation level repeatable read, read only; set local jit = off; set local work_mem = '64MB'; ${idle}
     lock table ${offlineTable(view)} in access share mode;
     select ${isoTextSql('millrace.now()')} as now, ${sameColumns ?? 'true'} as same`,
  );
  if (row?.same !== true) throw columnsRenamed(view.name);
  return row.now;
}

/**
 * For the rest of a snapshot, finds rows of a time by the index over times. Without statistics of a new table, Postgres would read
 * all of it for the rows of a day; if these are all there are, the index costs next to nothing more.
 */
export async function findRowsByTime(session: Session): Promise<void> {
  await session.run('set local enable_seqscan = off');
}

/** Ends a snapshot, so that its session can be used again. */
export async function endSnapshot(session: Session): Promise<void> {
  await session.run('commit');
}

/** Some of a view's rows, as a condition on its offline table. */
export type Rows = { readonly condition: string };

/** The rows in a range. */
export function rowsOfRange(range: RowRange): Rows {
  return { condition: inRowRange('event_timestamp', range) };
}

/** The rows in a range and all that come after it. */
export function rowsSince(range: RowRange): Rows {
  return { condition: sinceRowRange('event_timestamp', range) };
}

/** The rows that a run wrote last in its span, whichever of its ends rows of the view may lie at. */
export function rowsOfRunIn(span: Interval, runId: number): Rows {
  const [start, end] = [span.start, span.end].map((at) => `timestamptz '${new Date(at).toISOString()}'`);
  return { condition: `event_timestamp between ${start} and ${end} and run_id = ${Number(runId)}` };
}

/** The rows that runs wrote last: for views of kind latest, which have no ranges. */
export function rowsOfRuns(runIds: readonly number[]): Rows {
  return { condition: `run_id in (${runIds.map(Number).join(', ')})` };
}

/** Whether the view has rows besides these. */
export async function holdsOtherRows({ session, view }: NewestQuery, { condition }: Rows): Promise<boolean> {
  const [row] = await session.query<{ others: boolean }>(
    `select exists (select from ${offlineTable(view)} where not (${condition})) as others`,
  );
  return row?.others === true;
}

/** For each entity that has some of the rows the newest of these, from the greatest id downwards. */
export function newestWithin(query: NewestQuery, { condition }: Rows): AsyncGenerator<CopyLines> {
  return copied(query, newestWhere(query, condition));
}

/** For each entity below `before` that has some of the rows its newest row of all. */
export function newestOfEntitiesWithin(
  query: NewestQuery,
  { condition }: Rows,
  before: string | null,
): AsyncGenerator<CopyLines> {
  // In the order of the primary key, in which each look-up finds its page in memory.
  const entities = `select distinct entity_id from ${offlineTable(query.view)}
                     where ${condition} and ${isBelow(before)} order by entity_id desc`;
  return copied(query, newestOf(query, entities, 'cross join'));
}

/** For each entity that SQL with one column, `entity_id`, yields, its newest row of all, or that it has none. */
export function newestOfSelected(query: NewestQuery, entities: string): AsyncGenerator<CopyLines> {
  return copied(query, newestOf(query, entities));
}

/** For each of these entities its newest row of all, or, unless they are left out, that it has none. */
export function newestOfEntities(
  query: NewestQuery,
  entityIds: readonly string[],
  without: 'named' | 'left out' = 'named',
): AsyncGenerator<CopyLines> {
  const entities = `select unnest(array[${entityIds.map(literal).join(', ')}]::text[]) collate "C" as entity_id`;
  return copied(query, newestOf(query, entities, without === 'named' ? 'left join' : 'cross join'));
}

/**
 * The newest row of each of the `entities` entities that come next below `before`, from the greatest id downwards; the
 * primary key yields them in this order without a sort.
 */
export function newestSlice(query: NewestQuery, before: string | null, entities: number): AsyncGenerator<CopyLines> {
  return copied(query, `${newestWhere(query, isBelow(before))} limit ${Number(entities)}`);
}

function isBelow(entityId: string | null): string {
  return entityId === null ? 'true' : `entity_id < ${literal(entityId)} collate "C"`;
}

/** Which of these entities have no row that counts. */
export async function entitiesWithoutRows(
  database: Database | Session,
  view: FeatureView,
  entityIds: readonly string[],
  shown: Shown,
): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `select id from unnest($1::text[]) id
      where not exists (select from ${offlineTable(view)} o where o.entity_id = id collate "C"${andShown(shown, 'o.entity_id', 'o.event_timestamp')})`,
    [entityIds.filter(isStorable)],
  );
  return [...rows.map((row) => row.id), ...entityIds.filter((id) => !isStorable(id))];
}

/** The lines that say of entities that they have no row. */
export function withoutRows(view: FeatureView, entityIds: readonly string[]): CopyLines {
  const nulls = entityIds.map(() => null);
  const expiries = entityIds.map(() => GONE);
  const columns = [entityIds, nulls, expiries, ...view.features.map(() => nulls)];
  return linesOfColumns({ rows: entityIds.length, columns });
}

/** How many fields each line of a view has. */
export function fieldsOf(view: FeatureView): number {
  return FIRST_FEATURE_COLUMN + view.features.length;
}

/** The same rows as columns of text. */
export function newestColumns(view: FeatureView, lines: CopyLines): RowBatch {
  return columnsOfLines(lines, fieldsOf(view));
}

/** The entity of the last line of a batch, which has at least one. */
export function lastEntity(view: FeatureView, lines: CopyLines): string | null {
  const line = lastLine(lines);
  return textAt(line, fieldStarts(line, fieldsOf(view)), ENTITY_COLUMN);
}

/** Entities with rows, picked at random, at most `count`; reads the whole index. */
export async function randomEntities(database: Database, view: FeatureView, count: number): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `select entity_id as id from ${offlineTable(view)} group by entity_id order by random() limit $1`,
    [count],
  );
  return rows.map((row) => row.id);
}

function newestWhere(query: NewestQuery, where: string): string {
  return `select distinct on (entity_id) entity_id, ${timeAndValues(query)} from ${offlineTable(query.view)} ${STORED}
           where ${where}${andShown(query.shown, 'entity_id', 'event_timestamp')}
           order by entity_id desc, event_timestamp desc`;
}

/** `left join` also yields the entities that have none. */
function newestOf(query: NewestQuery, entities: string, join: 'left join' | 'cross join' = 'left join'): string {
  return `select asked.entity_id, ${timeAndValues(query)}
            from (${entities}) asked ${join} lateral (
                   select ${storedColumns(query.view)} from ${offlineTable(query.view)} ${STORED}
                    where ${STORED}.entity_id = asked.entity_id${andShown(query.shown, `${STORED}.entity_id`, `${STORED}.event_timestamp`)}
                    order by ${STORED}.event_timestamp desc limit 1) newest${join === 'left join' ? ' on true' : ''}`;
}

function andShown(shown: Shown, entity: string, time: string): string {
  return shown === null ? '' : ` and ${shown(entity, time)}`;
}

function timeAndValues({ view, now }: NewestQuery): string {
  const values = view.features.map(copiedSql);
  return [microsSql('event_timestamp'), expirySql(view, now), ...values].join(', ');
}

function copiedSql({ name, type }: Feature): string {
  const { isCopiedAsText, textSql } = entryOf(type);
  return isCopiedAsText ? identifier(name) : textSql(identifier(name));
}

/** By the name of their table: if it lacked one of them, a feature could be the name of another table of the query, as a whole row. */
function storedColumns(view: FeatureView): string {
  const columns = ['event_timestamp', ...view.features.map(({ name }) => identifier(name))];
  return columns.map((column) => `${STORED}.${column}`).join(', ');
}

function expirySql({ ttlMs }: FeatureView, now: string): string {
  if (ttlMs === null) return `case when event_timestamp is null then '${GONE}' else '${NEVER}' end`;
  const spreadMs = Math.floor(Math.min(ttlMs / 10, EXPIRY_SPREAD_MS_MAX));
  return `case
    when event_timestamp is null or event_timestamp <= timestamptz ${literal(now)} - ${ttlMs} * interval '1 millisecond'
    then '${GONE}'
    else ((extract(epoch from event_timestamp) * 1000)::bigint + ${ttlMs + EXPIRY_MARGIN_MS}
          + (hashtext(entity_id) & 65535)::bigint * ${spreadMs} / 65536)::text end`;
}

function copied(query: NewestQuery, select: string): AsyncGenerator<CopyLines> {
  return copiedLines(query.session.copyOut(`copy (${select}) to stdout`), query.batchRows);
}
