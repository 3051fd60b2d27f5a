// millrace restate: reads stored units again and releases held ones.

import type { EpochMs } from '../../core/instant.ts';
import { requireForwards } from '../../operations/ranges.ts';
import { restate } from '../../operations/restate.ts';
import { counted } from '../../presentation/format.ts';
import { leftSentence } from '../../presentation/views/nothing-due.ts';
import type { Restated } from '../../state/views/edit.ts';
import { addCommand, type Cli, end, instantOption, wholeNumber } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { openProject } from '../open.ts';
import { actorOf, depsOf, performerOf, requireDelivered } from '../operator.ts';
import { deployViews, type MaterializeOptions, performOpen } from './materialize.ts';
import { PARALLEL } from './run.ts';
import { runsJson } from './run-summary.ts';

type RestateOptions = MaterializeOptions & {
  readonly from?: EpochMs;
  readonly to?: EpochMs;
  readonly allowRemovals: boolean;
};

export function addRestate(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'restate <view>',
    summary: 'Read stored units again; release held ones',
    notes: ['Readers keep getting the old rows until the new ones pass their checks.'],
    examples: ['restate customer_orders --from 2026-09-01 --to 2026-09-03', 'restate customer_spend_30d --here'],
  })
    .option('--from <time>', 'Start at this time (default: the start of the view)', instantOption)
    .option('--to <time>', 'Stop before this time (default: no limit)', instantOption)
    .option('--allow-removals', 'Remove rows missing from the source; ignore removed_max', false)
    .option('--here', 'Run in this process; safe while workers are running', false)
    .option('--parallel <n>', 'Execute this many runs at a time with --here', wholeNumber(1, 64), PARALLEL)
    .action((view: string, options: RestateOptions) => end(cli, restateView(cli, view, options)));
}

async function restateView(cli: Cli, name: string, options: RestateOptions): Promise<ExitCode> {
  const range = { from: options.from ?? null, to: options.to ?? null };
  requireForwards(range);
  await using open = await openProject(cli, options);
  const { app } = open;
  const views = await deployViews(cli, open, [name]);
  const request = { view: name, range, allowRemovals: options.allowRemovals, performer: performerOf(options) };
  const restated = await restate(depsOf(app), actorOf(cli), request);
  if (restated.kind === 'nothing') return nothingStored(cli, name, options);
  requireDelivered(restated.delivery);
  if (!options.json) print(cli, name, restated);
  // Awaited here: the stores close when this function returns.
  return await performOpen(cli, app, { views, restated: restated.range }, options);
}

function print({ terminal }: Cli, name: string, { staleUnits, releasedUnits, left }: Restated): void {
  const released = releasedUnits === 0 ? '' : `, ${counted(releasedUnits, 'held unit')} released`;
  terminal.line(`${name}: ${counted(staleUnits, 'stored unit')} will be read again${released}.`);
  for (const one of left) terminal.line(leftSentence(one));
}

function nothingStored({ terminal }: Cli, name: string, { json }: RestateOptions): ExitCode {
  if (json) terminal.json(runsJson([]));
  else terminal.line(`${name}: nothing in that range is stored or held; to run what is due: millrace run ${name}`);
  return DONE;
}
