// What Postgres believes about the online store as a whole: its generation, its server, and each view's publish numbers.

import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import type { RebuildReason } from './rebuild-reasons.ts';

export type ViewPublishing = {
  readonly id: number;
  readonly name: string;
  /** The number of the publish that last began. */
  readonly publishNumber: number;
  /** The number of the one that last finished. */
  readonly finishedNumber: number;
  /** Whether a publisher holds the view now. */
  readonly isLeased: boolean;
  readonly rebuildReason: RebuildReason | null;
};

/** Which life of the online store Postgres believes in, and on which server; null before the first one. */
export type StoreIdentity = {
  readonly generation: number;
  readonly serverRunId: string | null;
  readonly replicationId: string | null;
};

export type OnlineRecord = StoreIdentity & {
  /** By id. */
  readonly views: readonly ViewPublishing[];
};

/** Far beyond what a Postgres that was restored can have given out since its backup. */
const NUMBERS_SKIPPED = 1_000_000;

/** Reads the record. */
export async function readOnlineRecord(database: Database | Session): Promise<OnlineRecord> {
  return record(database, '');
}

/** Reads the record and keeps it as it is until the transaction ends: no publish begins or finishes meanwhile. */
export async function lockOnlineRecord(session: Session): Promise<OnlineRecord> {
  return record(session, 'for no key update');
}

async function record(database: Database | Session, lock: string): Promise<OnlineRecord> {
  const [store] = await database.query<StoreIdentity>(
    `select generation, server_run_id as "serverRunId", replication_id as "replicationId"
       from millrace.online_store ${lock}`,
  );
  const views = await database.query<ViewPublishing>(
    `select id, name, publish_number as "publishNumber", finished_publish_number as "finishedNumber",
            coalesce(publish_until > millrace.now(), false) as "isLeased", rebuild_reason as "rebuildReason"
       from millrace.view order by id ${lock}`,
  );
  return { generation: store?.generation ?? 0, serverRunId: null, replicationId: null, ...store, views };
}

/** Records a new generation of the store. */
export async function recordGeneration(
  session: Session,
  next: { generation: number; serverRunId: string; replicationId: string },
): Promise<void> {
  await session.run(
    `update millrace.online_store
        set generation = $1, server_run_id = $2, replication_id = $3, checked_at = millrace.now()`,
    [next.generation, next.serverRunId, next.replicationId],
  );
}

/** Records that views must be rebuilt; a reason that is there stays. */
export async function requestRebuild(
  database: Database | Session,
  viewIds: readonly number[],
  reason: RebuildReason,
): Promise<void> {
  await database.run('update millrace.view set rebuild_reason = coalesce(rebuild_reason, $2) where id = any($1)', [
    viewIds,
    reason,
  ]);
}

/** Takes views away from publishers whose lease has run out, so that they cannot finish late. */
export async function endExpiredLeases(session: Session, viewIds: readonly number[]): Promise<void> {
  await session.run(
    `update millrace.view set publish_owner = null, publish_until = null
      where id = any($1) and publish_until <= millrace.now()`,
    [viewIds],
  );
}

/**
 * Makes the next publish numbers of views greater than any that the store can hold. Publishers of before lose their
 * leases.
 */
export async function skipPublishNumbers(
  database: Database | Session,
  views: readonly { id: number; atLeast: number }[],
): Promise<void> {
  await database.run(
    `update millrace.view v
        set publish_number = greatest(publish_number, found.number) + $3, publish_owner = null, publish_until = null
       from unnest($1::bigint[], $2::bigint[]) found (id, number) where v.id = found.id`,
    [views.map((view) => view.id), views.map((view) => view.atLeast), NUMBERS_SKIPPED],
  );
}
