// Edited queries, once an operator has chosen how the edit affects stored rows.

import { type EpochMs, epochMsOf, isRepresentable } from '../../core/instant.ts';
import { floorToUnit, interval } from '../../core/interval.ts';
import { type FeatureView, hasIntervals } from '../../definition/view.ts';
import { dropOtherParts, offlineTable } from '../../offline/table.ts';
import { countChunks } from '../../plan/backfill.ts';
import { RESTATED_RUNS_MAX } from '../../plan/due.ts';
import type { Database } from '../../postgres/database.ts';
import { inTransaction } from '../../postgres/in-transaction.ts';
import type { Session } from '../../postgres/session.ts';
import { eventsSql, noteSql, recordEvent } from '../events.ts';
import { lockCoverage, lockPlanning } from '../locks.ts';
import { addToBacklog, forgetRestatements, withdrawRestatements } from '../planning/backlog.ts';
import { looksUpSameFiles } from '../planning/late-files.ts';
import { type LeftUnits, planLocked, type TimeRange } from '../planning/planning.ts';
import { supersedeRuns } from '../runs/change.ts';
import { DEFAULT_RUN_OPTIONS, type RunOptions } from '../runs/run.ts';
import { hasOtherParts, requireSameIds } from './edited-parts.ts';
import { hasOtherTimes } from './edited-times.ts';
import { renameFeature, supersedeRenamed } from './renamed.ts';
import { retypeFeatures } from './retype.ts';
import { type AppliedView, type FingerprintedView, requireAppliedView, supersedesRuns, writeSpec } from './views.ts';

/**
 * restate: all stored rows are wrong. forward-only: only newly computed rows change or, with a time, rows stored from
 * then on. equivalent: nothing changes.
 */
export type EditMeaning = 'restate' | 'forward-only' | 'equivalent';

/**
 * Deploys an edited definition. `restate` marks all covered spans as stale, forward-only those from the unit that
 * contains `from`; each choice releases held spans, since the edit may have fixed their failure. Runs of the old query
 * find that they are superseded. Returns the number of stale units, from any cause.
 */
export async function applyEdit(
  where: Database | Session,
  defined: FingerprintedView,
  meaning: EditMeaning,
  from: EpochMs | null = null,
): Promise<{ readonly staleUnits: number }> {
  return inTransaction(where, async (session) => {
    const { id, view } = await requireAppliedView(session, defined.view.name);
    if (supersedesRuns(view, defined.view)) await lockPlanning(session, id);
    await lockCoverage(session, id);
    // Read again under the locks: another session may have deployed the same edit.
    const applied = await requireAppliedView(session, defined.view.name);
    if (meaning !== 'restate' || !hasIntervals(defined.view.kind)) {
      await requireSameIds(session, applied.view, defined.view);
    }
    await dropOtherParts(session, applied.view, defined.view);
    await renameFeature(session, applied, defined.view);
    await retypeFeatures(session, applied, defined.view);
    await supersedeRenamed(session, applied, defined.view);
    if (meaning === 'restate' && applied.view.kind !== defined.view.kind)
      await removeOutliers(session, applied, defined.view);
    await writeSpec(session, applied, defined);
    if (meaning !== 'equivalent') await forgetRestatements(session, applied.id);
    const [row] = await session.query<Restating & { staleMs: number }>(
      `update millrace.coverage
          set held = '{}', stale = stale + edited, redefined = redefined + edited,
              old_ids = case when $3 then old_ids + edited else old_ids end,
              old_times = case when $4 then old_times + edited else old_times end
         from (select covered * tstzmultirange(tstzrange($2::timestamptz, 'infinity')) as edited
                 from millrace.coverage where view_id = $1) e
        where view_id = $1
       returning (select coalesce(sum(extract(epoch from upper(part) - lower(part))) * 1000, 0)
                    from unnest(stale) part)::bigint as "staleMs",
                 (extract(epoch from lower(edited)) * 1000)::bigint as start, (extract(epoch from upper(edited)) * 1000)::bigint as end`,
      [
        applied.id,
        staleFrom(defined.view, meaning, from),
        hasOtherParts(applied.view, defined.view),
        hasOtherTimes(applied.view, defined.view),
      ],
    );
    if (row !== undefined) await leaveRoom(session, applied.id, defined.view, row);
    const isOfSameFiles = defined.view.files !== null && looksUpSameFiles(applied.view, defined.view);
    const facts = { meaning, ...(isOfSameFiles ? { sameFiles: true as const } : {}) };
    await recordEvent(session, { viewId: applied.id, kind: 'stale', note: { kind: 'edited', facts } });
    // Without intervals, nothing is read again. What is stale stays so, in case an edit gives the view intervals again.
    const staleMs = hasIntervals(defined.view.kind) ? (row?.staleMs ?? 0) : 0;
    return { staleUnits: Math.ceil(staleMs / defined.view.unitMs) };
  });
}

/** The time that an edit makes stale; null if none. */
type Restating = { readonly start: EpochMs | null; readonly end: EpochMs | null };

/**
 * A long past is planned in parts, as in a restatement on request: otherwise it would fill the view's open runs, and
 * new due time would wait for all of it.
 */
async function leaveRoom(session: Session, id: number, view: FeatureView, { start, end }: Restating): Promise<void> {
  if (start === null || end === null || !hasIntervals(view.kind)) return;
  const span = interval(start, end);
  if (countChunks(view, [span], null) <= RESTATED_RUNS_MAX) return;
  await addToBacklog(session, id, span, { reason: 'restate', options: DEFAULT_RUN_OPTIONS });
}

/** From which instant covered time becomes stale. */
function staleFrom(view: FeatureView, meaning: EditMeaning, from: EpochMs | null): string {
  if (meaning === 'equivalent' || (meaning === 'forward-only' && from === null)) return 'infinity';
  // Parts begin with the windows of the start: units before it would wait for them forever.
  const earliest = view.incremental === true ? view.start : null;
  const bounds = [meaning === 'restate' ? null : from, earliest].filter((bound) => bound !== null);
  const wanted = bounds.length === 0 ? null : epochMsOf(Math.max(...bounds));
  const start = wanted === null ? null : floorToUnit(wanted, view.unitMs);
  return start === null || !isRepresentable(start) ? '-infinity' : new Date(start).toISOString();
}

/**
 * Deletes the rows that no run of the new kind would ever replace: those that do not belong to a covered span as this
 * kind counts. The rebuild that a change of kind asks for takes them off the online store.
 */
async function removeOutliers(session: Session, applied: AppliedView, view: FeatureView): Promise<void> {
  if (!hasIntervals(view.kind)) return;
  const [after, before] = view.kind === 'events' ? ['>=', '<'] : ['>', '<='];
  const removed = await session.run(
    `delete from ${offlineTable(view)} o
      where not exists (select from millrace.coverage c, unnest(c.covered) part
                         where c.view_id = $1 and o.event_timestamp ${after} lower(part)
                           and o.event_timestamp ${before} upper(part))`,
    [applied.id],
  );
  await session.run('update millrace.coverage set rows = rows - $2 where view_id = $1', [applied.id, removed]);
}

/**
 * How many units of the range are stale or released now, the runs for them and for what else was due there, and what
 * had to be left out: it is planned with the same options as those runs close.
 */
export type Restated = {
  readonly staleUnits: number;
  readonly releasedUnits: number;
  readonly runs: readonly number[];
  readonly left: readonly LeftUnits[];
};

/**
 * Marks covered spans of the range, widened to whole units, stale and releases held ones there, and plans their runs.
 * Runs that are planned or under way there are superseded, because they may have read what is to be read again.
 */
export async function restate(
  where: Database | Session,
  applied: AppliedView,
  range: TimeRange,
  options: RunOptions,
): Promise<Restated> {
  return inTransaction(where, async (session) => {
    // First, so that no tick plans what is stale before the runs that were asked for here are planned.
    await lockPlanning(session, applied.id);
    await lockCoverage(session, applied.id);
    const { from, to } = wholeUnits(range, applied.view.unitMs);
    const bound = (instant: EpochMs | null) => (instant === null ? null : new Date(instant).toISOString());
    const [counts] = await session.query<{ stale: number; released: number }>(
      `with asked as (select tstzmultirange(tstzrange($2::timestamptz, $3::timestamptz)) as span),
            found as (select c.covered * a.span as stale, c.held * a.span as released
                        from millrace.coverage c, asked a where c.view_id = $1),
            written as (update millrace.coverage c set stale = c.stale + f.stale, held = c.held - f.released
                          from found f where c.view_id = $1),
            noted as (${eventsSql(`select $1::bigint, null, 'stale', span, null, ${noteSql('restated')} from asked`)})
       select (select coalesce(sum(extract(epoch from upper(s) - lower(s))), 0) from unnest(f.stale) s)::float8 as stale,
              (select coalesce(sum(extract(epoch from upper(s) - lower(s))), 0) from unnest(f.released) s)::float8 as released
         from found f`,
      [applied.id, bound(from), bound(to)],
    );
    await supersedeRuns(session, {
      where: 'r.view_id = $1 and r.span && tstzrange($2::timestamptz, $3::timestamptz)',
      values: [applied.id, bound(from), bound(to)],
    });
    const units = (seconds: unknown) => Math.ceil((Number(seconds) * 1_000) / applied.view.unitMs);
    await withdrawRestatements(session, applied.id, { from, to });
    const planned = await planLocked(session, applied.id, { reason: 'restate', options, within: { from, to } });
    return {
      staleUnits: units(counts?.stale ?? 0),
      releasedUnits: units(counts?.released ?? 0),
      runs: planned.runs,
      left: planned.left,
    };
  });
}

/** The smallest range of whole units around a range. A unit that leaves the years 1 to 9999 has no limit there. */
export function wholeUnits({ from, to }: TimeRange, unitMs: number): TimeRange {
  const down = (instant: EpochMs) => floorToUnit(instant, unitMs);
  const representable = (instant: EpochMs) => (isRepresentable(instant) ? instant : null);
  return {
    from: from === null ? null : representable(down(from)),
    to: to === null || down(to) === to ? to : representable(epochMsOf(down(to) + unitMs)),
  };
}
