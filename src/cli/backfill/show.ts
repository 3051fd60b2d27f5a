// millrace backfills show: one backfill in full, with its chunks.

import type { Command } from 'commander';
import { backfillFacts, RETRYABLE_CHUNKS } from '../../presentation/backfills/backfill-facts.ts';
import { chunkLine } from '../../presentation/backfills/backfill-progress.ts';
import { backfillChunks } from '../../state/backfills/overview.ts';
import { addCommand, type Cli, type CommonOptions, end, wholeNumber } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { idArgument } from '../id-argument.ts';
import { openProject, requireState } from '../open.ts';
import { requireBackfill } from './follow.ts';
import { resultJson } from './result.ts';

type ShowOptions = CommonOptions & { readonly chunks: boolean; readonly limit: number; readonly after: number };

export function addShow(cli: Cli, backfills: Command): void {
  addCommand(backfills, {
    usage: 'show <id>',
    summary: 'Show a backfill and its failed chunks',
    examples: ['backfills show 7', 'backfills show 7 --chunks --after 20 --json'],
  })
    .option('--chunks', 'List all chunks, not only failed ones', false)
    .option('--limit <n>', 'List at most this many chunks', wholeNumber(1, 100_000), 20)
    .option('--after <n>', 'List only chunks after this number', wholeNumber(0), 0)
    .action((id: string, _options: ShowOptions, command: { optsWithGlobals(): ShowOptions }) =>
      // Options before "show" are parsed by "backfills".
      end(cli, show(cli, id, command.optsWithGlobals())),
    );
}

async function show(cli: Cli, idText: string, options: ShowOptions): Promise<ExitCode> {
  const id = idArgument(idText, 'backfill');
  await using open = await openProject(cli, options);
  const { app } = open;
  await requireState(app);
  const now = await requireBackfill(app, id);
  const states = options.chunks ? {} : { states: RETRYABLE_CHUNKS };
  const page = { limit: options.limit, after: options.after, ...states };
  const chunks = await backfillChunks(app.database, id, page);
  if (options.json) {
    cli.terminal.json(await resultJson(app, now, chunks));
    return DONE;
  }
  for (const [name, value] of backfillFacts(now)) cli.terminal.line({ style: 'dim', text: name.padEnd(12) }, value);
  if (chunks.length > 0) cli.terminal.line('');
  for (const chunk of chunks) cli.terminal.line(...chunkLine(now, chunk));
  const last = chunks.at(-1);
  if (last !== undefined && chunks.length === options.limit) cli.terminal.line(`… more: --after ${last.place}`);
  return DONE;
}
