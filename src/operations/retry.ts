// retry: a new run for each failed or cancelled one, over its span.

import type { Actor } from '../core/actor.ts';
import { retryRuns as retryRunsOf } from '../state/runs/retry.ts';
import { inOneStep, type OperationDeps } from './operation.ts';
import { type Delivery, deliver, type Performer, requirePerformer } from './performers.ts';

export type RetryRequest = {
  readonly runs: readonly number[];
  /** Rows that the source no longer has may be removed, whatever removed_max says. */
  readonly allowRemovals: boolean;
  readonly performer: Performer;
};

/** `runs` are the new ones, in the order of those that were asked for. */
export type RunsRetried = { readonly runs: readonly number[]; readonly delivery: Delivery };

/** All of them or none. @throws Failure as retryRuns of state, or WORKER_MISSING */
export async function retryRuns(deps: OperationDeps, actor: Actor, request: RetryRequest): Promise<RunsRetried> {
  const { runs: asked, allowRemovals, performer } = request;
  const runs = await inOneStep(
    deps,
    actor,
    {
      verb: 'retry',
      subject: { runs: asked },
      request: { runs: asked, allowRemovals },
      resultOf: (planned: readonly number[]) => ({ runs: planned }),
    },
    async (session) => {
      const planned: readonly number[] = await retryRunsOf(session, asked, allowRemovals ? { allowRemovals } : {});
      await requirePerformer(session, performer, planned.length);
      return planned;
    },
  );
  return { runs, delivery: await deliver(deps, performer, runs) };
}
