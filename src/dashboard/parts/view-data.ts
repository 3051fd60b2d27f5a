// The data of a view's page.

import type { EpochMs } from '../../core/instant.ts';
import { hasIntervals } from '../../definition/view.ts';
import type { Database } from '../../postgres/database.ts';
import { deployedTicks } from '../../presentation/next-run.ts';
import { type Drawn, requestedUnits, settledRange } from '../../presentation/views/intervals.ts';
import type { Status } from '../../presentation/views/status.ts';
import { backfillOverviews } from '../../state/backfills/overview.ts';
import { intervalFacts } from '../../state/queries/interval-facts.ts';
import { newestRuns, runsPage } from '../../state/queries/runs-page.ts';
import { unitSums } from '../../state/queries/unit-sums.ts';
import { viewOverviews } from '../../state/queries/view-overview.ts';
import { retryableRuns } from '../../state/runs/retry.ts';
import type { QueueStatus } from './queue-status.ts';
import { type Calendar, calendarOf } from './view-coverage.ts';

/** Runs per page. */
export const RUNS_SHOWN = 15;
const RUNS_PLOTTED = 100;
const BACKFILLS_SHOWN = 5;

export type ViewData = NonNullable<Awaited<ReturnType<typeof viewData>>> & { readonly queue: QueueStatus };

export async function viewData(
  database: Database,
  name: string,
  { before, day }: { before: number | null; day: EpochMs | null },
) {
  const [overview] = await viewOverviews(database, [name]);
  if (overview === undefined) return null;
  const ticksOf = await deployedTicks(database);
  const status = { ...overview, ticks: overview.retired ? [] : ticksOf(overview.view) };
  const runs = await runsPage(database, { view: name, state: null, before, limit: RUNS_SHOWN + 1 });
  return {
    status,
    ...(await drawnOf(database, status, day)),
    runs,
    before,
    plotted: (await newestRuns(database, [name], RUNS_PLOTTED)).get(name) ?? [],
    retryable: await retryableRuns(database, name),
    backfills: await backfillOverviews(database, { view: name, limit: BACKFILLS_SHOWN }),
  };
}

/** The calendar's data; null if the view has no settled time. */
async function drawnOf(
  database: Database,
  status: Status,
  day: EpochMs | null,
): Promise<{ drawn: Drawn | null; calendar: Calendar | null }> {
  const { view, ticks } = status;
  const range = !hasIntervals(view.kind) ? null : settledRange(status);
  if (range === null) return { drawn: null, calendar: null };
  const sums = await unitSums(database, requestedUnits(status, range));
  const facts = await intervalFacts(database, view.name, range);
  const drawn = { status, range, sums, facts: facts, ticks };
  return { drawn, calendar: await calendarOf(database, drawn, day) };
}
