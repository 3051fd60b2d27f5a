// What the page of a view is made from.

import type { Database } from '../../postgres/database.ts';
import { deployedTicks } from '../../presentation/next-look.ts';
import { backfillOverviews } from '../../state/backfills/overview.ts';
import { intervalFacts } from '../../state/queries/interval-facts.ts';
import { newestRuns, runsPage } from '../../state/queries/runs-page.ts';
import { viewOverviews } from '../../state/queries/view-overview.ts';
import { retryableRuns } from '../../state/runs/retry.ts';
import { unquotedBackfills, unquotedFacts, unquotedListed, unquotedStatus } from '../redaction.ts';
import type { QueueStanding } from './queue-standing.ts';

/** Runs of one page. */
export const RUNS_SHOWN = 15;
const RUNS_PLOTTED = 100;
const BACKFILLS_SHOWN = 5;

export type ViewData = NonNullable<Awaited<ReturnType<typeof viewData>>> & { readonly queue: QueueStanding };

export async function viewData(database: Database, name: string, before: number | null) {
  const [found] = await viewOverviews(database, [name]);
  if (found === undefined) return null;
  const overview = unquotedStatus(found);
  const { redacted } = overview.view;
  const ticksOf = await deployedTicks(database);
  const facts = await intervalFacts(database, name);
  const runs = await runsPage(database, { view: name, state: null, before, limit: RUNS_SHOWN + 1 });
  return {
    status: { ...overview, ticks: overview.retired ? [] : ticksOf(overview.view) },
    facts: redacted ? unquotedFacts(facts) : facts,
    runs: redacted ? unquotedListed(runs, new Set([name])) : runs,
    before,
    plotted: (await newestRuns(database, [name], RUNS_PLOTTED)).get(name) ?? [],
    retryable: await retryableRuns(database, name),
    backfills: unquotedBackfills(
      await backfillOverviews(database, { view: name, limit: BACKFILLS_SHOWN }),
      new Set(redacted ? [name] : []),
    ),
  };
}
