// millrace retry: retries failed or cancelled runs.

import type { App } from '../../app.ts';
import { Failure } from '../../core/failure.ts';
import { command, text } from '../../core/message.ts';
import { type FailedRetriedBy, retryFailed, retryRuns } from '../../operations/retry.ts';
import { counted } from '../../presentation/format.ts';
import { advanceBackfill, backfillsAfter } from '../../state/backfills/advance.ts';
import { runOverviews } from '../../state/queries/run-overview.ts';
import { type AppliedView, appliedViews } from '../../state/views/views.ts';
import { addCommand, type Cli, collected, durationOption, end, wholeNumber } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { idArgument } from '../id-argument.ts';
import { type OpenProject, openProject, requireState } from '../open.ts';
import { actorOf, depsOf, performerOf, requireDelivered } from '../operator.ts';
import { deployViews, type MaterializeOptions, perform } from './materialize.ts';
import { PARALLEL } from './run.ts';
import { runsJson } from './run-summary.ts';

type RetryOptions = MaterializeOptions & {
  readonly allowRemovals: boolean;
  readonly acceptChecks: boolean;
  readonly failed: boolean;
  readonly source?: string;
  readonly code: readonly string[];
  readonly since?: number;
};

export function addRetry(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'retry [run...]',
    summary: 'Retry failed or cancelled runs',
    notes: ['--failed also resumes views that were paused because of these failures.'],
    examples: ['retry 17 18 --here', 'retry --failed tag:orders --since 2h'],
  })
    .option('--failed', 'Retry all failed runs, or those of the given views and tags', false)
    .option('--source <name>', 'With --failed: only views that read this source')
    .option('--code <code>', 'With --failed: only runs with this code; repeatable', collected, [])
    .option('--since <duration>', 'With --failed: only failures of the last 2h, 7d', durationOption)
    .option('--allow-removals', 'Remove rows missing from the source; ignore removed_max', false)
    .option('--accept-checks', 'Store the rows even if they fail the same checks again', false)
    .option('--here', 'Run in this process; safe while workers are running', false)
    .option('--parallel <n>', 'Execute this many runs at a time with --here', wholeNumber(1, 64), PARALLEL)
    .action((targets: string[], options: RetryOptions) =>
      end(cli, options.failed ? retryAllFailed(cli, targets, options) : retry(cli, targets, options)),
    );
}

async function retry(cli: Cli, idTexts: readonly string[], options: RetryOptions): Promise<ExitCode> {
  requireNoFilter(options);
  if (idTexts.length === 0) {
    const sentence = text`Specify run ids, or retry all failed runs: "${command('millrace retry --failed')}".`;
    throw new Failure('ARGUMENT_INVALID', sentence);
  }
  const asked = [...new Set(idTexts.map((idText) => idArgument(idText, 'run')))];
  await using open = await openProject(cli, options);
  const { app } = open;
  const views = await deployViews(cli, open, await viewsOf(open, asked));
  const { allowRemovals, acceptChecks } = options;
  const request = { runs: asked, allowRemovals, acceptChecks, performer: performerOf(options) };
  const { runs: ids, delivery } = await retryRuns(depsOf(app), actorOf(cli), request);
  requireDelivered(delivery);
  if (!options.json) cli.terminal.line(`${counted(ids.length, 'run')} planned: ${retried(asked, ids)}.`);
  return await performed(cli, app, { ids, views }, options);
}

async function retryAllFailed(cli: Cli, targets: readonly string[], options: RetryOptions): Promise<ExitCode> {
  if (options.acceptChecks) {
    const sentence = text`--accept-checks cannot be used with --failed. Review the values of each run, then specify the runs by id.`;
    throw new Failure('ARGUMENT_INVALID', sentence);
  }
  await using open = await openProject(cli, options);
  const { app } = open;
  await requireState(app);
  const { source = null, code: codes, since: sinceMs = null, allowRemovals } = options;
  const selection = { views: targets, source, all: targets.length === 0 && source === null };
  const request = { selection, codes, sinceMs, allowRemovals, performer: performerOf(options) };
  const planned = await retryFailed(depsOf(app), actorOf(cli), request);
  const { runs, resumed, hasMore, delivery } = planned;
  requireDelivered(delivery);
  const facts = { retried: runs.map(({ run, failed, view }) => ({ run, failed, view })), resumed, hasMore };
  if (runs.length === 0) {
    if (options.json) cli.terminal.json({ ...runsJson([]), ...facts });
    else cli.terminal.line('There are no failed runs to retry.');
    return DONE;
  }
  const names = [...new Set(runs.map(({ view }) => view))];
  if (!options.json) printPlanned(cli, planned, names.length);
  const views = (await appliedViews(app.database)).filter(({ view }) => names.includes(view.name));
  return await performed(cli, app, { ids: runs.map(({ run }) => run), views, facts }, options);
}

function printPlanned({ terminal }: Cli, { runs, resumed, hasMore }: FailedRetriedBy, views: number): void {
  const list = shortList(runs.map(({ run, failed }) => `${run} for ${failed}`));
  terminal.line(`${counted(runs.length, 'run')} planned in ${counted(views, 'view')}: ${list}.`);
  if (resumed.length > 0) terminal.line(`Resumed ${counted(resumed.length, 'view')}: ${shortList(resumed)}.`);
  if (hasMore) terminal.line('There are more failed runs. Run the command again when these have finished.');
}

type Planned = {
  readonly ids: readonly number[];
  readonly views: readonly AppliedView[];
  /** More keys of the JSON. */
  readonly facts?: object;
};

async function performed(cli: Cli, app: App, { ids, views, facts }: Planned, options: RetryOptions): Promise<ExitCode> {
  const code = await perform(cli, app, ids, views, options, facts);
  // Workers advance the backfills of their runs themselves.
  if (options.here) for (const run of ids) await advanceBackfillsAfter(app, run);
  return code;
}

function requireNoFilter({ source, code, since }: RetryOptions): void {
  if (source === undefined && code.length === 0 && since === undefined) return;
  throw new Failure('ARGUMENT_INVALID', text`--source, --code and --since require --failed.`);
}

/** The views of those runs that exist. */
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
  return shortList(ids.map((id, index) => `${id} for ${asked[index]}`));
}

const LISTED_MAX = 10;

function shortList(targets: readonly string[]): string {
  const more = targets.length - LISTED_MAX;
  return more > 0 ? `${targets.slice(0, LISTED_MAX).join(', ')} and ${more} more` : targets.join(', ');
}
