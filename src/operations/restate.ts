// restate: reads stored units again and releases held ones.

import type { Actor } from '../core/actor.ts';
import { Failure } from '../core/failure.ts';
import { text } from '../core/message.ts';
import { hasIntervals } from '../definition/view.ts';
import type { Session } from '../postgres/session.ts';
import type { TimeRange } from '../state/planning/planning.ts';
import { hasPast } from '../state/views/coverage.ts';
import { type Restated, restate as restateOf, wholeUnits } from '../state/views/edit.ts';
import { kindOf, updateOf } from '../state/views/no-intervals.ts';
import { type AppliedView, requireNotEdited, requireNotPaused } from '../state/views/views.ts';
import { inOneStep, type OperationDeps } from './operation.ts';
import { partsOf, rangeOfParts, restateParts } from './parts.ts';
import { type Delivery, deliver, type Performer, requirePerformer } from './performers.ts';
import { rangeFacts, requireForwards } from './ranges.ts';
import { watchedOptions } from './run-options.ts';
import { requirePresent, requireView } from './views.ts';

export type RestateRequest = {
  readonly view: string;
  readonly range: TimeRange;
  /** Allows removing rows that the source no longer has, beyond removed_max. */
  readonly allowRemovals: boolean;
  readonly performer: Performer;
};

export type ViewRestated =
  /** Nothing is stored or held in the range. */
  | { readonly kind: 'nothing' }
  /** `range` is in whole units; of an incremental view, with the windows that begin before it. */
  | (Restated & { readonly kind: 'restated'; readonly range: TimeRange; readonly delivery: Delivery });

/** @throws Failure NOT_FOUND, ARGUMENT_INVALID, VIEW_CHANGED, VIEW_PAUSED or WORKER_MISSING */
export async function restate(deps: OperationDeps, actor: Actor, request: RestateRequest): Promise<ViewRestated> {
  const { view: name, range, allowRemovals, performer } = request;
  const done = await inOneStep(
    deps,
    actor,
    {
      verb: 'restate',
      subject: { views: [name] },
      request: { view: name, ...rangeFacts(range), allowRemovals },
      resultOf: ({ restated }: { readonly restated: Restated | null }) => ({
        staleUnits: restated?.staleUnits ?? 0,
        releasedUnits: restated?.releasedUnits ?? 0,
        runs: restated?.runs.length ?? 0,
      }),
    },
    async (session) => {
      requireForwards(range);
      const applied = await requireView(session, name);
      requireRestatable(applied);
      const whole = wholeUnits(range, applied.view.unitMs);
      if (!(await hasPastOrParts(session, applied, whole))) return { restated: null, whole };
      await requirePerformer(session, performer, 1);
      const options = { ...(await watchedOptions(session, applied.view)), allowRemovals };
      const parts = await restateParts(session, applied, whole, options);
      const restated = await restateOf(session, applied, range, options);
      return {
        restated: {
          ...restated,
          releasedUnits: parts.releasedUnits + restated.releasedUnits,
          runs: [...parts.runs, ...restated.runs],
          left: [...parts.left, ...restated.left],
        },
        whole: parts.range,
      };
    },
  );
  if (done.restated === null) return { kind: 'nothing' };
  const delivery = await deliver(deps, performer, done.restated.runs);
  return { kind: 'restated', ...done.restated, range: done.whole, delivery };
}

/** Parts whose first run has failed are held, and the units that are combined from them are neither stored nor held. */
async function hasPastOrParts(session: Session, applied: AppliedView, whole: TimeRange): Promise<boolean> {
  if (await hasPast(session, applied.id, whole)) return true;
  const parts = await partsOf(session, applied);
  return parts !== null && (await hasPast(session, parts.id, rangeOfParts(applied, whole)));
}

function requireRestatable(applied: AppliedView): void {
  const { name, kind } = applied.view;
  if (!hasIntervals(kind)) {
    const sentence = text`${kindOf(applied.view)}, which has no past to restate. ${updateOf(applied.view)}`;
    throw new Failure('ARGUMENT_INVALID', sentence, { view: name });
  }
  requirePresent(applied);
  requireNotEdited(applied);
  requireNotPaused(applied);
}
