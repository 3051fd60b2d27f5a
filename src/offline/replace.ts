// How a run replaces its row range of the offline table (docs/architecture/stores.md). Doing the same again changes nothing.

import type { Interval } from '../core/interval.ts';
import type { FeatureView } from '../definition/view.ts';
import { identifier } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import { type RowRange, rowRangeOf } from '../rows/row-range.ts';
import { offlineTable } from './table.ts';

export type Replacement = {
  readonly view: FeatureView;
  readonly runId: number;
  /** SQL that notes the entities of a query, one column `entity_id`: their rows go. */
  readonly noteRemoved: (entities: string) => string;
  readonly span: Interval | null;
  readonly staging: string;
  /** The table with the keys of refused rows, whose stored rows stay; null where none was refused. */
  readonly refused: string | null;
  readonly hasTieBreak: boolean;
  /** Whether rows of the range may be stored already. */
  readonly covered: boolean;
};

/** What became of the accepted rows, and of those that were stored. */
export type ReplacementCounts = {
  readonly inserted: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly duplicates: number;
  readonly removed: number;
  readonly kept: number;
};

/** `lost`: the units that lost a row, as a multirange. */
export type Replaced = { readonly counts: ReplacementCounts; readonly lost: string };

/** `event_timestamp` within a row range, as SQL; everything for views of kind latest. */
export function inRowRange(column: string, range: RowRange | null): string {
  if (range === null) return 'true';
  const before = range.bounds === '[)' ? '<' : '<=';
  return `${sinceRowRange(column, range)} and ${column} ${before} ${instant(range.end)}`;
}

/** `event_timestamp` within a row range or after it, as SQL. */
export function sinceRowRange(column: string, range: RowRange): string {
  return `${column} ${range.bounds === '[)' ? '>=' : '>'} ${instant(range.start)}`;
}

function instant(value: number): string {
  return `timestamptz '${new Date(value).toISOString()}'`;
}

/** The time of a row as the spans count that it may belong to: a snapshot is stamped with the end of its span. */
export function spanTime({ kind }: FeatureView, column: string): string {
  return kind === 'snapshot' ? `(${column} - interval '1 microsecond')` : column;
}

/** The unit that a row belongs to, as a tstzrange. */
export function belongingTo(view: FeatureView, column: string): string {
  const unit = `interval '${view.unitMs} milliseconds'`;
  const start = `date_bin(${unit}, ${spanTime(view, column)}, timestamptz 'epoch')`;
  return `tstzrange(${start}, ${start} + ${unit})`;
}

/** Whether no row of a staging table has the key of `o`. */
export function hasNoRowIn(table: string): string {
  return `not exists (select from ${table} s
                       where s.entity_id = o.entity_id and s.event_timestamp = o.event_timestamp)`;
}

/** The row range of a run, null for views of kind latest. */
export function rangeOfRun(view: FeatureView, span: Interval | null): RowRange | null {
  return view.kind === 'latest' || span === null ? null : rowRangeOf(view.kind, span);
}

/** A replacement that knows whether staging holds rows with equal entity and time. */
type Counted = Replacement & { readonly hasDuplicates: boolean };

/** Of rows with equal entity and time one wins: the greatest tie_break, else the greatest row in text order. */
function winners({ view, staging, hasTieBreak, hasDuplicates }: Counted): string {
  const names = featureList(view);
  if (!hasDuplicates) return `select entity_id, event_timestamp, ${names} from ${staging}`;
  const textOrder = view.features.map(({ name }) => `${identifier(name)}::text collate "C" desc nulls last`);
  const order = hasTieBreak ? ['tie_break desc nulls last', ...textOrder] : textOrder;
  return `select distinct on (entity_id, event_timestamp) entity_id, event_timestamp, ${names}
            from ${staging} order by entity_id, event_timestamp, ${order.join(', ')}`;
}

/** Replaces the range by what staging holds, noting the entities whose rows went. */
export async function replaceRange(session: Session, replacement: Replacement, accepted: number): Promise<Replaced> {
  const distinct = await distinctRows(session, replacement.staging);
  const counted: Counted = { ...replacement, hasDuplicates: distinct < accepted };
  const duplicates = accepted - distinct;
  if (!replacement.covered) {
    const inserted = await insertSorted(session, counted);
    const counts = { inserted, changed: 0, unchanged: distinct - inserted, duplicates, removed: 0, kept: 0 };
    return { counts, lost: '{}' };
  }
  const before = await storedRows(session, replacement);
  const { removed, lost } = replacement.span === null ? NOTHING_LOST : await removeMissing(session, replacement);
  const kept = await keptRows(session, replacement);
  const touched = await mergeStaged(session, counted);
  const after = await storedRows(session, replacement);
  const inserted = after - (before - removed);
  const counts = { inserted, changed: touched - inserted, unchanged: distinct - touched, duplicates, removed, kept };
  return { counts, lost };
}

type Lost = { readonly removed: number; readonly lost: string };
const NOTHING_LOST: Lost = { removed: 0, lost: '{}' };

/** For one sort or join of the commit; what does not fit goes to disk, several times slower. */
const WORK_MEM_MB = 64;

function featureList(view: FeatureView): string {
  return view.features.map((feature) => identifier(feature.name)).join(', ');
}

/** In the order of the key: a third of the time that inserting in any other order takes. */
async function insertSorted(session: Session, replacement: Counted): Promise<number> {
  const { view, runId } = replacement;
  return session.run(
    `insert into ${offlineTable(view)} (entity_id, event_timestamp, ${featureList(view)}, run_id)
     select s.*, ${runId} from (${winners(replacement)}) s order by entity_id, event_timestamp`,
  );
}

async function removeMissing(session: Session, replacement: Replacement): Promise<Lost> {
  const { view, span, staging, refused, noteRemoved } = replacement;
  const [gone] = await session.query<Lost>(
    `with gone as (
       delete from ${offlineTable(view)} o
        where ${inRowRange('o.event_timestamp', rangeOfRun(view, span))}
          and ${hasNoRowIn(staging)}${refused === null ? '' : ` and ${hasNoRowIn(refused)}`}
       returning entity_id, event_timestamp),
     noted as (${noteRemoved('select distinct entity_id from gone')})
     select count(*) as removed, coalesce((
              select range_agg(unit) from (select distinct ${belongingTo(view, 'event_timestamp')} as unit from gone) units), '{}')::text as lost
       from gone`,
  );
  return gone ?? NOTHING_LOST;
}

/** How many stored rows stay as they are because the row that was to replace them was refused. */
async function keptRows(session: Session, { view, span, staging, refused }: Replacement): Promise<number> {
  if (refused === null || span === null) return 0;
  const [kept] = await session.query<{ rows: number }>(
    `select count(*) as rows from ${offlineTable(view)} o
      where ${inRowRange('o.event_timestamp', rangeOfRun(view, span))}
        and ${hasNoRowIn(staging)} and not ${hasNoRowIn(refused)}`,
  );
  return kept?.rows ?? 0;
}

/** Writes what is new, and what differs in its binary image: −0 for 0, and 1.00 for 1.0, are changes. */
async function mergeStaged(session: Session, replacement: Counted): Promise<number> {
  const { view, runId, span } = replacement;
  const names = view.features.map((feature) => identifier(feature.name));
  // The cast keeps Postgres from comparing the columns one by one, with operators that they do not have.
  const row = (alias: string) => `row(${names.map((name) => `${alias}.${name}`).join(', ')})::record`;
  return session.run(
    `merge into ${offlineTable(view)} o using (${winners(replacement)}) s
        on o.entity_id = s.entity_id and o.event_timestamp = s.event_timestamp
       and ${inRowRange('o.event_timestamp', rangeOfRun(view, span))}
      when matched and ${row('o')} *<> ${row('s')} then
        update set ${names.map((name) => `${name} = s.${name}`).join(', ')}, run_id = ${runId}
      when not matched then
        insert (entity_id, event_timestamp, ${names.join(', ')}, run_id)
        values (s.entity_id, s.event_timestamp, ${names.map((name) => `s.${name}`).join(', ')}, ${runId})`,
  );
}

async function storedRows(session: Session, { view, span }: Replacement): Promise<number> {
  const [count] = await session.query<{ rows: number }>(
    `select count(*) as rows from ${offlineTable(view)}
      where ${inRowRange('event_timestamp', rangeOfRun(view, span))}`,
  );
  return count?.rows ?? 0;
}

/** How many keys the rows of a staging table have. In a transaction, whose later statements get the same memory. */
export async function distinctRows(session: Session, staging: string): Promise<number> {
  await session.run(`set local work_mem = '${WORK_MEM_MB}MB'`);
  const [count] = await session.query<{ rows: number }>(
    `select count(*) as rows from (select distinct entity_id, event_timestamp from ${staging}) d`,
  );
  return count?.rows ?? 0;
}
