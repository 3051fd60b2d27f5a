// The parts of an incremental view that the chunks of a backfill wait for, performed by this process.

import type { App } from '../../app.ts';
import { partsOf, rangeOfParts } from '../../operations/parts.ts';
import { planBacklog } from '../../state/planning/plan-backlog.ts';
import { runOverviews } from '../../state/queries/run-overview.ts';
import { STATES } from '../../state/runs/states.ts';
import { requireAppliedView } from '../../state/views/views.ts';
import { performHere } from '../materialize/perform-here.ts';
import { requireBackfill } from './follow.ts';

/**
 * Performs the open runs of these parts: those that were planned with the backfill, and those that a tick or a stopped command
 * planned before. Without workers, no other process does. Nothing for other views.
 */
export async function performPartsHere(
  app: App,
  id: number,
  { parallel, signal }: { readonly parallel: number; readonly signal: AbortSignal },
): Promise<void> {
  const { database } = app;
  const { view, range } = await requireBackfill(app, id);
  const applied = await requireAppliedView(database, view);
  const parts = await partsOf(database, applied);
  if (parts === null) return;
  const within = rangeOfParts(applied, { from: range.start, to: range.end });
  for (let isMore = true; isMore && !signal.aborted; ) {
    const open = await runOverviews(database, { view: parts.view.name, states: STATES.open, within });
    const oldestFirst = open.toReversed().map((run) => run.id);
    await performHere(app, oldestFirst, { parallel, signal, onEnd: () => undefined });
    // Those that did not fit before.
    isMore = (await planBacklog(database, parts.id)).runs.length > 0;
  }
}
