// millrace resume: resumes paused views.

import { resumeViews, type ViewResumed } from '../../operations/pause.ts';
import { isoSpan } from '../../presentation/format.ts';
import { deployedTicks } from '../../presentation/next-run.ts';
import type { NextTick } from '../../presentation/next-ticks.ts';
import { resumedTexts } from '../../presentation/views/pausing.ts';
import { addCommand, type Cli, type CommonOptions, end } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { openProject, requireState } from '../open.ts';
import { actorOf, depsOf } from '../operator.ts';

type ResumeOptions = CommonOptions & { readonly source?: string; readonly all: boolean };

export function addResume(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'resume [view...]',
    summary: 'Resume paused views',
    notes: ['Due intervals run at the next tick. To run them now, use "millrace run".'],
    examples: ['resume customer_orders', 'resume tag:orders', 'resume --source shop', 'resume --all'],
  })
    .option('--source <name>', 'Resume all paused views that read this source')
    .option('--all', 'Resume all paused views', false)
    .action((views: string[], options: ResumeOptions) => end(cli, resume(cli, views, options)));
}

async function resume(cli: Cli, targets: readonly string[], options: ResumeOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  await requireState(open.app);
  const { source = null, all } = options;
  const resumed = await resumeViews(depsOf(open.app), actorOf(cli), { views: targets, source, all });
  if (resumed.length === 0 && !options.json) cli.terminal.line('None of these views is paused.');
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
  else terminal.line(`${view.name} is not paused.`);
  for (const text of resumedTexts(view, resumed, ticks)) terminal.line('  ', text);
}
