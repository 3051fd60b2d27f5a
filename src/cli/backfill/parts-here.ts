// The parts of an incremental view that the chunks of a backfill wait for, performed by this process.

import type { App } from '../../app.ts';
import { partsOf, planParts, rangeOfParts } from '../../operations/parts.ts';
import { backfillOptions } from '../../state/backfills/row.ts';
import { hasRestatementLeft } from '../../state/planning/backlog.ts';
import { planBacklog } from '../../state/planning/plan-backlog.ts';
import { ALL_TIME, type TimeRange } from '../../state/planning/planning.ts';
import { runOverviews } from '../../state/queries/run-overview.ts';
import type { RunOptions } from '../../state/runs/run.ts';
import { isOver, STATES } from '../../state/runs/states.ts';
import { type AppliedView, requireAppliedView } from '../../state/views/views.ts';
import { performHere } from '../materialize/perform-here.ts';
import { requireBackfill } from './follow.ts';

/** How many older runs make room for those of the range before the range is planned again. */
const OLDER_RUNS_PER_ROUND = 1_000;

type Work = { readonly parallel: number; readonly signal: AbortSignal };

/**
 * Performs the parts in the windows of a backfill: those that are planned, also by a tick or a stopped command, and then those
 * that did not fit, one round at a time. If other open runs of the parts leave no room, it performs the oldest of these. Without
 * workers, no other process does. A restatement is planned oldest first, so its parts before the windows are performed, too.
 * Nothing for other views.
 */
export async function performPartsHere(app: App, id: number, work: Work): Promise<void> {
  const { database } = app;
  const { view, range } = await requireBackfill(app, id);
  const asked = { view, range: { from: range.start, to: range.end }, options: await backfillOptions(database, id) };
  for (let isMore = true; isMore && !work.signal.aborted; ) {
    const applied = await requireAppliedView(database, view);
    const parts = await partsOf(database, applied);
    if (parts === null) return;
    const isLeft = await planMore(app, { applied, parts }, asked);
    const runs = await openRuns(app, parts, rangeOfParts(applied, asked.range));
    let ended = await perform(app, runs, work);
    if (isLeft && ended === 0) ended = await makeRoom(app, parts, work);
    isMore = isLeft && ended > 0;
  }
}

type Views = { readonly applied: AppliedView; readonly parts: AppliedView };

/** Plans what there is room for, and returns whether something in the windows is left. Nothing for a paused view. */
async function planMore(
  { database }: App,
  { applied, parts }: Views,
  { range, options }: { readonly range: TimeRange; readonly options: RunOptions },
): Promise<boolean> {
  if (parts.pause !== null) return false;
  const { left } = await database.transaction((session) => planParts(session, applied, range, options));
  // Parts that are read again are planned only with the options of their restatement.
  const isRestated = () => hasRestatementLeft(database, parts.id, rangeOfParts(applied, range));
  if (await isRestated()) await planBacklog(database, parts.id);
  return left.length > 0 || (await isRestated());
}

/** Performs older runs until at least one of them has ended. Returns the number of these. */
async function makeRoom(app: App, parts: AppliedView, work: Work): Promise<number> {
  const runs = await openRuns(app, parts, ALL_TIME);
  for (let at = 0; at < runs.length && !work.signal.aborted; at += OLDER_RUNS_PER_ROUND) {
    const ended = await perform(app, runs.slice(at, at + OLDER_RUNS_PER_ROUND), work);
    if (ended > 0) return ended;
  }
  return 0;
}

/** Oldest first. */
async function openRuns({ database }: App, { view }: AppliedView, within: TimeRange): Promise<number[]> {
  const open = await runOverviews(database, { view: view.name, states: STATES.open, within });
  return open.toReversed().map(({ id }) => id);
}

/** Returns the number of runs that ended; the others wait. */
async function perform(app: App, runs: readonly number[], work: Work): Promise<number> {
  let ended = 0;
  await performHere(app, runs, {
    ...work,
    onEnd: (run) => {
      if (isOver(run)) ended += 1;
    },
  });
  return ended;
}
