// Replacing stored rows: one join of staging with the range finds what differs, and that alone is written.

import { identifier } from '../postgres/database.ts';
import type { Session } from '../postgres/session.ts';
import type { Removal, Replacement } from './replacement.ts';
import { belongingTo, inRowRange, rangeOfRun, spanTime } from './row-range.ts';
import { offlineTable } from './table.ts';

/** What was written, and what of the stored rows is gone or stayed; for views of kind latest, of `Removal` all is 0. */
export type Difference = Removal & { readonly inserted: number; readonly changed: number; readonly lost: string };

/**
 * Writes the difference between the range and the rows of `staged`, a query of one row per key, in one statement: with few
 * changes it reads the range twice, for the join and for the count, and touches nothing else.
 */
export async function replaceStored(session: Session, replacement: Replacement, staged: string): Promise<Difference> {
  const { view, span, runId, redefined } = replacement;
  const table = offlineTable(view);
  const range = rangeOfRun(view, span);
  const names = view.features.map((feature) => identifier(feature.name));
  const stored =
    span === null ? '0::bigint' : `(select count(*) from ${table} o where ${inRowRange('o.event_timestamp', range)})`;
  const [written] = await session.query<Difference>(
    `with difference as materialized (${differenceSql(replacement, staged)}),
     gone as materialized (${goneSql(replacement)}),
     removed as (
       delete from ${table} o using gone g
        where o.ctid = g.place and not g.is_kept and ${inRowRange('o.event_timestamp', range)}
       returning o.entity_id, o.event_timestamp),
     noted as (${replacement.noteRemoved('select distinct entity_id from removed')}),
     changed as (
       update ${table} o set ${names.map((name) => `${name} = d.${name}`).join(', ')}, run_id = ${runId}
         from difference d
        where o.ctid = d.place and not d.is_gone and ${inRowRange('o.event_timestamp', range)}
       returning 1),
     inserted as (
       insert into ${table} (entity_id, event_timestamp, ${names.join(', ')}, run_id)
       select entity_id, event_timestamp, ${names.join(', ')}, ${runId} from difference
        where place is null order by entity_id, event_timestamp
       returning 1)
     select ${stored} as stored, (select count(*) from inserted) as inserted, (select count(*) from changed) as changed,
            (select count(*) from removed) as removed, (select count(*) from gone where is_kept) as kept,
            (select count(*) from gone where is_kept and ${redefined} @> ${spanTime(view, 'event_timestamp')}) as outdated,
            ${span === null ? `'{}'` : lostSql(replacement)} as lost`,
  );
  return written ?? NOTHING;
}

const NOTHING: Difference = { stored: 0, removed: 0, kept: 0, outdated: 0, inserted: 0, changed: 0, lost: '{}' };

/**
 * The rows that are new, the stored ones that are gone, and those of both that differ in their binary image: −0 for 0, and
 * 1.00 for 1.0, are changes. `place` is where the stored row lies, which stays so while the coverage lock is held; writing in its order takes
 * a fraction of the time of any other.
 */
function differenceSql({ view, span }: Replacement, staged: string): string {
  const names = view.features.map((feature) => identifier(feature.name));
  // The cast keeps Postgres from comparing the columns one by one, with operators that they do not have.
  const row = (alias: string) => `row(${names.map((name) => `${alias}.${name}`).join(', ')})::record`;
  return `
    select o.place, s.entity_id is null as is_gone, coalesce(s.entity_id, o.entity_id) as entity_id,
           coalesce(s.event_timestamp, o.event_timestamp) as event_timestamp, ${names.map((name) => `s.${name}`).join(', ')}
      from (${staged}) s ${span === null ? 'left' : 'full'} join (
             select ctid as place, entity_id, event_timestamp, ${names.join(', ')} from ${offlineTable(view)}
              where ${inRowRange('event_timestamp', rangeOfRun(view, span))}) o
        on o.entity_id = s.entity_id and o.event_timestamp = s.event_timestamp
     where o.place is null or s.entity_id is null or ${row('o')} *<> ${row('s')}
     order by o.place`;
}

/** A refused row does not erase the stored row that it was to replace. */
function goneSql({ refused }: Replacement): string {
  const gone = 'select d.place, d.event_timestamp';
  if (refused === null) return `${gone}, false as is_kept from difference d where d.is_gone`;
  return `${gone}, r.entity_id is not null as is_kept
      from difference d left join (select distinct entity_id, event_timestamp from ${refused}) r
        on r.entity_id = d.entity_id and r.event_timestamp = d.event_timestamp
     where d.is_gone`;
}

function lostSql({ view }: Replacement): string {
  return `coalesce((select range_agg(unit) from (
            select distinct ${belongingTo(view, 'event_timestamp')} as unit from removed) units), '{}')::text`;
}
