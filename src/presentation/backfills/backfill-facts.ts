// A backfill as text: its facts, and what remains of it and why.

import { humanDuration } from '../../core/duration.ts';
import { formatInstant } from '../../core/instant.ts';
import { command, type Message, safe, text } from '../../core/message.ts';
import type { SkipReason } from '../../plan/backfill.ts';
import type { BackfillSkip } from '../../state/backfills/backfill.ts';
import type { BackfillOverview, ChunkCounts, ChunkState } from '../../state/backfills/overview.ts';
import { backfillBlockReason } from '../failures.ts';
import { count, counted, shortSpan } from '../format.ts';
import type { Fact } from '../text.ts';
import { closedChunks, STATE_STYLES } from './backfill-progress.ts';

/** One fact per line. */
export function backfillFacts(now: BackfillOverview): Fact[] {
  const { startedAt, closedAt } = now;
  const took = startedAt === null || closedAt === null ? '' : `, after ${humanDuration(closedAt - startedAt)}`;
  const facts: Fact[] = [
    ['backfill', `${now.id}  ${now.view}  ${shortSpan(now.range)}`],
    ['mode', `${now.mode}, ${now.order} first, ${counted(now.parallel, 'chunk')} at a time`],
    ['state', { style: STATE_STYLES[now.state], text: now.state }],
    ['chunks', countsText(now.chunks)],
    ['units', countsText(now.units)],
    ['rows', count(now.rows)],
    ...now.skipped.map((skip): Fact => ['left out', skipText(skip)]),
    ['requested', `${formatInstant(now.askedAt)} by ${now.askedBy}`],
    ['started', startedAt === null ? '–' : formatInstant(startedAt)],
    ['ended', closedAt === null ? '–' : `${formatInstant(closedAt)}${took}`],
  ];
  const why = backfillBlockReason(now.rest);
  if (why !== null) facts.splice(3, 0, ['why', why]);
  return facts;
}

/** `19 of 28 done, 1 failed, 2 running, 6 waiting`. */
function countsText(counts: ChunkCounts): string {
  const others = (['failed', 'cancelled', 'skipped', 'running', 'waiting'] as const)
    .filter((state) => counts[state] > 0)
    .map((state) => `, ${count(counts[state])} ${state}`);
  return `${count(counts.done)} of ${count(counts.total)} done${others.join('')}`;
}

const REASONS: Record<SkipReason, string> = {
  covered: 'already covered',
  held: 'held after a failed or cancelled run; to run held units, use --mode failed',
  'not held': 'not held; --mode failed runs only held units',
  'in flight': 'in flight',
  'not settled': 'not settled yet',
  "outside the view's start and end": "outside the view's start and end",
};

const RUNS_SHOWN_MAX = 5;

export function skipText({ reason, units, runs = [] }: BackfillSkip): string {
  const more = runs.length > RUNS_SHOWN_MAX ? ' …' : '';
  const shown = `${runs.length === 1 ? 'run' : 'runs'} ${runs.slice(0, RUNS_SHOWN_MAX).join(', ')}${more}`;
  const ids = runs.length === 0 ? '' : ` in ${shown}`;
  return `${counted(units, 'unit')} ${REASONS[reason]}${ids}`;
}

/** Chunks that a resumed backfill runs again. */
export const RETRYABLE_CHUNKS: readonly ChunkState[] = ['failed', 'cancelled'];

/** Requested units that are not stored: neither by this backfill, nor by other runs before their turn, nor before it started. */
export function missingUnits({ units, keptUnits }: BackfillOverview): number {
  return units.total - units.done - units.skipped - keptUnits;
}

/** Chunks that are not closed yet. */
export function leftChunks(now: BackfillOverview): number {
  return now.chunks.total - closedChunks(now);
}

/** `1 unit is still missing`, `2 units were not read again; their old rows stay`. */
export function leftTexts(now: BackfillOverview): string[] {
  const [missing, kept] = [missingUnits(now), now.keptUnits];
  return [
    ...(missing === 0 ? [] : [`${counted(missing, 'unit')} ${missing === 1 ? 'is' : 'are'} still missing`]),
    ...(kept === 0
      ? []
      : [
          `${counted(kept, 'unit')} ${kept === 1 ? 'was not read again and keeps its old rows' : 'were not read again and keep their old rows'}`,
        ]),
  ];
}

export function remainderReason({ id, state, rest, chunks }: BackfillOverview): Message {
  const why = backfillBlockReason(rest);
  if (state === 'paused') return text`: ${why ?? safe('the backfill is paused')}`;
  if (state === 'running') return why === null ? [] : text`: ${why}`;
  const failed =
    chunks.failed === 0
      ? []
      : text`: ${safe(counted(chunks.failed, 'chunk'))} failed (${command(`millrace backfills show ${id}`)})`;
  return state === 'cancelled' ? text`: the backfill was cancelled` : failed;
}
