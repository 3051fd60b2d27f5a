// millrace run: materializes what is due for some views now.

import { addCommand, type Cli, end, wholeNumber } from '../command.ts';
import type { ExitCode } from '../exit.ts';
import { openProject } from '../open.ts';
import { deployViews, type MaterializeOptions, materialize, requireRunnable } from './materialize.ts';

/** The default number of parallel runs with `--here`. */
export const PARALLEL = 2;

export function addRun(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'run <view...>',
    summary: 'Materialize due intervals',
    notes: ['Exit codes: 0 all done or nothing due · 1 all failed · 2 some failed or waiting.'],
    examples: ['run customer_orders', 'run customer_orders customer_basket --here --parallel 4'],
  })
    .option('--here', 'Run in this process; safe while workers are running', false)
    .option('--parallel <n>', 'Execute this many runs at a time with --here', wholeNumber(1, 64), PARALLEL)
    .action((views: string[], options: MaterializeOptions) => end(cli, run(cli, views, options)));
}

async function run(cli: Cli, names: readonly string[], options: MaterializeOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  const views = await deployViews(cli, open, names);
  requireRunnable(views);
  // Awaited here: the stores close when this function returns.
  return await materialize(cli, open.app, views, options);
}
