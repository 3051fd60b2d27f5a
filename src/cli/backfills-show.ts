// millrace backfills show: one backfill in full, with its chunks.

import type { Command } from 'commander';
import { humanDuration } from '../core/duration.ts';
import { formatInstant } from '../core/instant.ts';
import { type BackfillOverview, backfillChunks, type ChunkCounts } from '../state/backfill-overview.ts';
import { requireBackfill } from './backfill-follow.ts';
import { skipText } from './backfill-plan.ts';
import { chunkLine, STATE_STYLES } from './backfill-progress.ts';
import { resultJson, TROUBLED } from './backfill-result.ts';
import { addCommand, type Cli, type CommonOptions, end, wholeNumber } from './command.ts';
import { DONE, type ExitCode } from './exit.ts';
import { count, counted, shortSpan } from './format.ts';
import { idArgument } from './id-argument.ts';
import { openProject, requireState } from './open.ts';
import type { Text } from './terminal.ts';

type ShowOptions = CommonOptions & { readonly chunks: boolean; readonly limit: number; readonly after: number };

export function addShow(cli: Cli, backfills: Command): void {
  addCommand(backfills, {
    usage: 'show <id>',
    summary: 'tell all of one backfill, and which chunks failed',
    examples: ['backfills show 7', 'backfills show 7 --chunks --after 20 --json'],
  })
    .option('--chunks', 'all chunks, not only those that failed', false)
    .option('--limit <n>', 'at most so many chunks', wholeNumber(1, 100_000), 20)
    .option('--after <n>', 'only chunks after the n-th', wholeNumber(0), 0)
    .action((id: string, _options: ShowOptions, command: { optsWithGlobals(): ShowOptions }) =>
      // Options given before "show" are those of "backfills".
      end(cli, show(cli, id, command.optsWithGlobals())),
    );
}

async function show(cli: Cli, idText: string, options: ShowOptions): Promise<ExitCode> {
  const id = idArgument(idText, 'backfill');
  await using open = await openProject(cli, options);
  const { app } = open;
  await requireState(app);
  const now = await requireBackfill(app, id);
  const states = options.chunks ? {} : { states: TROUBLED };
  const page = { limit: options.limit, after: options.after, ...states };
  const chunks = await backfillChunks(app.database, id, page);
  if (options.json) {
    cli.terminal.json(await resultJson(app, now, chunks));
    return DONE;
  }
  for (const [name, value] of factsOf(now)) cli.terminal.line({ style: 'dim', text: name.padEnd(12) }, value);
  if (chunks.length > 0) cli.terminal.line('');
  for (const chunk of chunks) cli.terminal.line(...chunkLine(now, chunk));
  const last = chunks.at(-1);
  if (last !== undefined && chunks.length === options.limit) cli.terminal.line(`… more: --after ${last.place}`);
  return DONE;
}

function factsOf(now: BackfillOverview): [string, Text][] {
  const { startedAt, closedAt } = now;
  const took = startedAt === null || closedAt === null ? '' : `, after ${humanDuration(closedAt - startedAt)}`;
  const facts: [string, Text][] = [
    ['backfill', `${now.id}  ${now.view}  ${shortSpan(now.range)}`],
    ['mode', `${now.mode}, ${now.order} first, ${counted(now.parallel, 'chunk')} at once`],
    ['state', { style: STATE_STYLES[now.state], text: now.state }],
    ['chunks', countsText(now.chunks)],
    ['units', countsText(now.units)],
    ['rows', count(now.rows)],
    ...now.skipped.map((skip): [string, Text] => ['left out', skipText(skip)]),
    ['asked', `${formatInstant(now.askedAt)} by ${now.askedBy}`],
    ['started', startedAt === null ? '–' : formatInstant(startedAt)],
    ['closed', closedAt === null ? '–' : `${formatInstant(closedAt)}${took}`],
  ];
  if (now.why !== null) facts.splice(3, 0, ['why', now.why]);
  return facts;
}

/** `19 of 28 done, 1 failed, 2 running, 6 waiting`. */
function countsText(counts: ChunkCounts): string {
  const others = (['failed', 'cancelled', 'skipped', 'running', 'waiting'] as const)
    .filter((state) => counts[state] > 0)
    .map((state) => `, ${count(counts[state])} ${state}`);
  return `${count(counts.done)} of ${count(counts.total)} done${others.join('')}`;
}
