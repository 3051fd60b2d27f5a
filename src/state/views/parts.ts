// The parts of an incremental view (docs/architecture/incremental-aggregation.md) in the state: parts that change make the
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

/**
 * The units of a run over parts whose stored rows the run will change, before it stores its rows. Units that are stored for
 * the first time are left out, since nothing was combined from them.
 */
export async function changedParts(session: Session, run: Run): Promise<readonly Interval[]> {
  const { view, viewId, span } = run;
  if (view.partsOf === undefined || span === null) return [];
  const [row] = await session.query<{ covered: string }>(
    'select (covered * tstzmultirange($2::tstzrange))::text as covered from millrace.coverage where view_id = $1',
    [viewId, rangeLiteral(span)],
  );
  const covered = parseRanges(row?.covered ?? '{}');
  if (covered.length === 0) return [];
  const units = (await changedTimes(session, run)).map((at) => interval(epochMsOf(at), epochMsOf(at + view.unitMs)));
  return union(units.filter((unit) => missing(unit, covered).length === 0));
}

/**
 * Marks the units stale that were combined from these parts, or may be by a run that has read them already. In the
 * transaction that stores the parts. Locks the coverage of the incremental view after that of its parts; nothing locks them
 * in the other order.
 */
export async function markCombined(session: Session, { view }: Run, parts: readonly Interval[]): Promise<void> {
  if (view.partsOf === undefined || parts.length === 0) return;
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
