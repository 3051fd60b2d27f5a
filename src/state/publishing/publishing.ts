// The publish protocol in Postgres: who may publish a view, under which number, and what the online store then
// reflects.
//
// Publishing is serial per view. The lease names the publisher, on the database's clock; the publish number identifies
// the lease. A process that lost its lease without noticing cannot finish, because every statement compares both.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import type { FeatureView } from '../../definition/view.ts';
import type { Database } from '../../postgres/database.ts';
import { prepared } from '../../postgres/prepared.ts';
import { multirangeLiteral } from '../../postgres/range.ts';
import type { Session } from '../../postgres/session.ts';
import { eventsSql, recordEvent } from '../events.ts';
import { lockCoverage } from '../locks.ts';
import type { StoreIdentity } from './online-store.ts';
import type { PublishScope } from './publish-scope.ts';
import type { RebuildReason } from './rebuild-reasons.ts';

/** What a publisher holds and knows from its start. */
export type PublishLease = StoreIdentity & {
  readonly viewId: number;
  readonly owner: string;
  /** Greater than any earlier number of the view. */
  readonly number: number;
  /** The number that last finished. */
  readonly finishedNumber: number;
  /** The deployed definition, which determines ttl and features. */
  readonly view: FeatureView;
  readonly metaFingerprint: string;
  readonly rebuildReason: RebuildReason | null;
};

/**
 * Takes the view's publish lease and its next number; null if another publisher holds it.
 *
 * @throws Failure NOT_FOUND
 */
export async function takePublishLease(
  database: Database,
  viewId: number,
  owner: string,
  leaseMs: number,
): Promise<PublishLease | null> {
  const [taken] = await database.query<PublishLease>(
    prepared(`update millrace.view v
        set publish_number = publish_number + 1, publish_owner = $2,
            publish_until = millrace.now() + $3 * interval '1 millisecond'
       from millrace.online_store s
      where v.id = $1 and (publish_until is null or publish_until <= millrace.now())
     returning s.generation, s.server_run_id as "serverRunId", s.replication_id as "replicationId", v.id as "viewId", publish_owner as owner, publish_number as number,
               finished_publish_number as "finishedNumber", spec as view, meta_fingerprint as "metaFingerprint",
               rebuild_reason as "rebuildReason"`),
    [viewId, owner, leaseMs],
  );
  if (taken !== undefined) return taken;
  const [view] = await database.query('select 1 from millrace.view where id = $1', [viewId]);
  if (view !== undefined) return null;
  throw new Failure('NOT_FOUND', text`There is no view number ${safe(viewId)} to publish.`, { viewId });
}

/** The number of the view's publish that last started; 0 if there was none. */
export async function lastPublishNumber(database: Database | Session, view: string): Promise<number> {
  const [row] = await database.query<{ number: number }>(
    'select publish_number as number from millrace.view where name = $1',
    [view],
  );
  return row?.number ?? 0;
}

/** Extends the lease by `leaseMs` from now; false if another publisher has it. */
export async function renewPublishLease(database: Database, lease: PublishLease, leaseMs: number): Promise<boolean> {
  const renewed = await database.run(
    prepared(`update millrace.view set publish_until = millrace.now() + $4 * interval '1 millisecond'
      where id = $1 and publish_owner = $2 and publish_number = $3`),
    [lease.viewId, lease.owner, lease.number, leaseMs],
  );
  return renewed === 1;
}

/** Releases the lease unless another publisher has it, so that the next publisher need not wait for its end. */
export async function releasePublishLease(database: Database, lease: PublishLease): Promise<void> {
  await database.run(
    `update millrace.view set publish_owner = null, publish_until = null
      where id = $1 and publish_owner = $2 and publish_number = $3`,
    [lease.viewId, lease.owner, lease.number],
  );
}

/**
 * Records a finished publish and releases the lease, in one transaction. Its spans are published, except for those that
 * were committed again since its rows were read.
 *
 * @throws Failure LEASE_LOST if another publisher has the lease, ONLINE_UNAVAILABLE if the online store has a new
 *   generation: then nothing is recorded, and the spans are published again.
 */
export async function finishPublish(
  session: Session,
  lease: PublishLease,
  scope: PublishScope,
  generation: number,
): Promise<void> {
  await lockCoverage(session, lease.viewId);
  // The store is locked in shared mode, so that a new generation waits for us or is seen.
  const finished = await session.run(
    prepared(`with store as materialized (select generation from millrace.online_store for share)
     update millrace.view set finished_publish_number = $3, publish_owner = null, publish_until = null
       from store where id = $1 and publish_owner = $2 and publish_number = $3 and generation = $4`),
    [lease.viewId, lease.owner, lease.number, generation],
  );
  if (finished === 0) {
    await requireGeneration(session, generation);
    throw publishLeaseLost(lease);
  }
  if (scope.spans.length > 0) await recordPublished(session, lease, scope);
  if (scope.removedByRuns.length === 0) return;
  await session.run('delete from millrace.removed where view_id = $1 and run_id = any($2)', [
    lease.viewId,
    scope.removedByRuns,
  ]);
}

async function recordPublished(session: Session, lease: PublishLease, scope: PublishScope): Promise<void> {
  await session.run(
    prepared(`with done as (
       select $3::tstzmultirange - coalesce((
                select range_agg(committed) from millrace.event e, unnest(e.span) committed
                 where e.view_id = $1 and e.id > $4 and e.kind = 'covered'), '{}') as spans),
     recorded as (
       update millrace.coverage set published = published + done.spans * covered from done where view_id = $1)
     ${eventsSql(`select $1::bigint, null, 'published', done.spans, $2::bigint, null from done where not isempty(done.spans)`)}`),
    [lease.viewId, lease.number, multirangeLiteral(scope.spans), scope.newestCommit],
  );
}

/** Records a rebuild with its publish; the request is kept if it was repeated in the meantime. */
export async function recordRebuilt(session: Session, lease: PublishLease): Promise<void> {
  await session.run(
    `update millrace.view set rebuild_reason = null
      where id = $1 and meta_fingerprint = $2 and rebuild_reason is not distinct from $3`,
    [lease.viewId, lease.metaFingerprint, lease.rebuildReason],
  );
  const note = { kind: 'rebuilt', facts: { reason: lease.rebuildReason ?? 'command' } } as const;
  await recordEvent(session, { viewId: lease.viewId, kind: 'rebuilt', publishNumber: lease.number, note });
}

/**
 * A shared lock, so that a new generation waits for us or is seen. Order as everywhere: after `coverage`, before
 * `view`.
 */
async function requireGeneration(session: Session, generation: number): Promise<void> {
  const [store] = await session.query<{ generation: number }>('select generation from millrace.online_store for share');
  if (store?.generation === generation) return;
  throw new Failure(
    'ONLINE_UNAVAILABLE',
    text`The online store was flushed or replaced during a publish, so its views will be rebuilt.`,
    { generation, current: store?.generation ?? null },
  );
}

/** The failure of a publisher that was replaced because it was slow or stopped. */
export function publishLeaseLost(lease: PublishLease): Failure {
  return new Failure(
    'LEASE_LOST',
    text`Publish ${safe(lease.number)} of ${safe(lease.view.name)} has lost its lease. A later publish will finish the work.`,
    { view: lease.view.name, publishNumber: lease.number },
  );
}
