// retry: plans a new run over the span of each failed or cancelled run.

import type { Actor } from '../core/actor.ts';
import { retryRuns as retryRunsOf } from '../state/runs/retry.ts';
import { type FailedFilter, type FailedRetried, retryFailedRuns } from '../state/runs/retry-failed.ts';
import { resumeView } from '../state/views/pause.ts';
import { inOneStep, type OperationDeps } from './operation.ts';
import { type Delivery, deliver, type Performer, requirePerformer } from './performers.ts';
import { selectViews, type ViewSelection } from './select-views.ts';
import { withPartsOf } from './views.ts';

export type RetryRequest = {
  readonly runs: readonly number[];
  /** Allows removing rows that the source no longer has, beyond removed_max. */
  readonly allowRemovals: boolean;
  /** Stores the rows even if they fail the checks that failed these runs. */
  readonly acceptChecks?: boolean;
  readonly performer: Performer;
};

/** `runs` are the new runs, in the order of the request. */
export type RunsRetried = { readonly runs: readonly number[]; readonly delivery: Delivery };

/** Retries all of them or none. @throws Failure as retryRuns of state, or WORKER_MISSING */
export async function retryRuns(deps: OperationDeps, actor: Actor, request: RetryRequest): Promise<RunsRetried> {
  const { runs: asked, allowRemovals, acceptChecks = false, performer } = request;
  const changes = { ...(allowRemovals ? { allowRemovals } : {}), ...(acceptChecks ? { acceptChecks } : {}) };
  const runs = await inOneStep(
    deps,
    actor,
    {
      verb: 'retry',
      subject: { runs: asked },
      request: { runs: asked, allowRemovals, ...changes },
      resultOf: (planned: readonly number[]) => ({ runs: planned }),
    },
    async (session) => {
      const planned: readonly number[] = await retryRunsOf(session, asked, changes);
      await requirePerformer(session, performer, planned.length);
      return planned;
    },
  );
  return { runs, delivery: await deliver(deps, performer, runs) };
}

export type RetryFailedRequest = FailedFilter & {
  readonly selection: ViewSelection;
  readonly allowRemovals: boolean;
  readonly performer: Performer;
};

/** `resumed` are the views that their circuit breaker had paused because of these failures. */
export type FailedRetriedBy = Omit<FailedRetried, 'circuits'> & {
  readonly resumed: readonly string[];
  readonly delivery: Delivery;
};

/**
 * Retries the failed runs of many views and of their parts, and resumes the views that were paused because of them. Runs that
 * failed for other reasons stay as they are.
 *
 * @throws Failure as selectViews, or WORKER_MISSING
 */
export async function retryFailed(
  deps: OperationDeps,
  actor: Actor,
  { selection, codes, sinceMs, allowRemovals, performer }: RetryFailedRequest,
): Promise<FailedRetriedBy> {
  const done = await inOneStep(
    deps,
    actor,
    {
      verb: 'retry',
      subject: { views: selection.views },
      request: { ...selection, codes, sinceMs, allowRemovals },
      subjectOf: ({ runs }: Omit<FailedRetriedBy, 'delivery'>) => ({
        views: [...new Set(runs.map(({ view }) => view))],
      }),
      resultOf: ({ runs, resumed }: Omit<FailedRetriedBy, 'delivery'>) =>
        runs.length === 0 ? null : { runs: runs.map(({ run }) => run), resumed },
    },
    async (session) => {
      const selected = await withPartsOf(session, await selectViews(session, selection));
      const changes = allowRemovals ? { allowRemovals } : {};
      const { circuits: resumed, ...retried } = await retryFailedRuns(session, selected, { codes, sinceMs }, changes);
      if (retried.runs.length > 0) await requirePerformer(session, performer, retried.runs.length);
      for (const view of resumed) await resumeView(session, view);
      return { ...retried, resumed };
    },
  );
  const ids = done.runs.map(({ run }) => run);
  return { ...done, delivery: await deliver(deps, performer, ids) };
}
