// millrace backfills pause, resume and cancel.

import type { Command } from 'commander';
import { cancelBackfill, pauseBackfill, resumeBackfill } from '../../operations/backfill-control.ts';
import { leftChunks } from '../../presentation/backfills/backfill-facts.ts';
import { counted } from '../../presentation/format.ts';
import { cancelledRunsTexts, cancelledTexts } from '../../presentation/views/pausing.ts';
import { isOpenBackfill } from '../../state/backfills/backfill-state.ts';
import type { BackfillOverview } from '../../state/backfills/overview.ts';
import { addCommand, type Cli, type CommandPage, type CommonOptions, end, wholeNumber } from '../command.ts';
import { DONE, ERROR, type ExitCode } from '../exit.ts';
import { idArgument } from '../id-argument.ts';
import { isConfirmed } from '../is-confirmed.ts';
import { deployViews } from '../materialize/materialize.ts';
import { PARALLEL } from '../materialize/run.ts';
import { type OpenProject, openProject, requireState } from '../open.ts';
import { actorOf, depsOf, performerOf, requireDelivered } from '../operator.ts';
import { stopOnSignals } from '../signals.ts';
import { closedEnds, findBackfill, requireBackfill } from './follow.ts';
import { requireWorkerOrHere } from './request.ts';
import { printResult, resultJson } from './result.ts';
import { type FollowOptions, resumeAndFollow } from './watch.ts';

type Control<Options> = (cli: Cli, open: OpenProject, id: number, options: Options) => Promise<ExitCode>;

export function addControls(cli: Cli, backfills: Command): void {
  addControl<CommonOptions>(cli, backfills, PAUSE, pause);
  addControl<FollowOptions>(cli, backfills, RESUME, resume)
    .option('--here', 'Run in this process; safe while workers are running', false)
    .option('--parallel <n>', 'Run this many chunks at a time with --here', wholeNumber(1, 64), PARALLEL)
    .option('--detach', 'Resume the backfill without watching it', false);
  addControl<CancelOptions>(cli, backfills, CANCEL, cancel).option('--yes', 'Do not ask for confirmation', false);
}

const PAUSE = {
  usage: 'pause <id>',
  summary: 'Pause a backfill; no new chunks start',
  examples: ['backfills pause 7'],
};

const RESUME = {
  usage: 'resume <id>',
  summary: 'Resume or watch a backfill; retry its failed chunks',
  notes: [
    "Runs the backfill's waiting, failed and cancelled chunks, or watches the",
    'backfill if it is already running.',
    'Ctrl-C stops watching; the backfill keeps running.',
    'Exit codes: 0 done · 2 some chunks failed · 3 refused.',
  ],
  examples: ['backfills resume 7', 'backfills resume 7 --here'],
};

const CANCEL = {
  usage: 'cancel <id>',
  summary: 'Cancel a backfill; stored rows are kept',
  notes: ['A cancelled backfill can be resumed.'],
  examples: ['backfills cancel 7'],
};

/** A command about one backfill. */
function addControl<Options extends CommonOptions>(
  cli: Cli,
  backfills: Command,
  page: CommandPage,
  control: Control<Options>,
): Command {
  return addCommand(backfills, page).action(
    (idText: string, _options: Options, command: { optsWithGlobals(): Options }) => {
      const perform = async () => {
        const id = idArgument(idText, 'backfill');
        // Options before the subcommand are parsed by "backfills".
        const options = command.optsWithGlobals();
        await using open = await openProject(cli, options);
        await requireState(open.app);
        return await control(cli, open, id, options);
      };
      return end(cli, perform());
    },
  );
}

async function pause(cli: Cli, { app }: OpenProject, id: number, options: CommonOptions): Promise<ExitCode> {
  const { changed, runs } = await pauseBackfill(depsOf(app), actorOf(cli), { backfill: id });
  const now = await requireBackfill(app, id);
  if (options.json) cli.terminal.json(await resultJson(app, now));
  else if (!changed) cli.terminal.line(`backfill ${id} is already paused.`);
  else if (now.state !== 'paused') printResult(cli.terminal, now);
  else printPaused(cli, now, runs);
  return DONE;
}

function printPaused({ terminal }: Cli, now: BackfillOverview, withdrawn: readonly number[]): void {
  const { id, chunks } = now;
  terminal.line({ style: 'yellow', text: 'paused' }, `  backfill ${id}: ${counted(leftChunks(now), 'chunk')} left`);
  for (const text of cancelledRunsTexts(withdrawn)) terminal.line(`  ${text}.`);
  if (chunks.running > 0) terminal.line(`  ${counted(chunks.running, 'running chunk')} will finish.`);
  terminal.line(`  Resume it with: millrace backfills resume ${id}`);
}

async function resume(cli: Cli, open: OpenProject, id: number, options: FollowOptions): Promise<ExitCode> {
  requireWorkerOrHere(options);
  const { app } = open;
  const before = await findBackfill(app, id);
  if (before !== null) await deployViews(cli, open, [before.view]);
  const reported = await closedEnds(app, id);
  using stop = stopOnSignals();
  const request = { backfill: id, performer: performerOf(options) };
  const { changed, chunks, delivery } = await resumeBackfill(depsOf(app), actorOf(cli), request);
  if (!options.json) {
    const left = `${counted(chunks, 'chunk')} to do`;
    const which = `backfill ${id} of ${before?.view ?? ''}`;
    cli.terminal.line(changed ? `Resumed ${which}: ${left}.` : `${which}: ${left}.`);
  }
  requireDelivered(delivery);
  return await resumeAndFollow(cli, app, { id, reported, signal: stop.signal }, options);
}

type CancelOptions = CommonOptions & { readonly yes: boolean };

async function cancel(cli: Cli, { app }: OpenProject, id: number, options: CancelOptions): Promise<ExitCode> {
  if (!(await mayCancel(cli, await findBackfill(app, id), options))) {
    cli.terminal.line('Nothing was cancelled.');
    return ERROR;
  }
  const { changed, runs, committed } = await cancelBackfill(depsOf(app), actorOf(cli), { backfill: id });
  const now = await requireBackfill(app, id);
  if (options.json) cli.terminal.json(await resultJson(app, now));
  else if (!changed) cli.terminal.line(`backfill ${id} is already cancelled.`);
  else {
    const stored = `${now.chunks.done} of ${counted(now.chunks.total, 'chunk')}`;
    cli.terminal.line({ style: 'yellow', text: 'cancelled' }, `  backfill ${id}: ${stored} done; stored rows are kept`);
    for (const text of cancelledTexts(runs, committed)) cli.terminal.line(`  ${text}`);
    cli.terminal.line(`  To resume it: millrace backfills resume ${id}`);
  }
  return DONE;
}

/** A backfill that has ended needs no confirmation: cancelling it is refused anyway. */
async function mayCancel(cli: Cli, before: BackfillOverview | null, options: CancelOptions): Promise<boolean> {
  if (before === null || !isOpenBackfill(before.state)) return true;
  const question = `Cancel backfill ${before.id} of ${before.view}, with ${counted(leftChunks(before), 'chunk')} left?`;
  return await isConfirmed(cli, question, options);
}
