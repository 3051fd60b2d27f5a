// millrace run: materializes now what is due of some views.

import { addCommand, type Cli, end, wholeNumber } from '../command.ts';
import type { ExitCode } from '../exit.ts';
import { openProject } from '../open.ts';
import { deployViews, type MaterializeOptions, materialize, requireRunnable } from './materialize.ts';

/** How many runs `--here` performs at once, unless told otherwise. */
export const PARALLEL = 2;

export function addRun(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'run <view...>',
    summary: 'materialize what is due, by the workers or here',
    notes: ['Exit codes: 0 all done or nothing due · 1 all failed · 2 some failed, or wait.'],
    examples: ['run customer_orders', 'run customer_orders customer_basket --here --parallel 4'],
  })
    .option('--here', 'this process does the work; safe beside workers, needs no queue', false)
    .option('--parallel <n>', 'runs at once with --here', wholeNumber(1, 64), PARALLEL)
    .action((views: string[], options: MaterializeOptions) => end(cli, run(cli, views, options)));
}

async function run(cli: Cli, names: readonly string[], options: MaterializeOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  const views = await deployViews(cli, open, names);
  requireRunnable(views);
  // Awaited here: the stores close when this function returns.
  return await materialize(cli, open.app, views, options);
}
