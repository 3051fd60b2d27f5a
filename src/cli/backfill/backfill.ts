// millrace backfill: materializes missing, held or all units of a view's past, in addition to its schedule.

import { InvalidArgumentError, Option } from 'commander';
import { planBackfill, requireConsistent, startBackfill } from '../../operations/backfill-start.ts';
import { requirePerformer } from '../../operations/performers.ts';
import { BACKFILL_MODES, type BackfillMode } from '../../plan/backfill.ts';
import { counted } from '../../presentation/format.ts';
import { viewsChanged } from '../../presentation/views/edit-sentence.ts';
import { type AppliedView, viewChange } from '../../state/views/views.ts';
import { addCommand, type Cli, type CommonOptions, end, instantOption, wholeNumber } from '../command.ts';
import { DONE, ERROR, type ExitCode } from '../exit.ts';
import { isConfirmed } from '../is-confirmed.ts';
import { deployViews } from '../materialize/materialize.ts';
import { performHere } from '../materialize/perform-here.ts';
import { PARALLEL } from '../materialize/run.ts';
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
    .option('--to <time>', 'Stop before this time (default: the end of settled time)', instantOption)
    .addOption(modeOption())
    .option('--newest-first', 'Start with the newest chunks', false)
    .option('--chunk <duration>', 'Cover this much time per run (default: as scheduled)')
    .option('--parallel <n>', 'Run up to this many chunks at the same time', wholeNumber(1, 64), PARALLEL)
    .option('--allow-removals', 'Remove rows missing from the source, despite removed_max', false)
    .option('--dry-run', 'Print what would run; change nothing', false)
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
  const { app } = open;
  const applied = await appliedOf(cli, open, name, options);
  const request = requestOf(applied.view, options);
  const plan = await planBackfill(app, request);
  if (!options.json) for (const line of planLines(applied.view, request, plan)) cli.terminal.line(line);
  const report = reporter(cli, options, planJson(applied.view, request, plan));
  if (plan.units === 0) return report(await nothingToDo(app, request, plan));
  if (options.dryRun) return report(`${counted(plan.chunks.length, 'chunk')} would run.`);
  // Checked before asking, so that a confirmed backfill is not refused.
  await requirePerformer(app.database, request.performer, plan.chunks.length);
  if (!(await isConfirmed(cli, 'Start this backfill?', options))) {
    report('Nothing was started.');
    return ERROR;
  }
  using stop = stopOnSignals();
  const { backfill: id, parts, delivery } = await startBackfill(depsOf(app), actorOf(cli), request);
  if (id === null) return report('Nothing to do: other runs have already started on the remaining units.');
  if (!options.json) cli.terminal.line(`Resume it later with: millrace backfills resume ${id}`);
  requireDelivered(delivery);
  // The chunks of an incremental view wait for its parts.
  if (options.here)
    await performHere(app, parts, { signal: stop.signal, onEnd: () => undefined, parallel: options.parallel });
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

/** Reports why nothing was started. */
function reporter({ terminal }: Cli, { json }: BackfillOptions, plan: object): (why: string) => ExitCode {
  return (why) => {
    if (json) terminal.json({ backfill: null, plan, why });
    else terminal.line(why);
    return DONE;
  };
}
