// The record of a complete view's snapshots: what a commit changes of who is in the newest one.

import { offlineTable } from '../../offline/table.ts';
import type { Database } from '../../postgres/database.ts';
import { rangeLiteral } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { noteRemoved } from '../runs/removed.ts';
import type { Run, RunCounts } from '../runs/run.ts';
import type { Snapshots } from './snapshot-comparison.ts';

/** The newest snapshot, as an SQL instant; null if there is none. */
export type Newest = { readonly at: string | null };

/** For a commit: under the coverage lock. */
export async function newestSnapshot(session: Session | Database, viewId: number): Promise<Newest> {
  const [row] = await session.query<Newest>(
    'select upper(covered - unreadable)::text as at from millrace.coverage where view_id = $1',
    [viewId],
  );
  return row ?? { at: null };
}

/**
 * Records a snapshot that is covered now: whether it says who is missing, which of its entities were refused, and whom the
 * newest snapshot gained and lost by it, so that a publish brings these up to date.
 */
export async function recordSnapshot(
  session: Session,
  run: Run,
  { newest: before, wasEmpty }: { readonly newest: Newest; readonly wasEmpty: boolean },
): Promise<void> {
  if (run.span === null) return;
  const { viewId, refusedTable } = run;
  const [start, end] = [run.span.start, run.span.end].map((at) => new Date(at).toISOString());
  const note = noteRemoved(viewId, run.id);
  const says = saysWhoIsMissing({ ...run, wasEmpty }) && !(await combinesUnreadable(session, run));
  await session.run(
    `update millrace.coverage set unreadable = unreadable - s ${says ? '' : '+ s'}
       from (select tstzmultirange(tstzrange($2::timestamptz, $3::timestamptz)) as s) span where view_id = $1`,
    [viewId, start, end],
  );
  await session.run(
    `with gone as (delete from millrace.refused_entity where view_id = $1 and at = $2::timestamptz returning entity_id)
     ${note('select entity_id from gone')}`,
    [viewId, end],
  );
  if (refusedTable !== null) {
    await session.run(
      `with added as (
         insert into millrace.refused_entity (view_id, at, entity_id)
         select distinct $1::bigint, $2::timestamptz, entity_id from ${refusedTable} where entity_id is not null
         returning entity_id)
       ${note('select entity_id from added')}`,
      [viewId, end],
    );
  }
  await noteMoved(session, run, before, await newestSnapshot(session, viewId));
}

/** The entities that count by the earlier of two newest snapshots and not by the later one. */
async function noteMoved(session: Session, { view, viewId, id }: Run, before: Newest, after: Newest): Promise<void> {
  if (before.at === after.at) return;
  const entities = (bound: 'least' | 'greatest') => {
    // Null, for no snapshot, is before all others; least and greatest leave it out.
    const at = `${bound}(coalesce($1::timestamptz, '-infinity'), coalesce($2::timestamptz, '-infinity'))`;
    return `select entity_id from ${offlineTable(view)} where event_timestamp > ${at} - interval '${view.unitMs} milliseconds'
            union select entity_id from millrace.refused_entity where view_id = ${Number(viewId)} and at >= ${at}`;
  };
  await session.run(
    noteRemoved(
      viewId,
      id,
    )(`select entity_id from (${entities('least')}) earlier
      except select entity_id from (${entities('greatest')}) later`),
    [before.at, after.at],
  );
}

type SnapshotRun = Pick<Run, 'view' | 'counts'> &
  Pick<Snapshots, 'wasEmpty'> & { readonly options: Pick<Run['options'], 'allowRemovals'> };

/**
 * An empty snapshot removes every value, so it counts only if that is allowed. Without rows before it, it passes its check,
 * and rows that are stored later for earlier intervals must not lose their values to it. One that was allowed stays so.
 */
export function saysWhoIsMissing({ view, counts, options, wasEmpty }: SnapshotRun): boolean {
  const namesSome = counts.accepted > 0 || Object.keys(counts.refusedBy).some((reason) => !isUnnamed(reason));
  const isAllowed = view.complete?.allowEmpty === true || options.allowRemovals || wasEmpty;
  return namesAll(counts) && (namesSome || isAllowed);
}

/** Reasons to refuse a row whose entity is unknown. Only if all of the key is null, no entity is missing because of it. */
const UNNAMED = ['row_broken', 'field_wrong_type'];

/** Whether the entity of every refused row could be read. */
function namesAll(counts: RunCounts): boolean {
  return unreadableRows(counts) === 0;
}

function isUnnamed(reason: string): boolean {
  return reason.startsWith('entity_id_') || UNNAMED.includes(reason);
}

/** The number of refused rows whose entity could not be read. */
export function unreadableRows({ refusedBy }: RunCounts): number {
  const unreadable = Object.entries(refusedBy).filter(([reason]) => reason !== 'entity_id_null' && isUnnamed(reason));
  return unreadable.reduce((sum, [, rows]) => sum + rows, 0);
}

/** Whether a unit of an incremental view is combined from parts that lack rows of unreadable entities. */
async function combinesUnreadable(session: Session, { view, viewId, span }: Run): Promise<boolean> {
  if (view.incremental !== true || span === null) return false;
  const [row] = await session.query<{ found: boolean }>(
    `select c.unreadable && tstzrange(lower(s) + v.unit - v.parts_window, upper(s)) as found
       from millrace.view v join millrace.view p on p.parts_of = v.name join millrace.coverage c on c.view_id = p.id,
            (select $2::tstzrange as s) unit
      where v.id = $1`,
    [viewId, rangeLiteral(span)],
  );
  return row?.found === true;
}
