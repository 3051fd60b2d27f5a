// millrace run: materializes what is due for some views now.

import type { App } from '../../app.ts';
import { Failure } from '../../core/failure.ts';
import { runViews, type ViewsRun } from '../../operations/run.ts';
import { isoOf } from '../../presentation/format.ts';
import { viewsChanged } from '../../presentation/views/edit-sentence.ts';
import { heldSentence } from '../../presentation/views/held.ts';
import { leftSentence, nothingDueSentence } from '../../presentation/views/nothing-due.ts';
import { nextDue } from '../../state/planning/planning.ts';
import type { AppliedView } from '../../state/views/views.ts';
import { addCommand, type Cli, end, wholeNumber } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { openProject } from '../open.ts';
import { actorOf, depsOf, performerOf, requireDelivered } from '../operator.ts';
import { deployViews, type MaterializeOptions, overviewsOf, performOpen } from './materialize.ts';
import { runsJson } from './run-summary.ts';

/** The default number of parallel runs with `--here`. */
export const PARALLEL = 2;

export function addRun(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'run <view...>',
    summary: 'Materialize due intervals',
    notes: ['Exit codes: 0 all done or nothing due · 1 all failed · 2 some failed or waiting.'],
    examples: ['run customer_orders', 'run customer_orders customer_basket --here --parallel 4'],
  })
    .option('--here', 'Run in this process; safe while workers are running', false)
    .option('--parallel <n>', 'Execute this many runs at a time with --here', wholeNumber(1, 64), PARALLEL)
    .action((views: string[], options: MaterializeOptions) => end(cli, run(cli, views, options)));
}

async function run(cli: Cli, names: readonly string[], options: MaterializeOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  const { app } = open;
  const views = await deployViews(cli, open, names);
  // The scheduler does this before each tick.
  await app.lookForLateFiles(new AbortController().signal);
  const request = { views: names, performer: performerOf(options) };
  const planned = await runViews(depsOf(app), actorOf(cli), request).catch((thrown: unknown) => refuse(thrown, views));
  if (planned.open === 0) return await nothingDue(cli, app, views, options);
  if (!options.json) printLeft(cli, planned);
  requireDelivered(planned.delivery);
  // Awaited here: the stores close when this function returns.
  return await performOpen(cli, app, { views, restated: null }, options);
}

/** Throws the refusal; if views were edited, names each of them. */
function refuse(thrown: unknown, views: readonly AppliedView[]): never {
  const edited = views.filter((one) => one.edited !== null).map(({ view }) => view.name);
  throw thrown instanceof Failure && thrown.code === 'VIEW_CHANGED' && edited.length > 0
    ? viewsChanged(edited)
    : thrown;
}

function printLeft({ terminal }: Cli, { left }: ViewsRun): void {
  for (const one of left) terminal.line(leftSentence(one));
}

async function nothingDue(
  { terminal }: Cli,
  { database }: App,
  views: readonly AppliedView[],
  { json }: MaterializeOptions,
): Promise<ExitCode> {
  const named = views.filter(({ view }) => view.partsOf === undefined || views.length === 1);
  const nexts = await Promise.all(named.map((view) => nextDue(database, view)));
  if (json) {
    const next = named.map(({ view }, index) => ({ view: view.name, nextIntervalCloses: isoOf(nexts[index] ?? null) }));
    terminal.json({ ...runsJson([]), next });
    return DONE;
  }
  for (const [index, overview] of (await overviewsOf(database, named)).entries()) {
    terminal.line(nothingDueSentence(overview, nexts[index] ?? null));
    if (overview.held.count > 0) terminal.line(heldSentence(overview));
  }
  return DONE;
}
