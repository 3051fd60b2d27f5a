// run: plans what is due for a view, for the workers.

import type { Actor } from '../core/actor.ts';
import { lockPlanning } from '../state/locks.ts';
import { ALL_TIME, planLocked } from '../state/planning/planning.ts';
import { requireNotRetired } from '../state/views/pause.ts';
import { requireNotEdited, requireNotPaused } from '../state/views/views.ts';
import { inOneStep, type OperationDeps } from './operation.ts';
import { type Delivery, deliver, requirePerformer } from './performers.ts';
import { watchedOptions } from './run-options.ts';
import { requireView, withPartsOf } from './views.ts';

/** `runs` is empty if nothing was due. */
export type ViewRun = { readonly runs: readonly number[]; readonly delivery: Delivery };

/** @throws Failure NOT_FOUND, ARGUMENT_INVALID, VIEW_CHANGED, VIEW_PAUSED or WORKER_MISSING */
export async function runView(
  deps: OperationDeps,
  actor: Actor,
  { view }: { readonly view: string },
): Promise<ViewRun> {
  const runs = await inOneStep(
    deps,
    actor,
    {
      verb: 'run',
      subject: { views: [view] },
      request: { view },
      resultOf: (planned: readonly number[]) => ({ runs: planned.length }),
    },
    async (session) => {
      const applied = await requireView(session, view);
      requireNotRetired(applied);
      requireNotEdited(applied);
      requireNotPaused(applied);
      const all = await withPartsOf(session, [applied]);
      all.forEach(requireNotPaused);
      for (const id of all.map(({ id }) => id).sort((a, b) => a - b)) await lockPlanning(session, id);
      const planned: number[] = [];
      for (const { id, view: one } of all) {
        const options = await watchedOptions(session, one);
        planned.push(...(await planLocked(session, id, { reason: 'manual', options, within: ALL_TIME })).runs);
      }
      if (planned.length > 0) await requirePerformer(session, 'workers', planned.length);
      return planned;
    },
  );
  return { runs, delivery: await deliver(deps, 'workers', runs) };
}
