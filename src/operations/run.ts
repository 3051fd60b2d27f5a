// run: plans what is due for some views, and has it performed with what was planned before.

import type { Actor } from '../core/actor.ts';
import type { Session } from '../postgres/session.ts';
import { lockPlanning } from '../state/locks.ts';
import { ALL_TIME, type Planned, planLocked } from '../state/planning/planning.ts';
import { openRunsOf } from '../state/runs/deliveries.ts';
import { type AppliedView, requireNotEdited, requireNotPaused } from '../state/views/views.ts';
import { inOneStep, type OperationDeps } from './operation.ts';
import { type Delivery, deliver, type Performer, requirePerformer } from './performers.ts';
import { watchedOptions } from './run-options.ts';
import { requirePresent, requireViews, withPartsOf } from './views.ts';

export type RunRequest = { readonly views: readonly string[]; readonly performer: Performer };

/** `runs` were planned now: none if nothing was due. */
export type ViewsRun = Planned & {
  /** The number of runs of the views that have not ended, including earlier ones. */
  readonly open: number;
  readonly delivery: Delivery;
};

/**
 * Plans what is due for all of the views, or for none. Incremental views run with their parts.
 *
 * @throws Failure NOT_FOUND, ARGUMENT_INVALID, VIEW_CHANGED, VIEW_PAUSED or WORKER_MISSING
 */
export async function runViews(
  deps: OperationDeps,
  actor: Actor,
  { views: names, performer }: RunRequest,
): Promise<ViewsRun> {
  const { undelivered, ...planned } = await inOneStep(
    deps,
    actor,
    {
      verb: 'run',
      subject: { views: names },
      request: { views: names },
      resultOf: ({ runs }: Planned) => ({ runs: runs.length }),
    },
    async (session) => {
      const views = await withPartsOf(session, await requireViews(session, names));
      views.forEach(requirePresent);
      views.forEach(requireNotEdited);
      views.forEach(requireNotPaused);
      const planned = await planAll(session, views);
      const ids = views.map(({ id }) => id);
      const { open, undelivered } = await openRunsOf(session, ids);
      if (open > 0) await requirePerformer(session, performer, open);
      return { ...planned, open, undelivered };
    },
  );
  return { ...planned, delivery: await deliver(deps, performer, undelivered) };
}

/** Plans the views in their order. Locks all of them first, in the order of all transactions. */
async function planAll(session: Session, views: readonly AppliedView[]): Promise<Planned> {
  for (const id of views.map(({ id }) => id).sort((a, b) => a - b)) await lockPlanning(session, id);
  const plans: Planned[] = [];
  for (const { id, view } of views) {
    const options = await watchedOptions(session, view);
    plans.push(await planLocked(session, id, { reason: 'manual', options, within: ALL_TIME }));
  }
  return { runs: plans.flatMap(({ runs }) => runs), left: plans.flatMap(({ left }) => left) };
}
