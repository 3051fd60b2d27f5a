// Publishing what runs have committed: the online store learns what the offline store now says.
//
// Rows come from the offline table, by row range, and the entities whose rows were removed by what is left of them. So
// a publish is correct for any later commits, and one publish may serve many runs.

import { difference, type Interval, union } from '../core/interval.ts';
import { hasIntervals } from '../definition/view.ts';
import {
  beginSnapshot,
  endSnapshot,
  findRowsByTime,
  holdsOtherRows,
  type NewestQuery,
  newestOfEntitiesWithin,
  newestOfSelected,
  newestWithin,
  type Rows,
  rowsOfRange,
  rowsOfRunIn,
  rowsOfRuns,
  rowsSince,
} from '../offline/newest.ts';
import type { Session } from '../postgres/session.ts';
import { rowRangeOf } from '../rows/row-range.ts';
import {
  type ChangedSpan,
  type Debt,
  endOtherPublishes,
  isEmptyScope,
  NO_SCOPE,
  type PublishScope,
  publishedBy,
  readDebt,
} from '../state/publishing/publish-scope.ts';
import { removedEntities } from '../state/runs/removed.ts';
import type { Run } from '../state/runs/run.ts';
import { shownNow } from '../state/views/complete.ts';
import { sameColumns } from '../state/views/value-feature.ts';
import type { PublisherOptions } from './lease.ts';
import { writePast } from './past.ts';
import { type Publication, type Published, performPublish, type ServedBefore, type WriteRows } from './publication.ts';
import { addWritten, NOTHING_WRITTEN, type Written } from './writing/guard.ts';
import { writeRows } from './writing/writer.ts';

/** A committed run; `span` is null for views of kind latest. */
export type CommittedRun = Pick<Run, 'id' | 'span'>;

/**
 * Publishes a committed run with all others of its view that workers hold, and the rows that any run of the view removed: of an
 * entity with rows in several of their spans, only the newest row is written. If another publish has served the run while it
 * waited for its turn, it writes nothing. Repeating it is harmless.
 *
 * Returns null if another publisher of the view took too long: the run's span stays in the debt.
 *
 * @throws Failure ONLINE_UNAVAILABLE, OFFLINE_UNAVAILABLE, LEASE_LOST, NOT_FOUND, or the reason of the signal.
 */
export async function publishRun(
  options: PublisherOptions & { readonly run: CommittedRun },
): Promise<Published | null> {
  const { id, span } = options.run;
  // A view of kind latest does not record what is published.
  if (span === null) return publishScope(options, (all) => ({ ...all, runs: [id], spans: [], changes: [] }));
  return publishScope(
    options,
    ({ held, ...all }) => {
      const due = new Set(held.map(({ runId }) => runId));
      return {
        ...all,
        runs: [...new Set([id, ...due])],
        spans: union(held.map((run) => run.span)),
        changes: all.changes.filter(({ runId }) => due.has(runId)),
      };
    },
    () => servedByOthers(options, { id, span }),
  );
}

async function servedByOthers(
  { database, viewId }: PublisherOptions,
  run: { readonly id: number; readonly span: Interval },
): Promise<Published | null> {
  const number = await publishedBy(database, viewId, run);
  return number === null ? null : { ...NO_SCOPE, number, counts: NOTHING_WRITTEN.counts };
}

/**
 * Publishes all that is covered and not published, and all removed rows, of one view; `runs` of the result are the
 * committed runs that it served. Null as with publishRun, or where there is no debt.
 *
 * @throws as publishRun
 */
export async function publishDebt(options: PublisherOptions): Promise<Published | null> {
  if (isEmptyScope(await readDebt(options.database, options.viewId))) return null;
  // A run that was published and not closed yet is no debt.
  return publishScope(options, (all) => ({ ...all, changes: all.changes.filter(({ span }) => isIn(span, all.spans)) }));
}

function isIn(span: Interval, spans: readonly Interval[]): boolean {
  return spans.some(({ start, end }) => start < span.end && span.start < end);
}

/** `run` is the one that the publish is for; none for a debt. */
function publishScope(
  options: PublisherOptions & { readonly run?: CommittedRun },
  choose: (debt: Debt) => PublishScope,
  servedBefore?: ServedBefore,
): Promise<Published | null> {
  const { database, viewId, online, run } = options;
  const write: WriteRows = (publication) =>
    database.session(async (session) => {
      const now = await beginSnapshot(session, publication.lease.view, {
        sameColumns: sameColumns(publication.lease.view),
        idleLimit: online.pace?.idleLimit,
      });
      if (hasIntervals(publication.lease.view.kind)) await findRowsByTime(session);
      const scope = choose(await readDebt(session, viewId, run?.id));
      const written = await writeScope(session, now, publication, scope);
      await endSnapshot(session);
      return { scope, written };
    }, publication.signal);
  return performPublish(options, { write, ...(servedBefore === undefined ? {} : { servedBefore }) });
}

async function writeScope(
  session: Session,
  now: string,
  publication: Publication,
  scope: PublishScope,
): Promise<Written> {
  const { lease, guard, signal } = publication;
  const query: NewestQuery = {
    session,
    view: lease.view,
    now,
    batchRows: guard.batchRows,
    shown: shownNow(lease.view),
  };
  const { newest, past } = await committedRows(query, lease.viewId, scope);
  let written = NOTHING_WRITTEN;
  // First: most entities of the past then have a key that says that their row is not the newest.
  if (newest !== null) written = await writeRows(guard, newestWithin(query, newest), 'guarded', signal);
  for (const rows of past) written = addWritten(written, await writePast(publication, query, rows));
  for (const change of scope.changes) written = addWritten(written, await writeChanges(publication, query, change));
  if (scope.removedByRuns.length === 0) return written;
  const removed = newestOfSelected(query, removedEntities(lease.viewId, scope.removedByRuns));
  return addWritten(written, await writeRows(guard, removed, 'forced', signal));
}

/**
 * Brings the entities up to date of which a run has changed rows. Each is looked up by the primary key, which costs
 * less than reading, and sending, what did not change.
 */
async function writeChanges(
  { guard, signal }: Publication,
  query: NewestQuery,
  { runId, span, rows }: ChangedSpan,
): Promise<Written> {
  if (rows === 0) return NOTHING_WRITTEN;
  return writeRows(guard, newestOfEntitiesWithin(query, rowsOfRunIn(span, runId), null), 'guarded', signal);
}

/** `newest`: each entity's newest row of these is its newest of all. `past`: it need not be. */
type CommittedRows = { readonly newest: Rows | null; readonly past: readonly Rows[] };

async function committedRows(
  query: NewestQuery,
  viewId: number,
  { runs, changes, ...scope }: PublishScope,
): Promise<CommittedRows> {
  const { kind } = query.view;
  if (!hasIntervals(kind)) {
    if (runs.length === 0) return { newest: null, past: [] };
    const rows = rowsOfRuns(runs);
    return (await holdsOtherRows(query, rows)) ? { newest: null, past: [rows] } : { newest: rows, past: [] };
  }
  const changed = changes.map(({ span }) => span);
  const spans = difference(scope.spans, changed);
  if (spans.length === 0) return { newest: null, past: [] };
  const rest = await endOtherPublishes(query.session, viewId, spans);
  const past = rest === null ? [] : spans.filter(({ start }) => start < rest);
  const [first, ...others] = spans.filter((span) => !past.includes(span)).map((span) => rowRangeOf(kind, span));
  const newest = first === undefined ? null : rowsSince(others.reduce((a, b) => (b.start < a.start ? b : a), first));
  return { newest, past: past.map((span) => rowsOfRange(rowRangeOf(kind, span))).reverse() };
}
