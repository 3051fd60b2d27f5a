// What a run would change in the offline table. Reads only, in a transaction in which the server refuses writes.

import type { Interval } from '../core/interval.ts';
import type { FeatureView } from '../definition/view.ts';
import { identifier } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import type { StagingColumn } from '../rows/layout.ts';
import { type AcceptedRow, givenSql } from './given-rows.ts';
import { inRowRange, rangeOfRun } from './row-range.ts';
import { offlineColumns, offlineTable } from './table.ts';

export type Compared = {
  /** Keys of the accepted rows: one row of each is stored. */
  readonly distinct: number;
  readonly inserted: number;
  readonly changed: number;
  /** Stored rows that the accepted ones replace or repeat. */
  readonly matched: number;
  /** Stored rows that stay because their replacement was refused. */
  readonly kept: number;
  /** Some of the changed rows. */
  readonly examples: readonly ChangedRow[];
};

export type ChangedRow = {
  readonly entityId: string;
  readonly timestamp: string;
  readonly before: Readonly<Record<string, string | null>>;
  readonly after: Readonly<Record<string, string | null>>;
};

export type ToCompare = {
  readonly view: FeatureView;
  readonly span: Interval | null;
  readonly columns: readonly StagingColumn[];
  /** All rows of the entities in it. */
  readonly accepted: readonly AcceptedRow[];
  readonly refusedKeys: readonly (readonly [string, string])[];
  readonly examplesMax: number;
  /** Examples are of this entity only; null for all. */
  readonly entity: string | null;
  readonly isOfSource: IsOfSource;
};

/** SQL: whether a stored row is one of the source. The others go before a run compares. */
export type IsOfSource = (row: string) => string;

type ToCount = Pick<ToCompare, 'view' | 'span' | 'isOfSource'>;

/** How many rows are stored in the range of a span; 0 if the view has no table. */
export async function countStored(session: Session, { view, span, isOfSource }: ToCount): Promise<number> {
  if ((await offlineColumns(session, view)).size === 0) return 0;
  const [row] = await session.query<{ rows: number }>(
    `select count(*) as rows from ${offlineTable(view)} o
      where ${inRowRange('o.event_timestamp', rangeOfRun(view, span))} and ${isOfSource('o')}`,
  );
  return row?.rows ?? 0;
}

type ComparedRow = Omit<Compared, 'examples'> & { readonly examples: readonly ChangedRow[] | null };

/** Compares rows with those that are stored. A text is cast to its type by Postgres, as COPY does. */
export async function compareStored(session: Session, compared: ToCompare): Promise<Compared> {
  const stored = await offlineColumns(session, compared.view);
  const values = compared.columns.map((_, index) => compared.accepted.map((row) => row[index] ?? null));
  const keys = [0, 1].map((index) => compared.refusedKeys.map((key) => key[index] ?? null));
  const [found] = await session.query<ComparedRow>(comparison(compared, stored), [...values, ...keys, compared.entity]);
  return { distinct: 0, inserted: 0, changed: 0, matched: 0, kept: 0, ...found, examples: found?.examples ?? [] };
}

function comparison(compared: ToCompare, stored: ReadonlyMap<string, string>): string {
  const { view, columns, examplesMax } = compared;
  const names = view.features.map(({ name }) => identifier(name));
  const row = (alias: string) => `row(${names.map((name) => `${alias}.${name}`).join(', ')})::record`;
  const object = (alias: string) =>
    `json_build_object(${view.features.map(({ name }) => `'${name}', ${alias}.${identifier(name)}::text`).join(', ')})`;
  const count = columns.length;
  return `
    with staged as (
      ${givenSql(columns)}),
    refused as (
      select distinct entity_id collate "C" as entity_id, at::timestamptz as event_timestamp
        from unnest($${count + 1}::text[], $${count + 2}::text[]) as t(entity_id, at)),
    winners as (select distinct on (entity_id, event_timestamp) * from staged order by entity_id, event_timestamp, ${winningOrder(view, columns)}),
    stored as (${storedSql(compared, stored)}),
    changed as (
      select w.entity_id, w.event_timestamp, ${object('o')} as before, ${object('w')} as after
        from winners w join stored o using (entity_id, event_timestamp) where ${row('o')} *<> ${row('w')}),
    example as (select * from changed where coalesce(entity_id = $${count + 3}::text, true) order by entity_id, event_timestamp limit ${examplesMax})
    select (select count(*) from winners) as distinct,
           (select count(*) from winners w where not exists (select from stored o where o.entity_id = w.entity_id and o.event_timestamp = w.event_timestamp)) as inserted,
           (select count(*) from changed) as changed,
           (select count(*) from winners w join stored o using (entity_id, event_timestamp)) as matched,
           (select count(*) from refused r join stored o using (entity_id, event_timestamp)
             where not exists (select from winners w where w.entity_id = r.entity_id and w.event_timestamp = r.event_timestamp)) as kept,
           (select json_agg(json_build_object('entityId', entity_id, 'timestamp', event_timestamp, 'before', before, 'after', after)) from example) as examples`;
}

/** As replace.ts orders duplicates. */
function winningOrder(view: FeatureView, columns: readonly StagingColumn[]): string {
  const texts = view.features.map(({ name }) => `${identifier(name)}::text collate "C" desc nulls last`);
  const hasTieBreak = columns.some(({ name }) => name === 'tie_break');
  return [...(hasTieBreak ? ['tie_break desc nulls last'] : []), ...texts].join(', ');
}

/** A feature that the table does not have yet is null in its rows. */
function storedSql({ view, span, isOfSource }: ToCompare, stored: ReadonlyMap<string, string>): string {
  const features = view.features.map(({ name }) =>
    stored.has(name) ? identifier(name) : `null::text as ${identifier(name)}`,
  );
  if (stored.size === 0) {
    return `select ''::text collate "C" as entity_id, null::timestamptz as event_timestamp, ${features.join(', ')} where false`;
  }
  return `select entity_id, event_timestamp, ${features.join(', ')} from ${offlineTable(view)} o
           where o.entity_id in (select entity_id from staged union select entity_id from refused)
             and ${inRowRange('o.event_timestamp', rangeOfRun(view, span))} and ${isOfSource('o')}`;
}
