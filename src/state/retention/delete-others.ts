// Deletes old events, closed backfills and old deployments, in small steps.

import type { Database } from '../../postgres/database.ts';
import { IN } from '../runs/states.ts';

const EVENTS_PER_STEP = 5_000;
const OPERATIONS_PER_STEP = 5_000;
const BACKFILLS_PER_STEP = 100;
const CHUNKS_PER_STEP = 5_000;
const DEPLOYMENTS_PER_STEP = 100;

/**
 * Deletes some events older than `retentionMs`. Events that explain skipped time stay while it is skipped, and so do
 * events that an open run needs when it commits, and edits that decide which runs are checked for late files
 * (planning/late-files.ts). Returns the number.
 */
export async function deleteEvents(database: Database, retentionMs: number): Promise<number> {
  return database.run(
    `delete from millrace.event where id in (
       select e.id from millrace.event e join millrace.coverage c using (view_id) join millrace.view v on v.id = e.view_id
        where e.at < millrace.now() - $1 * interval '1 ms'
          and not (e.kind = 'skipped' and c.skipped && e.span)
          and not (e.kind = 'stale' and e.note->>'kind' is not distinct from 'edited'
                   and e.at > millrace.now() - coalesce(v.late_files, interval '0'))
          and not (e.kind = 'stale' and exists (select from millrace.run r
                    where r.view_id = e.view_id and r.state ${IN.open} and r.read_after < e.id))
        order by e.at limit ${EVENTS_PER_STEP})`,
    [retentionMs],
  );
}

/** Deletes some rows of the audit log older than `retentionMs`. Returns the number. */
export async function deleteOperations(database: Database, retentionMs: number): Promise<number> {
  return database.run(
    `delete from millrace.audit where id in (
       select id from millrace.audit
        where at < millrace.now() - $1 * interval '1 ms' order by at limit ${OPERATIONS_PER_STEP})`,
    [retentionMs],
  );
}

/**
 * Marks some backfills that ended before `retentionMs` as expired, so that none of them is resumed without its deleted chunks.
 * Returns the number.
 */
export async function expireBackfills(database: Database, retentionMs: number): Promise<number> {
  // Checked again in the row itself: it may be resumed at the same time.
  const isOld = (b: string) =>
    `not ${b}.expired and ${b}.closed_at < millrace.now() - $1 * interval '1 ms' and ${b}.state in ('complete', 'cancelled')`;
  return database.run(
    `update millrace.backfill b set expired = true
      where ${isOld('b')}
        and id in (select id from millrace.backfill old where ${isOld('old')} order by closed_at limit ${BACKFILLS_PER_STEP})`,
    [retentionMs],
  );
}

/** Deletes some chunks of expired backfills: each may have 100,000. Returns the number. */
export async function deleteChunks(database: Database): Promise<number> {
  return database.run(
    `delete from millrace.backfill_chunk where (backfill_id, place) in (
       select c.backfill_id, c.place from millrace.backfill b
        cross join lateral (
          select backfill_id, place from millrace.backfill_chunk where backfill_id = b.id limit ${CHUNKS_PER_STEP}) c
        where b.expired limit ${CHUNKS_PER_STEP})`,
  );
}

/** Deletes some expired backfills that have no chunks left. Returns the number. */
export async function deleteBackfills(database: Database): Promise<number> {
  return database.run(
    `delete from millrace.backfill where id in (
       select id from millrace.backfill b
        where expired and not exists (select from millrace.backfill_chunk where backfill_id = b.id)
        limit ${BACKFILLS_PER_STEP})`,
  );
}

/**
 * Empties some old deployments. Their fingerprints stay, so that a process that starts with very old definitions is
 * recognized. Returns the number.
 */
export async function emptyDeployments(database: Database, retentionMs: number): Promise<number> {
  return database.run(
    `update millrace.deployment set jobs = '{}' where generation in (
       select generation from millrace.deployment d
        where d.at < millrace.now() - $1 * interval '1 ms' and d.jobs <> '{}'
          and exists (select from millrace.deployment newer
                       where newer.generation > d.generation and newer.at < millrace.now() - $1 * interval '1 ms')
        order by generation limit ${DEPLOYMENTS_PER_STEP})`,
    [retentionMs],
  );
}
