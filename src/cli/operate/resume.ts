// millrace resume: lets paused views go on.

import { resumeViews, type ViewResumed } from '../../operations/pause.ts';
import { isoSpan } from '../../presentation/format.ts';
import { deployedTicks } from '../../presentation/next-look.ts';
import type { NextTick } from '../../presentation/next-ticks.ts';
import { resumedTexts } from '../../presentation/pausing.ts';
import { addCommand, type Cli, type CommonOptions, end } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { openProject, requireState } from '../open.ts';
import { actorOf, depsOf } from '../operator.ts';

export function addResume(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'resume <view...>',
    summary: 'let paused views go on',
    notes: ['What became due runs with the next tick, or at once with "millrace run".'],
    examples: ['resume customer_orders', 'resume customer_orders customer_basket'],
  }).action((views: string[], options: CommonOptions) => end(cli, resume(cli, views, options)));
}

async function resume(cli: Cli, views: readonly string[], options: CommonOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  await requireState(open.app);
  const resumed = await resumeViews(depsOf(open.app), actorOf(cli), { views });
  const ticksOf = await deployedTicks(open.app.database);
  if (options.json) cli.terminal.json({ views: resumed.map(resumedJson) });
  else for (const one of resumed) print(cli, one, ticksOf(one.view));
  return DONE;
}

function resumedJson({ view, changed, due, held }: ViewResumed): object {
  return { view: view.name, changed, due: due.map(isoSpan), held: held.map(isoSpan) };
}

function print({ terminal }: Cli, resumed: ViewResumed, ticks: readonly NextTick[]): void {
  const { view, changed } = resumed;
  if (changed) terminal.line({ style: 'green', text: 'resumed' }, `  ${view.name}`);
  else terminal.line(`${view.name} was not paused.`);
  for (const text of resumedTexts(view, resumed, ticks)) terminal.line(`  ${text}`);
}
