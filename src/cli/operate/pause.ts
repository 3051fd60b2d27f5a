// millrace pause: pauses views until they are resumed.

import { pauseViews, type ViewPaused } from '../../operations/pause.ts';
import { pauseReason, pauseText } from '../../presentation/failures.ts';
import { isoOf, localAndUtc } from '../../presentation/format.ts';
import { pausedTexts } from '../../presentation/views/pausing.ts';
import { addCommand, type Cli, type CommonOptions, end } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { openProject, requireState } from '../open.ts';
import { actorOf, depsOf } from '../operator.ts';

type PauseOptions = CommonOptions & { readonly reason?: string; readonly source?: string; readonly all: boolean };

export function addPause(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'pause [view...]',
    summary: 'Pause views; no new runs start',
    notes: ['Active runs finish, and readers keep getting the stored rows.'],
    examples: ['pause customer_orders --reason "migrating the shop"', 'pause tag:orders', 'pause --source shop'],
  })
    .option('--source <name>', 'Pause all views that read this source')
    .option('--all', 'Pause all views', false)
    .option('--reason <text>', 'Show this reason in status (default: paused by hand)')
    .action((views: string[], options: PauseOptions) => end(cli, pause(cli, views, options)));
}

async function pause(cli: Cli, targets: readonly string[], options: PauseOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  await requireState(open.app);
  const { source = null, reason = null, all } = options;
  const paused = await pauseViews(depsOf(open.app), actorOf(cli), { views: targets, source, all, reason });
  if (options.json) cli.terminal.json({ views: paused.map(pausedJson) });
  else for (const one of paused) print(cli, one);
  return DONE;
}

function pausedJson(paused: ViewPaused): object {
  return { ...paused, view: paused.view.name, reason: pauseText(paused.pause), since: isoOf(paused.pause.at) };
}

function print({ terminal }: Cli, { view: { name }, changed, pause, superseded, active }: ViewPaused): void {
  if (!changed) {
    const since = pause.at === null ? '' : `, since ${localAndUtc(pause.at, 'UTC')}`;
    terminal.line(`${name} is already paused${since}: `, pauseReason(pause), '.');
    return;
  }
  terminal.line({ style: 'yellow', text: 'paused' }, `  ${name}; resume it with: millrace resume ${name}`);
  for (const text of pausedTexts({ superseded, active })) terminal.line(`  ${text}`);
}
