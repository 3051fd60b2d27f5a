// millrace backfills: lists backfills, shows one, and pauses, resumes or cancels it.

import { closedChunks, STATE_STYLES } from '../../presentation/backfills/backfill-progress.ts';
import { backfillBlockReason } from '../../presentation/failures.ts';
import { count, shortSpan } from '../../presentation/format.ts';
import { OPEN_BACKFILLS } from '../../state/backfills/backfill-state.ts';
import { backfillOverviews } from '../../state/backfills/overview.ts';
import { addCommand, type Cli, type CommonOptions, end, wholeNumber } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { openProject, requireApplied, requireState } from '../open.ts';
import { addControls } from './control.ts';
import { overviewJson } from './result.ts';
import { addShow } from './show.ts';

type ListOptions = CommonOptions & { readonly view?: string; readonly all: boolean; readonly limit: number };

export function addBackfills(cli: Cli): void {
  const backfills = addCommand(cli.program, {
    usage: 'backfills',
    summary: 'List backfills; show, pause, resume or cancel a backfill',
    examples: ['backfills --all', 'backfills resume 7'],
  })
    .option('--view <name>', 'List only backfills of this view')
    .option('--all', 'Also list backfills that have ended', false)
    .option('--limit <n>', 'List at most this many backfills', wholeNumber(1, 100_000), 20)
    .action((options: ListOptions) => end(cli, list(cli, options)));
  addShow(cli, backfills);
  addControls(cli, backfills);
}

async function list(cli: Cli, options: ListOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  const { app } = open;
  await requireState(app);
  if (options.view !== undefined) await requireApplied(app, options.view);
  const states = options.all ? {} : { states: OPEN_BACKFILLS };
  const filter = { view: options.view ?? null, limit: options.limit, ...states };
  const found = await backfillOverviews(app.database, filter);
  if (options.json) cli.terminal.json({ backfills: found.map(overviewJson) });
  else if (found.length === 0) {
    cli.terminal.line(
      options.all ? 'There are no backfills.' : 'No backfill is running or paused. Use --all to list all backfills.',
    );
  } else {
    cli.terminal.table(
      ['BACKFILL', 'VIEW', 'RANGE', 'MODE', 'STATE', 'CHUNKS', 'FAILED', 'ROWS', 'BY'],
      found.map((one) => [
        String(one.id),
        one.view,
        shortSpan(one.range),
        one.mode,
        { style: STATE_STYLES[one.state], text: one.state },
        `${count(closedChunks(one))}/${count(one.chunks.total)}`,
        one.chunks.failed === 0 ? '–' : count(one.chunks.failed),
        count(one.rows),
        one.askedBy,
      ]),
    );
    for (const { id, rest } of found) {
      const why = backfillBlockReason(rest);
      if (why !== null) cli.terminal.line(`backfill ${id}: `, why);
    }
  }
  return DONE;
}
