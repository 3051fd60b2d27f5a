// What a run would change in the offline table. Reads only, in a transaction in which the server refuses writes.

import type { Interval } from '../core/interval.ts';
import type { Feature, FeatureView } from '../definition/view.ts';
import { entryOf } from '../feature-types/index.ts';
import { identifier } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import type { StagingColumn } from '../rows/layout.ts';
import { type AcceptedRow, givenSql } from './given-rows.ts';
import { converted, type Retyped, retypedFeatures, retypedSql } from './retyped.ts';
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

/** @throws Failure CHECK_FAILED if a stored value of the range does not fit the type that its feature has now. */
export async function requireConvertible(session: Session, { view, span }: Omit<ToCount, 'isOfSource'>): Promise<void> {
  for (const retyped of await retypedFeatures(session, view)) {
    await converted(view, retyped, view.redacted ? 'no values' : 'values', () =>
      session.query(
        `select count(${retypedSql(retyped.feature)}) from ${offlineTable(view)} o
          where ${inRowRange('o.event_timestamp', rangeOfRun(view, span))}`,
      ),
    );
  }
}

type ComparedRow = Omit<Compared, 'examples'> & { readonly examples: readonly ChangedRow[] | null };

/**
 * Compares rows with those that are stored, whose features get the types of the view. A string is cast to its type by
 * Postgres, as COPY does.
 */
export async function compareStored(session: Session, compared: ToCompare): Promise<Compared> {
  const stored = {
    names: new Set((await offlineColumns(session, compared.view)).keys()),
    retyped: await retypedFeatures(session, compared.view),
  };
  const values = compared.columns.map((_, index) => compared.accepted.map((row) => row[index] ?? null));
  const keys = [0, 1].map((index) => compared.refusedKeys.map((key) => key[index] ?? null));
  const [found] = await session.query<ComparedRow>(comparison(compared, stored), [...values, ...keys, compared.entity]);
  return { distinct: 0, inserted: 0, changed: 0, matched: 0, kept: 0, ...found, examples: found?.examples ?? [] };
}

type StoredColumns = { readonly names: ReadonlySet<string>; readonly retyped: readonly Retyped[] };

function comparison(compared: ToCompare, stored: StoredColumns): string {
  const { view, columns, examplesMax } = compared;
  const names = view.features.map(({ name }) => identifier(name));
  const row = (alias: string) => `row(${names.map((name) => `${alias}.${name}`).join(', ')})::record`;
  // Of arrays: a function has at most 100 arguments.
  const object = (alias: string) =>
    `json_object(array[${view.features.map(({ name }) => `'${name}'`).join(', ')}],
                 array[${names.map((name) => `${alias}.${name}::text`).join(', ')}])`;
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

function storedSql({ view, span, isOfSource }: ToCompare, stored: StoredColumns): string {
  const features = view.features.map((feature) => `${storedValue(feature, stored)} as ${identifier(feature.name)}`);
  if (stored.names.size === 0) {
    return `select ''::text collate "C" as entity_id, null::timestamptz as event_timestamp, ${features.join(', ')} where false`;
  }
  return `select entity_id, event_timestamp, ${features.join(', ')} from ${offlineTable(view)} o
           where o.entity_id in (select entity_id from staged union select entity_id from refused)
             and ${inRowRange('o.event_timestamp', rangeOfRun(view, span))} and ${isOfSource('o')}`;
}

/** As it would be after the view is deployed: null if the table does not have the feature yet. */
function storedValue(feature: Feature, { names, retyped }: StoredColumns): string {
  if (!names.has(feature.name)) return `null::${entryOf(feature.type).sqlType}`;
  const isRetyped = retyped.some((one) => one.feature.name === feature.name);
  return isRetyped ? retypedSql(feature) : identifier(feature.name);
}
