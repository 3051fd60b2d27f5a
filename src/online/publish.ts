// Publishing what runs have committed: the online store learns what the offline store now says.
//
// Rows come from the offline table, by row range, and the entities whose rows were removed by what is left of them. So a
// publish is right whatever was committed since, and one publish may serve many runs.

import type { Interval } from '../core/interval.ts';
import {
  beginSnapshot,
  endSnapshot,
  type NewestQuery,
  newestInRange,
  newestOfRemoved,
  newestOfRuns,
} from '../offline/newest.ts';
import type { Session } from '../postgres/database.ts';
import type { RowBatch } from '../rows/batch.ts';
import { rowRangeOf } from '../rows/row-range.ts';
import { isEmptyScope, type PublishScope, readPublishScope } from '../state/publish-scope.ts';
import { addCounts, type GuardCounts, NO_ROWS } from './guard.ts';
import type { PublisherOptions } from './lease.ts';
import { type Publication, type Published, performPublish } from './publication.ts';
import { writeRows } from './writer.ts';

/** A committed run; `span` is null for views of kind latest. */
export type CommittedRun = { readonly id: number; readonly span: Interval | null };

/**
 * Publishes a committed run, and the rows that any run of its view removed. Repeating it is harmless.
 *
 * Returns null where another publisher of the view went on for too long: the run's span stays in the debt.
 *
 * @throws Failure ONLINE_UNAVAILABLE, OFFLINE_UNAVAILABLE, LEASE_LOST, NOT_FOUND, or the reason of the signal.
 */
export async function publishRun(
  options: PublisherOptions & { readonly run: CommittedRun },
): Promise<Published | null> {
  const { run } = options;
  return publishScope(options, (all) => ({ ...all, runs: [run.id], spans: run.span === null ? [] : [run.span] }));
}

/**
 * Publishes all that is covered and not published, and all removed rows, of one view; `runs` of the result are the
 * committed runs that it served. Null as with publishRun, or where there is no debt.
 *
 * @throws as publishRun
 */
export async function publishDebt(options: PublisherOptions): Promise<Published | null> {
  if (isEmptyScope(await readPublishScope(options.database, options.viewId, 'debt'))) return null;
  return publishScope(options, (all) => all);
}

function publishScope(
  options: PublisherOptions,
  choose: (debt: PublishScope) => PublishScope,
): Promise<Published | null> {
  return performPublish(options, (publication) =>
    options.database.session(async (session) => {
      const now = await beginSnapshot(session);
      const scope = choose(await readPublishScope(session, options.viewId, 'debt'));
      const counts = await writeScope(session, now, publication, scope);
      await endSnapshot(session);
      return { scope, counts };
    }, publication.signal),
  );
}

async function writeScope(
  session: Session,
  now: string,
  { lease, guard, signal }: Publication,
  scope: PublishScope,
): Promise<GuardCounts> {
  const query: NewestQuery = { session, view: lease.view, now, batchRows: guard.batchRows };
  let counts = NO_ROWS;
  for (const rows of committedRows(query, scope)) {
    counts = addCounts(counts, await writeRows(guard, rows, 'guarded', signal));
  }
  if (scope.removedByRuns.length === 0) return counts;
  const rows = newestOfRemoved(query, lease.viewId, scope.removedByRuns);
  return addCounts(counts, await writeRows(guard, rows, 'forced', signal));
}

/** One stream after the other: a session reads one at a time. */
function* committedRows(query: NewestQuery, scope: PublishScope): Generator<AsyncGenerator<RowBatch>> {
  const { kind } = query.view;
  if (kind === 'latest') {
    if (scope.runs.length > 0) yield newestOfRuns(query, scope.runs);
    return;
  }
  for (const span of scope.spans) yield newestInRange(query, rowRangeOf(kind, span));
}
