// millrace pause: lets views rest until somebody resumes them.

import { pauseReason, pauseText } from '../../presentation/failures.ts';
import { isoOf, localAndUtc } from '../../presentation/format.ts';
import { pausedTexts } from '../../presentation/pausing.ts';
import { type Paused, pauseView, requireNotRetired } from '../../state/views/pause.ts';
import { askerOf } from '../actor.ts';
import { addCommand, type Cli, type CommonOptions, end } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { openProject, requireApplied } from '../open.ts';

type PauseOptions = CommonOptions & { readonly reason: string };

export function addPause(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'pause <view...>',
    summary: 'let views rest; nothing of them runs',
    notes: ['Ticks, commands and backfills leave a paused view alone; its rows keep serving.'],
    examples: ['pause customer_orders --reason "the shop is being moved"', 'pause customer_orders customer_basket'],
  })
    .option('--reason <text>', 'why; shown to who meets it', 'paused by hand')
    .action((views: string[], options: PauseOptions) => end(cli, pause(cli, views, options)));
}

async function pause(cli: Cli, names: readonly string[], options: PauseOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  const { database } = open.app;
  const views = [...new Set(names)];
  // All are looked up first: a misspelled name pauses nothing.
  for (const name of views) requireNotRetired(await requireApplied(open.app, name));
  const paused: object[] = [];
  for (const name of views) {
    const pausing = { kind: 'person', reason: options.reason, actor: askerOf(cli.env) } as const;
    const result = await pauseView(database, name, pausing);
    paused.push({ view: name, ...result, reason: pauseText(result.pause), since: isoOf(result.pause.at) });
    if (!options.json) print(cli, name, result);
  }
  if (options.json) cli.terminal.json({ views: paused });
  return DONE;
}

function print({ terminal }: Cli, name: string, { changed, pause, superseded, active }: Paused): void {
  if (!changed) {
    const since = pause.at === null ? '' : `, since ${localAndUtc(pause.at, 'UTC')}`;
    terminal.line(`${name} is paused already${since}: `, pauseReason(pause), '.');
    return;
  }
  terminal.line({ style: 'yellow', text: 'paused' }, `  ${name}: nothing of it runs until: millrace resume ${name}`);
  for (const text of pausedTexts({ superseded, active })) terminal.line(`  ${text}`);
}
