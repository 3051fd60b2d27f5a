// millrace resume: lets paused views go on.

import { isoSpan } from '../../presentation/format.ts';
import { deployedTicks } from '../../presentation/next-look.ts';
import type { NextTick } from '../../presentation/next-ticks.ts';
import { resumedTexts } from '../../presentation/pausing.ts';
import { type Resumed, resumeView } from '../../state/views/pause.ts';
import type { AppliedView } from '../../state/views/views.ts';
import { addCommand, type Cli, type CommonOptions, end } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { openProject, requireApplied } from '../open.ts';

export function addResume(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'resume <view...>',
    summary: 'let paused views go on',
    notes: ['What became due runs with the next tick, or at once with "millrace run".'],
    examples: ['resume customer_orders', 'resume customer_orders customer_basket'],
  }).action((views: string[], options: CommonOptions) => end(cli, resume(cli, views, options)));
}

async function resume(cli: Cli, names: readonly string[], options: CommonOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  const views: AppliedView[] = [];
  for (const name of new Set(names)) views.push(await requireApplied(open.app, name));
  const ticksOf = await deployedTicks(open.app.database);
  const resumed: object[] = [];
  for (const { view } of views) {
    const result = await resumeView(open.app.database, view.name);
    resumed.push({
      view: view.name,
      changed: result.changed,
      due: result.due.map(isoSpan),
      held: result.held.map(isoSpan),
    });
    if (!options.json) print(cli, view, result, ticksOf(view));
  }
  if (options.json) cli.terminal.json({ views: resumed });
  return DONE;
}

function print({ terminal }: Cli, view: AppliedView['view'], resumed: Resumed, ticks: readonly NextTick[]): void {
  if (resumed.changed) terminal.line({ style: 'green', text: 'resumed' }, `  ${view.name}`);
  else terminal.line(`${view.name} was not paused.`);
  for (const text of resumedTexts(view, resumed, ticks)) terminal.line(`  ${text}`);
}
