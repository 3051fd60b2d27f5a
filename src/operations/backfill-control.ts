// backfill.pause, backfill.resume and backfill.cancel.

import type { Actor } from '../core/actor.ts';
import { advanceBackfill } from '../state/backfills/advance.ts';
import {
  type BackfillCancelled,
  type BackfillPaused,
  type BackfillResumed,
  cancelBackfill as cancelBackfillOf,
  pauseBackfill as pauseBackfillOf,
  resumeBackfill as resumeBackfillOf,
} from '../state/backfills/control.ts';
import { inOneStep, type OperationDeps } from './operation.ts';
import { type Delivery, deliver, type Performer, requirePerformer } from './performers.ts';

export type BackfillNamed = { readonly backfill: number };

/** @throws Failure as pauseBackfill of state */
export async function pauseBackfill(
  deps: OperationDeps,
  actor: Actor,
  request: BackfillNamed,
): Promise<BackfillPaused> {
  return inOneStep(
    deps,
    actor,
    { ...asked('backfill.pause', request), resultOf: (paused: BackfillPaused) => ({ ...paused }) },
    (session) => pauseBackfillOf(session, request.backfill),
  );
}

/** @throws Failure as cancelBackfill of state */
export async function cancelBackfill(
  deps: OperationDeps,
  actor: Actor,
  request: BackfillNamed,
): Promise<BackfillCancelled> {
  return inOneStep(
    deps,
    actor,
    { ...asked('backfill.cancel', request), resultOf: (cancelled: BackfillCancelled) => ({ ...cancelled }) },
    (session) => cancelBackfillOf(session, request.backfill),
  );
}

export type ResumeBackfillRequest = BackfillNamed & { readonly performer: Performer };

export type BackfillContinued = BackfillResumed & { readonly delivery: Delivery };

/**
 * Resumes a backfill. If workers perform it, plans its next chunks and hands them over, even if it was already running.
 *
 * @throws Failure as resumeBackfill of state, or WORKER_MISSING
 */
export async function resumeBackfill(
  deps: OperationDeps,
  actor: Actor,
  { backfill, performer }: ResumeBackfillRequest,
): Promise<BackfillContinued> {
  const { resumed, runs } = await inOneStep(
    deps,
    actor,
    {
      ...asked('backfill.resume', { backfill }),
      resultOf: (done: { readonly resumed: BackfillResumed }) => ({ ...done.resumed }),
    },
    async (session) => {
      const resumed = await resumeBackfillOf(session, backfill);
      await requirePerformer(session, performer, Math.max(1, resumed.chunks));
      return { resumed, runs: performer === 'workers' ? await advanceBackfill(session, backfill) : [] };
    },
  );
  return { ...resumed, delivery: await deliver(deps, performer, runs) };
}

function asked<V extends 'backfill.pause' | 'backfill.resume' | 'backfill.cancel'>(verb: V, request: BackfillNamed) {
  return { verb, subject: { backfill: request.backfill }, request: { backfill: request.backfill } };
}
