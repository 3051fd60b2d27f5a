// millrace rebuild: publishes every entity of a view, and removes entities that the offline store does not have.

import { Failure } from '../../core/failure.ts';
import { rebuildViews } from '../../operations/rebuild.ts';
import { count } from '../../presentation/format.ts';
import { addCommand, type Cli, type CommonOptions, end } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { openProject, requireState } from '../open.ts';
import { actorOf, depsOf } from '../operator.ts';
import { stopOnSignals } from '../signals.ts';

export function addRebuild(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'rebuild <view...>',
    summary: 'Rewrite the online store from the offline store',
    notes: ['Runs continue in the meantime. If Redis is flushed, a rebuild starts', 'automatically within a minute.'],
    examples: ['rebuild customer_orders', 'rebuild customer_orders customer_basket'],
  }).action((views: string[], options: CommonOptions) => end(cli, rebuild(cli, views, options)));
}

async function rebuild(cli: Cli, names: readonly string[], options: CommonOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  const { app } = open;
  await requireState(app);
  const views = await rebuildViews(depsOf(app), actorOf(cli), { views: names });
  const { checkSentinel } = await import('../../online/sentinel/check-sentinel.ts');
  const { rebuildView } = await import('../../online/rebuild.ts');
  using stop = stopOnSignals();
  // An emptied store needs its new generation first: a publish into the old one would be refused.
  await checkSentinel(app, stop.signal);
  const rebuilt: object[] = [];
  for (const { id, view } of views) {
    const published = await rebuildView({ ...app.publisher, viewId: id, signal: stop.signal });
    if (published === null) {
      throw new Failure(
        'LEASE_LOST',
        `Another process is publishing ${view.name}. The scheduler will rebuild the view when that process is done.`,
      );
    }
    const { counts, number } = published;
    rebuilt.push({ view: view.name, publishNumber: number, counts });
    if (options.json) continue;
    const { written, unchanged, removed } = counts;
    const rows = `${count(written)} written, ${count(unchanged)} unchanged, ${count(removed)} removed`;
    cli.terminal.line({ style: 'green', text: 'rebuilt' }, `  ${view.name}: ${rows}`);
  }
  if (options.json) cli.terminal.json({ views: rebuilt });
  return DONE;
}
