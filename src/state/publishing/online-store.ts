// What Postgres knows about the online store as a whole: its generation, its server, and the publish numbers of the
// views.

import type { Database } from '../../postgres/database.ts';
import type { Session } from '../../postgres/session.ts';
import type { RebuildReason } from './rebuild-reasons.ts';

export type ViewPublishing = {
  readonly id: number;
  readonly name: string;
  /** The number of the publish that last started. */
  readonly publishNumber: number;
  /** The number of the publish that last finished. */
  readonly finishedNumber: number;
  /** Whether a publisher holds the view now. */
  readonly isLeased: boolean;
  readonly rebuildReason: RebuildReason | null;
};

/** The expected generation of the online store and its server; null before the first. */
export type StoreIdentity = {
  readonly generation: number;
  readonly serverRunId: string | null;
  readonly replicationId: string | null;
};

export type OnlineRecord = StoreIdentity & {
  /** By id. */
  readonly views: readonly ViewPublishing[];
};

/** Far more than a restored Postgres can have assigned since its backup. */
const NUMBERS_SKIPPED = 1_000_000;

/** Reads the record. */
export async function readOnlineRecord(database: Database | Session): Promise<OnlineRecord> {
  return record(database, '');
}

/** Reads the record and locks it until the transaction ends: no publish starts or finishes in the meantime. */
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

/** Requests a rebuild of views; an earlier reason stays. Parts of incremental views are never online. */
export async function requestRebuild(
  database: Database | Session,
  viewIds: readonly number[],
  reason: RebuildReason,
): Promise<void> {
  await database.run(
    'update millrace.view set rebuild_reason = coalesce(rebuild_reason, $2) where id = any($1) and parts_of is null',
    [viewIds, reason],
  );
}

/** Ends expired leases, so that their publishers cannot finish late. */
export async function endExpiredLeases(session: Session, viewIds: readonly number[]): Promise<void> {
  await session.run(
    `update millrace.view set publish_owner = null, publish_until = null
      where id = any($1) and publish_until <= millrace.now()`,
    [viewIds],
  );
}

/**
 * Raises the next publish numbers of views above any that the store can contain. Earlier publishers lose their leases.
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
