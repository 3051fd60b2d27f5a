// retry: a new run for each failed or cancelled one, over its span.

import type { Actor } from '../core/actor.ts';
import { type FailedFilter, failedRuns, retryRuns as retryRunsOf } from '../state/runs/retry.ts';
import { resumeView } from '../state/views/pause.ts';
import { inOneStep, type OperationDeps } from './operation.ts';
import { type Delivery, deliver, type Performer, requirePerformer } from './performers.ts';
import { selectViews, type ViewSelection } from './select-views.ts';

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

export type RetryFailedRequest = FailedFilter & {
  readonly selection: ViewSelection;
  readonly allowRemovals: boolean;
  readonly performer: Performer;
};

/** `asked` are the runs that failed, `runs` the new ones in the same order, `resumed` the views that their circuit had paused. */
export type FailedRetried = RunsRetried & {
  readonly asked: readonly number[];
  readonly resumed: readonly string[];
  readonly views: readonly string[];
};

/**
 * Retries the failed runs of many views at once, and resumes the views that paused because of them: what to do after an
 * outage. Failures for other reasons stay as they are. All of them or none.
 *
 * @throws Failure as selectViews, as retryRuns of state, or WORKER_MISSING
 */
export async function retryFailed(
  deps: OperationDeps,
  actor: Actor,
  { selection, codes, sinceMs, allowRemovals, performer }: RetryFailedRequest,
): Promise<FailedRetried> {
  const selected = await selectViews(deps.database, selection);
  const done = await inOneStep(
    deps,
    actor,
    {
      verb: 'retry',
      subject: { views: selected.map(({ view }) => view.name) },
      request: { ...selection, codes, sinceMs, allowRemovals },
      resultOf: ({ runs, resumed }: Omit<FailedRetried, 'delivery'>) =>
        runs.length === 0 ? null : { runs: [...runs], resumed: [...resumed] },
    },
    async (session) => {
      const failed = await failedRuns(
        session,
        selected.map(({ id }) => id),
        { codes, sinceMs },
      );
      const views = [...new Set(failed.map(({ view }) => view))];
      const resumed = [...new Set(failed.filter((run) => run.pausedByCircuit).map(({ view }) => view))];
      for (const view of resumed) await resumeView(session, view);
      const asked = failed.map(({ id }) => id);
      const runs = asked.length === 0 ? [] : await retryRunsOf(session, asked, allowRemovals ? { allowRemovals } : {});
      await requirePerformer(session, performer, runs.length);
      return { asked, runs, resumed, views };
    },
  );
  return { ...done, delivery: await deliver(deps, performer, done.runs) };
}
