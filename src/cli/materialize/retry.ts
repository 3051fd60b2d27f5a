// millrace retry: failed or cancelled runs once more.

import type { App } from '../../app.ts';
import { retryRuns } from '../../operations/retry.ts';
import { counted } from '../../presentation/format.ts';
import { advanceBackfill, backfillsAfter } from '../../state/backfills/advance.ts';
import { runOverviews } from '../../state/queries/run-overview.ts';
import { addCommand, type Cli, end, wholeNumber } from '../command.ts';
import type { ExitCode } from '../exit.ts';
import { idArgument } from '../id-argument.ts';
import { type OpenProject, openProject, requireState } from '../open.ts';
import { actorOf, depsOf, performerOf, requireDelivered } from '../operator.ts';
import { type MaterializeOptions, perform, takeOver } from './materialize.ts';
import { PARALLEL } from './run.ts';

type RetryOptions = MaterializeOptions & { readonly allowRemovals: boolean };

export function addRetry(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'retry <run...>',
    summary: 'run again what failed or was cancelled',
    notes: [
      'A new run does what the failed one left undone, also for its backfill.',
      'To retry all that failed of a view: millrace backfill VIEW --mode failed',
    ],
    examples: ['retry 17', 'retry 17 18 --here'],
  })
    .option('--allow-removals', 'remove rows that the source no longer has, whatever removed_max says', false)
    .option('--here', 'this process does the work; needs no queue', false)
    .option('--parallel <n>', 'runs at once with --here', wholeNumber(1, 64), PARALLEL)
    .action((runs: string[], options: RetryOptions) => end(cli, retry(cli, runs, options)));
}

async function retry(cli: Cli, idTexts: readonly string[], options: RetryOptions): Promise<ExitCode> {
  const asked = [...new Set(idTexts.map((text) => idArgument(text, 'run')))];
  await using open = await openProject(cli, options);
  const { app } = open;
  const views = await takeOver(cli, open, await viewsOf(open, asked));
  const request = { runs: asked, allowRemovals: options.allowRemovals, performer: performerOf(options) };
  const { runs: ids, delivery } = await retryRuns(depsOf(app), actorOf(cli), request);
  requireDelivered(delivery);
  if (!options.json) cli.terminal.line(`${counted(ids.length, 'run')} planned: ${retried(asked, ids)}.`);
  const code = await perform(cli, app, ids, views, options);
  // Workers see to the backfills of what they perform.
  if (options.here) for (const run of ids) await advanceBackfillsAfter(app, run);
  return code;
}

/** Of those of the runs that there are. */
async function viewsOf({ app }: OpenProject, ids: readonly number[]): Promise<string[]> {
  await requireState(app);
  const runs = await runOverviews(app.database, { ids });
  return [...new Set(runs.map(({ view }) => view))];
}

async function advanceBackfillsAfter({ database }: App, run: number): Promise<void> {
  for (const { id } of await backfillsAfter(database, run)) await advanceBackfill(database, id);
}

/** `19 for 17, 20 for 18`. */
function retried(asked: readonly number[], ids: readonly number[]): string {
  return ids.map((id, index) => `${id} for ${asked[index]}`).join(', ');
}
