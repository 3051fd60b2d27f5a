// millrace backfill: materializes missing, held or all units of a view's past, in addition to its schedule.

import { InvalidArgumentError, Option } from 'commander';
import type { App } from '../../app.ts';
import type { FeatureView } from '../../definition/view.ts';
import {
  BACKFILL_DEFAULTS,
  planBackfill,
  proposeBackfill,
  requireConsistent,
  type StartRequest,
  startBackfill,
} from '../../operations/backfill-start.ts';
import { BACKFILL_MODES, type BackfillMode } from '../../plan/backfill.ts';
import { counted } from '../../presentation/format.ts';
import { viewsChanged } from '../../presentation/views/edit-sentence.ts';
import type { BackfillPlan } from '../../state/backfills/backfill.ts';
import { type AppliedView, viewChange } from '../../state/views/views.ts';
import { addCommand, type Cli, type CommonOptions, end, instantOption, wholeNumber } from '../command.ts';
import { DONE, ERROR, type ExitCode } from '../exit.ts';
import { isConfirmed } from '../is-confirmed.ts';
import { deployViews } from '../materialize/materialize.ts';
import { type OpenProject, openProject, requireApplied, requireDefined } from '../open.ts';
import { actorOf, depsOf, requireDelivered } from '../operator.ts';
import { stopOnSignals } from '../signals.ts';
import { nothingToDo, planJson, planLines } from './plan.ts';
import { type RequestOptions, requestOf, requireWorkerOrHere } from './request.ts';
import { resumeAndFollow } from './watch.ts';

type BackfillOptions = CommonOptions &
  RequestOptions & {
    readonly dryRun: boolean;
    readonly detach: boolean;
    readonly here: boolean;
    readonly yes: boolean;
  };

export function addBackfill(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'backfill <view>',
    summary: 'Materialize missing, held or all past units',
    examples: ['backfill customer_orders --from 2026-09-01 --mode all --dry-run'],
  })
    .option('--from <time>', 'Start at this time (default: the start of the view)', instantOption)
    .option('--to <time>', 'Stop before this time (default: the frontier)', instantOption)
    .addOption(modeOption())
    .option('--newest-first', 'Start with the newest chunks', false)
    .option('--chunk <duration>', 'Cover this much time per run (default: as scheduled)')
    .option(
      '--parallel <n>',
      'Run up to this many chunks at the same time',
      wholeNumber(1, 64),
      BACKFILL_DEFAULTS.parallel,
    )
    .option('--allow-removals', 'Remove rows missing from the source; ignore removed_max', false)
    .option('--dry-run', 'Print what would run, without running it', false)
    .option('--detach', 'Start the backfill without watching it', false)
    .option('--here', 'Run in this process; safe while workers are running', false)
    .option('--yes', 'Do not ask for confirmation', false)
    .action((view: string, options: BackfillOptions) => end(cli, backfill(cli, view, options)));
}

function modeOption(): Option {
  return new Option('--mode <mode>', 'Run missing units, failed (held) ones, or all')
    .default('missing')
    .argParser((text): BackfillMode => {
      const mode = BACKFILL_MODES.find((one) => one === text);
      if (mode !== undefined) return mode;
      throw new InvalidArgumentError('Expected missing, failed or all.');
    });
}

async function backfill(cli: Cli, name: string, options: BackfillOptions): Promise<ExitCode> {
  requireConsistent({ range: { from: options.from ?? null, to: options.to ?? null }, ...options });
  requireWorkerOrHere(options);
  await using open = await openProject(cli, options);
  const { view } = await appliedOf(cli, open, name, options);
  const asked = { view, request: requestOf(view, options) };
  // Awaited here: the stores close when this function returns.
  return await (options.dryRun ? dryRun(cli, open.app, asked, options) : start(cli, open.app, asked, options));
}

type Asked = { readonly view: FeatureView; readonly request: StartRequest };

async function dryRun(cli: Cli, app: App, asked: Asked, options: BackfillOptions): Promise<ExitCode> {
  const { request } = asked;
  const plan = await planBackfill(app, request);
  const report = show(cli, asked, plan, options);
  if (plan.units === 0) return report(await nothingToDo(app, request, plan));
  return report(`${counted(plan.chunks.length, 'chunk')} would run.`);
}

async function start(cli: Cli, app: App, asked: Asked, options: BackfillOptions): Promise<ExitCode> {
  const { request } = asked;
  // Refused before asking, so that a confirmed backfill is not.
  const plan = await proposeBackfill(depsOf(app), actorOf(cli), request);
  const report = show(cli, asked, plan, options);
  if (plan.units === 0) return report(await nothingToDo(app, request, plan));
  if (!(await isConfirmed(cli, 'Start this backfill?', options))) {
    report('Nothing was started.');
    return ERROR;
  }
  using stop = stopOnSignals();
  const { backfill: id, delivery } = await startBackfill(depsOf(app), actorOf(cli), request);
  if (id === null) return report('Nothing to do: other runs have taken the remaining units.');
  if (!options.json) cli.terminal.line(`Resume it later with: millrace backfills resume ${id}`);
  requireDelivered(delivery);
  return await resumeAndFollow(cli, app, { id, reported: new Set(), signal: stop.signal }, options);
}

/** A dry run deploys nothing. @throws Failure VIEW_CHANGED if the view has an edit that is not deployed */
async function appliedOf(cli: Cli, open: OpenProject, name: string, { dryRun }: BackfillOptions): Promise<AppliedView> {
  if (!dryRun) await deployViews(cli, open, [name]);
  const [defined] = requireDefined(open.defined, [name]);
  const applied = await requireApplied(open.app, name);
  if (dryRun && defined !== undefined && viewChange(applied, defined) === 'edited') throw viewsChanged([name]);
  return applied;
}

/** Prints the plan. Returns a function that reports why nothing was started. */
function show(
  { terminal }: Cli,
  { view, request }: Asked,
  plan: BackfillPlan,
  { json }: BackfillOptions,
): (why: string) => ExitCode {
  if (!json) for (const line of planLines(view, request, plan)) terminal.line(line);
  return (why) => {
    if (json) terminal.json({ backfill: null, plan: planJson(view, request, plan), why });
    else terminal.line(why);
    return DONE;
  };
}
