// Requests to the scheduler and the worker, and waiting for their results.

import { systemClock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { EpochMs } from '../core/instant.ts';
import { recordOf } from '../core/keys.ts';
import { type RunOverview, runOverviews } from '../state/queries/run-overview.ts';
import { type ViewOverview, viewOverviews } from '../state/queries/view-overview.ts';
import { DEFAULT_RUN_OPTIONS } from '../state/runs/run.ts';
import { restate } from '../state/views/edit.ts';
import { requireAppliedView } from '../state/views/views.ts';
import type { World } from './world.ts';

const POLL_MS = 50;
/** Several times what a slow laptop needs that does other work as well. */
const TIMEOUT_MS = 300_000;

/** Ticks each job, as cron does; returns the number of runs that the scheduler planned. */
export async function tickAll({ project, queues }: World): Promise<number> {
  const ticks = await Promise.all(
    project.jobs.map((job) => queues.exchange(() => queues.tick.add(job.name, { job: job.name }))),
  );
  let runs = 0;
  for (const tick of ticks) {
    await waitFor(
      `the tick of ${tick.name}`,
      async () => (await queues.tick.getJobState(tick.id ?? '')) === 'completed',
    );
    const done = await queues.tick.getJob(tick.id ?? '');
    runs += (done?.returnvalue as { runs: number } | undefined)?.runs ?? 0; // what a tick returns
  }
  return runs;
}

/** Resolves when everything due at the time of the call is stored and published. @throws Failure BUG naming the views behind. */
export async function everythingMaterialized({ app }: World): Promise<ViewOverview[]> {
  const frontiers = new Map((await viewOverviews(app.database)).map((one) => [one.view.name, one.frontier]));
  let overviews: ViewOverview[] = [];
  const isBehind = (one: ViewOverview) => !isUpToDate(one, frontiers.get(one.view.name) ?? null);
  await waitFor(
    'everything due to be materialized',
    async () => {
      overviews = await viewOverviews(app.database);
      for (const { held, view, lastFailure } of overviews) {
        expect(held.count === 0, `${view.name} is held: ${lastFailure?.message}`);
      }
      return !overviews.some(isBehind);
    },
    () => overviews.filter(isBehind).map(({ view }) => view.name),
  );
  return overviews;
}

function isUpToDate(one: ViewOverview, frontier: EpochMs | null): boolean {
  if (one.openRuns > 0 || one.unpublished.count > 0 || one.stale.count > 0 || one.rebuildReason !== null) return false;
  return one.watermark !== null && (frontier === null || one.watermark >= frontier);
}

/** Reads a span of a view again, through the queue and the worker; returns the closed runs, oldest first. */
export async function readAgain(
  { app }: World,
  view: string,
  range: { from: EpochMs; to: EpochMs },
): Promise<RunOverview[]> {
  const applied = await requireAppliedView(app.database, view);
  const { runs: ids } = await restate(app.database, applied, range, DEFAULT_RUN_OPTIONS);
  await app.deliver(ids);
  let runs: RunOverview[] = [];
  await waitFor(`${view} to be read again`, async () => {
    runs = (await runOverviews(app.database, { ids })).toReversed();
    return runs.every(({ closedAt }) => closedAt !== null);
  });
  return runs;
}

/** Resolves as soon as `condition` holds. @throws Failure BUG after two minutes. */
export async function waitFor(
  what: string,
  condition: () => Promise<boolean>,
  details: () => readonly string[] = () => [],
): Promise<void> {
  const deadline = systemClock.monotonicMs() + TIMEOUT_MS;
  while (!(await condition())) {
    if (systemClock.monotonicMs() > deadline) {
      const why = details().length === 0 ? '' : `: ${details().join('; ')}`;
      throw new Failure('BUG', `Timed out after ${TIMEOUT_MS / 1_000} s waiting for ${what}${why}.`);
    }
    await systemClock.sleep(POLL_MS);
  }
}

/** A condition that the quickstart requires; `problem` describes its failure. @throws Failure BUG */
export function expect(holds: boolean, problem: string): void {
  if (!holds) throw new Failure('BUG', `A guarantee does not hold: ${problem.replace(/\.$/, '')}.`);
}

type Counts = Pick<RunOverview['counts'], 'read' | 'inserted' | 'changed' | 'unchanged' | 'duplicates' | 'removed'>;

/** The summed counts of runs. @throws Failure BUG if one is not done */
export function sumOf(runs: readonly RunOverview[]): Counts {
  const failed = runs.find(({ state }) => state !== 'done');
  expect(failed === undefined, `run ${failed?.id} of ${failed?.view} is ${failed?.state}: ${failed?.error?.message}`);
  const sum = (name: keyof Counts) => runs.reduce((total, { counts }) => total + counts[name], 0);
  return recordOf(['read', 'inserted', 'changed', 'unchanged', 'duplicates', 'removed'], sum);
}
