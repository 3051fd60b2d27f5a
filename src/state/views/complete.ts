// Which rows of a complete view count: those of entities that its newest snapshot holds.
//
// T is the end of the newest covered unit whose refused rows all had readable entities and that is not empty, unless that is
// allowed. An entity counts if it has a row in that unit or after it, or if one of its rows was refused there. The
// offline store, which knows no table of the state, embeds these conditions in its own statements, so that rows and
// coverage are of one moment.

import type { FeatureView } from '../../definition/view.ts';
import type { Shown } from '../../offline/newest.ts';
import type { ShownAt } from '../../offline/read-as-of.ts';
import { literal } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import { supersedeRuns } from '../runs/change.ts';

type CompleteView = Pick<FeatureView, 'name' | 'unitMs' | 'complete'>;

/** Whether a row counts now. Null if every row does, as with `absent: zero`, where a row of zeros replaces older ones. */
export function shownNow(view: CompleteView): Shown {
  if (view.complete === undefined || view.complete.absent === 'zero') return null;
  const newest = `(select upper(covered - unreadable) from millrace.coverage where view_id = ${idSql(view)})`;
  return (entity, time) =>
    `(${time} > ${sinceSql(view, newest)} or ${entity} in (
       select r.entity_id from millrace.refused_entity r
        where r.view_id = ${idSql(view)} and r.at >= coalesce(${newest}, '-infinity')))`;
}

/** Whether a row counted at an instant. */
export function shownAt(view: CompleteView): ShownAt {
  if (view.complete === undefined || view.complete.absent === 'zero') return null;
  return (entity, time, bound) => {
    const newest = newestAtSql(view, bound);
    return `(${time} > ${sinceSql(view, newest)} or exists (
       select from millrace.refused_entity r
        where r.view_id = ${idSql(view)} and r.entity_id = ${entity} and r.at >= coalesce(${newest}, '-infinity')
          and r.at <= ${bound}))`;
  };
}

/**
 * Whether a definition changes what the commits of a view record of its snapshots. Its deployment locks the planning and
 * the coverage of the view.
 */
export function changesSnapshots(before: Pick<FeatureView, 'complete'>, after: Pick<FeatureView, 'complete'>): boolean {
  const isComplete = (view: typeof before) => view.complete !== undefined;
  return isComplete(before) !== isComplete(after) || before.complete?.absent !== after.complete?.absent;
}

/**
 * Supersedes the open runs of a view whose snapshots are recorded in another way from now on: they keep the definition of
 * their claim, and have staged what that one needs. Under the planning and the coverage lock.
 */
export async function supersedeForSnapshots(session: Session, viewId: number): Promise<void> {
  await supersedeRuns(session, { where: 'r.view_id = $1', values: [viewId] });
}

/**
 * Begins to record snapshots of a view that was not complete before. Which rows its earlier runs have refused is not known
 * any more, so these cannot say who is missing, and neither can empty ones. Under the coverage lock.
 */
export async function beginComplete(session: Session, viewId: number): Promise<void> {
  await session.run('delete from millrace.refused_entity where view_id = $1', [viewId]);
  await session.run(
    `update millrace.coverage
        set unreadable = covered * coalesce((
              select range_agg(span) from millrace.run
               where view_id = $1 and committed_at is not null
                 and ((counts->>'refused')::bigint > 0 or (counts->>'accepted')::bigint = 0)), '{}')
      where view_id = $1`,
    [viewId],
  );
}

/** SQL: the end of the newest snapshot that ends at a bound or before it; null if there is none. */
export function newestAtSql(view: CompleteView, bound: string): string {
  const readable = `(select covered - unreadable from millrace.coverage where view_id = ${idSql(view)})`;
  const end = `date_bin(interval '${view.unitMs} milliseconds', ${bound}, timestamptz 'epoch')`;
  return `upper(${readable} * tstzmultirange(tstzrange(null, ${end})))`;
}

/** Rows of a unit come after the end of the one before. */
function sinceSql({ unitMs }: CompleteView, newest: string): string {
  return `coalesce(${newest} - interval '${unitMs} milliseconds', '-infinity')`;
}

function idSql({ name }: CompleteView): string {
  return `(select id from millrace.view where name = ${literal(name)})`;
}
