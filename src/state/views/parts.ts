// The partial aggregates of an incremental view (docs/architecture/incremental-aggregation.md) in the state: parts that change make the
// units stale that were combined from them.

import { epochMsOf } from '../../core/instant.ts';
import { type Interval, interval, missing, union } from '../../core/interval.ts';
import type { FeatureView } from '../../definition/view.ts';
import { changedTimes } from '../../offline/parts.ts';
import type { Database } from '../../postgres/database.ts';
import { multirangeLiteral, parseRanges, rangeLiteral } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { eventsSql, noteSql } from '../events.ts';
import { lockCoverage } from '../locks.ts';
import { supersedeRuns } from '../runs/change.ts';
import type { Run } from '../runs/run.ts';
import { IN } from '../runs/states.ts';
import { unreadableRows } from './snapshots.ts';

/** What a run over parts will change. */
export type ChangedParts = {
  /** The units with other rows, or with other rows without a readable entity. Those that are stored for the first time are left out, since nothing was combined from them. */
  readonly units: readonly Interval[];
  /** The units with refused rows that may be of any entity. */
  readonly unreadable: readonly Interval[];
};

/** What a run will change of stored parts, before it stores its rows. Null for runs over other views. */
export async function changedParts(session: Session, run: Run): Promise<ChangedParts | null> {
  const { view, viewId, span } = run;
  if (view.partsOf === undefined || span === null) return null;
  const unreadable = await unreadableParts(session, run, span);
  const [row] = await session.query<{ covered: string; other: string }>(
    `select (covered * s)::text as covered,
            (covered * s * ((unreadable - $3::tstzmultirange) + ($3::tstzmultirange - unreadable)))::text as other
       from millrace.coverage, tstzmultirange($2::tstzrange) s where view_id = $1`,
    [viewId, rangeLiteral(span), multirangeLiteral(unreadable)],
  );
  const covered = parseRanges(row?.covered ?? '{}');
  if (covered.length === 0) return { units: [], unreadable };
  const changed = (await changedTimes(session, run)).map((at) => interval(epochMsOf(at), epochMsOf(at + view.unitMs)));
  const stored = changed.filter((unit) => missing(unit, covered).length === 0);
  return { units: union([...stored, ...parseRanges(row?.other ?? '{}')]), unreadable };
}

/** The whole span if the time of such a row is unknown, too. */
async function unreadableParts(session: Session, run: Run, span: Interval): Promise<readonly Interval[]> {
  const { view, counts, refusedTable } = run;
  const rows = unreadableRows(counts);
  if (rows === 0) return [];
  if (refusedTable === null) return [span];
  const [found] = await session.query<{ rows: number; spans: string | null }>(
    `select count(*) as rows, range_agg(tstzrange(at, at + $1 * interval '1 ms'))::text as spans
       from (select date_bin($1 * interval '1 ms', event_timestamp, timestamptz 'epoch') as at from ${refusedTable}
              where entity_id is null and event_timestamp is not null) timed`,
    [view.unitMs],
  );
  return found?.rows === rows ? parseRanges(found.spans ?? '{}') : [span];
}

/**
 * Records which stored parts lack rows of unreadable entities, and marks the units stale that were combined from changed
 * parts, or may be by a run that has read them already. In the transaction that stores the parts. Locks the coverage of the
 * incremental view after that of its parts; nothing locks them in the other order.
 */
export async function recordParts(session: Session, run: Run, changed: ChangedParts): Promise<void> {
  const { view, viewId, span } = run;
  await session.run(
    `update millrace.coverage set unreadable = unreadable - tstzmultirange($2::tstzrange) + $3::tstzmultirange
      where view_id = $1 and (unreadable && $2::tstzrange or not isempty($3::tstzmultirange))`,
    [viewId, rangeLiteral(span), multirangeLiteral(changed.unreadable)],
  );
  if (changed.units.length > 0) await markCombined(session, view, changed.units);
}

/** Also of a view that is retired: it may return, and its units would keep the values of the parts of before. */
async function markCombined(session: Session, view: FeatureView, parts: readonly Interval[]): Promise<void> {
  const [combined] = await session.query<{ id: number; windowMs: number }>(
    `select id, (extract(epoch from parts_window) * 1000)::bigint as "windowMs" from millrace.view
      where name = $1 and parts_window is not null`,
    [view.partsOf],
  );
  if (combined === undefined) return;
  await lockCoverage(session, combined.id);
  const windows = parts.map(({ start, end }) => interval(start, epochMsOf(end - view.unitMs + combined.windowMs)));
  await session.run(
    `with touched as (
       update millrace.coverage c set stale = c.stale + c.covered * $2::tstzmultirange
        where c.view_id = $1 and (c.covered && $2::tstzmultirange or exists (
              select from millrace.run r where r.view_id = $1 and r.state ${IN.unstored} and r.span && $2::tstzmultirange))
       returning c.view_id)
     ${eventsSql(`select view_id, null, 'stale', $2::tstzmultirange, null, ${noteSql('parts')} from touched`)}`,
    [combined.id, multirangeLiteral(union(windows))],
  );
}

type DeployedView = { readonly id: number; readonly view: FeatureView };

/** Whether a definition makes a deployed view incremental. Its deployment locks the planning of the view. */
export function becomesIncremental(before: FeatureView, after: FeatureView): boolean {
  return before.incremental !== true && after.incremental === true;
}

/**
 * Supersedes the open runs of a view that was not incremental before: what they read is not what its parts will hold, and
 * they have not waited for these. Makes its newest units stale, as many as it reads again for late rows: from now on only
 * its parts are read again, and parts that are stored for the first time make no unit stale. Under the planning lock.
 */
export async function beginIncremental(session: Session, { id, view }: DeployedView): Promise<void> {
  await lockCoverage(session, id);
  await supersedeRuns(session, { where: 'r.view_id = $1', values: [id] });
  if (view.lookbackUnits === 0) return;
  await session.run(
    `with newest as (
       select covered * tstzmultirange(tstzrange(upper(covered) - $2 * interval '1 ms', null)) as units
         from millrace.coverage where view_id = $1),
     marked as (update millrace.coverage set stale = stale + units from newest where view_id = $1)
     ${eventsSql(`select $1::bigint, null, 'stale', units, null, ${noteSql('lookback')} from newest where not isempty(units)`)}`,
    [id, view.lookbackUnits * view.unitMs],
  );
}

/**
 * Makes the units stale of a view that is not incremental any more whose parts were to be read again: parts that change
 * from now on make none stale.
 */
export async function endIncremental(session: Session, { id }: DeployedView): Promise<void> {
  await lockCoverage(session, id);
  await session.run(
    `with unread as (
       select v.parts_window - p.unit as more, c.stale + c.held + coalesce((
                select range_agg(r.span) from millrace.run r where r.view_id = p.id and r.state ${IN.unstored}), '{}') as spans
         from millrace.view v join millrace.view p on p.parts_of = v.name join millrace.coverage c on c.view_id = p.id
        where v.id = $1),
     units as (
       select range_agg(tstzrange(lower(part), upper(part) + more)) as spans from unread, unnest(spans) part),
     marked as (
       update millrace.coverage c set stale = c.stale + c.covered * u.spans from units u
        where c.view_id = $1 and u.spans is not null)
     ${eventsSql(`select $1::bigint, null, 'stale', spans, null, ${noteSql('parts')} from units where spans is not null`)}`,
    [id],
  );
}

/** Makes all parts stale of a view that is incremental again: since it was not, nothing has read them for late or corrected rows. */
export async function distrustParts(session: Session, { id }: DeployedView): Promise<void> {
  await lockCoverage(session, id);
  await session.run(
    `with marked as (update millrace.coverage set stale = stale + covered where view_id = $1)
     ${eventsSql(`select $1::bigint, null, 'stale', '{(,)}'::tstzmultirange, null, ${noteSql('restated')}`)}`,
    [id],
  );
}

/** Ends the publish of parts: they are never online, so everything that is stored counts as published. */
export async function passOnlineBy(database: Database, viewId: number): Promise<void> {
  await database.transaction(async (session) => {
    await lockCoverage(session, viewId);
    await session.run('update millrace.coverage set published = covered where view_id = $1', [viewId]);
    await session.run('delete from millrace.removed where view_id = $1', [viewId]);
  });
}
