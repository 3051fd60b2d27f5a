// Deletes old runs with their refused rows and files, and keeps a compact record of those that stored rows.

import type { Database } from '../../postgres/database.ts';
import { IN } from '../runs/states.ts';

/** The result of one step: the number of deleted runs, and the id after which the next step continues; null when all are checked. */
export type RunStep = { readonly deleted: number; readonly continueAfter: number | null };

/** Checked in one transaction, within milliseconds. */
const RUNS_PER_STEP = 1_000;
/** A drain of a pushed view may have refused a million rows. */
const QUARANTINED_PER_STEP = 5_000;

/**
 * Looks at the next runs after `after`, in the order of their ids, and deletes those that were closed more than
 * `retentionMs` ago and that nothing needs (docs/operations/retention.md). Kept are
 *
 * - runs that are open, and those whose removed entities are not published yet;
 * - the newest run of each view;
 * - failed and cancelled runs that explain an interval which is still held;
 * - for views over files: for each covered unit the newest run that knows its files;
 * - runs of a backfill that is itself kept.
 *
 * A run with more refused rows than a step deletes is deleted by the step that deletes the last of them. A step may be interrupted
 * and repeated.
 */
export async function deleteRuns(database: Database, after: number, retentionMs: number): Promise<RunStep> {
  const [row] = await database.query<{ deleted: number; continueAfter: number | null }>(
    `with looked as (
       select id from millrace.run where id > $1 order by id limit ${RUNS_PER_STEP}),
     old as (
       select r.* from millrace.run r join looked using (id)
        where r.closed_at < millrace.now() - $2 * interval '1 ms'),
     doomed as (
       select r.* from old r join millrace.coverage c using (view_id)
        where not exists (select from millrace.removed d where d.run_id = r.id)
          and not exists (select from millrace.backfill_chunk b where b.run_id = r.id)
          and exists (select from millrace.run newer where newer.view_id = r.view_id and newer.id > r.id)
          and not (r.state ${IN.retryable} and c.held && r.span)
          and not (r.state = 'done' and (r.files_digest is not null or r.without_files) and not (
                c.covered * tstzmultirange(r.span) <@ coalesce((
                  select range_agg(n.span) from millrace.run n
                   where int8range(n.view_id, n.view_id, '[]') && int8range(r.view_id, r.view_id, '[]')
                     and n.span && r.span and n.id > r.id and n.committed_at is not null
                     and (n.files_digest is not null or n.without_files)), '{}')))),
     quarantined as materialized (
       select q.id, q.run_id from (select id from doomed order by id) d
        cross join lateral (
          select id, run_id from millrace.quarantine where run_id = d.id limit ${QUARANTINED_PER_STEP}) q
        order by d.id limit ${QUARANTINED_PER_STEP}),
     -- The last run may have more of them.
     unfinished as (
       select max(run_id) as id from quarantined having count(*) = ${QUARANTINED_PER_STEP}),
     emptied as (
       delete from millrace.quarantine where id in (select id from quarantined)),
     finished as (
       select d.* from doomed d where not exists (select from unfinished u where d.id >= u.id)),
     recorded as (
       insert into millrace.run_record (id, view_id, span, reason, fingerprint, rows, committed_at)
         select id, view_id, span, reason, fingerprint, stored, committed_at
           from finished, lateral (
             select coalesce((counts->>'inserted')::bigint, 0) + coalesce((counts->>'changed')::bigint, 0) as stored) s
          where state = 'done' and stored > 0 and committed_at is not null
         on conflict (id) do nothing),
     deleted as (
       delete from millrace.run r using finished d where r.id = d.id returning 1)
     select (select count(*)::int from deleted) as deleted,
            coalesce((select id - 1 from unfinished), (select max(id) from looked)) as "continueAfter"`,
    [after, retentionMs],
  );
  return row ?? { deleted: 0, continueAfter: null };
}
