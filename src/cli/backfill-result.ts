// How a backfill ended, or stands when nobody follows it any more: a line, a JSON document, and an exit code.

import type { App } from '../app.ts';
import { humanDuration } from '../core/duration.ts';
import {
  type BackfillOverview,
  backfillChunks,
  type ChunkOverview,
  type ChunkState,
} from '../state/backfill-overview.ts';
import { skipJson } from './backfill-plan.ts';
import { closedChunks, STATE_STYLES } from './backfill-progress.ts';
import { DONE, type ExitCode, PARTLY } from './exit.ts';
import { count, counted, isoOf, isoSpan } from './format.ts';
import type { Terminal, Text } from './terminal.ts';

/** What is asked of a backfill and not stored: by it, by others before its turn came, or before it began. */
export function missingUnits({ units, keptUnits }: BackfillOverview): number {
  return units.total - units.done - units.skipped - keptUnits;
}

/** 0 when it is complete; else a part of it is missing. */
export function exitCodeOf({ state }: BackfillOverview): ExitCode {
  return state === 'complete' ? DONE : PARTLY;
}

/** `backfill 7 partial: 27 of 28 chunks, 319 of 331 units, 1,841,220 rows in 6m 2s`, and what to do about the rest. */
export function printResult(terminal: Terminal, now: BackfillOverview): void {
  const { id, state, chunks, units, rows, startedAt, closedAt } = now;
  const took = startedAt === null || closedAt === null ? '' : ` in ${humanDuration(closedAt - startedAt)}`;
  const style: Text = { style: STATE_STYLES[state], text: state };
  const skipped = chunks.skipped === 0 ? '' : ` (${counted(chunks.skipped, 'chunk')} not needed any more)`;
  const done = `${count(chunks.done)} of ${counted(chunks.total, 'chunk')}${skipped}`;
  terminal.line(
    `backfill ${id} `,
    style,
    `: ${done}, ${count(units.done)} of ${counted(units.total, 'unit')}, ${counted(rows, 'row')}${took}.`,
  );
  const left = leftTexts(now);
  if (left.length === 0) return;
  terminal.warn(`${left.join(', ')}${whyLeft(now)}.`);
  terminal.warn(`${RESUMES[state] ?? 'Go on with it'}: millrace backfills resume ${id}`);
}

const RESUMES: Partial<Record<BackfillOverview['state'], string>> = {
  partial: 'Retry only what failed, once its cause is mended',
  running: 'Follow it again with',
};

/** `1 unit is still missing`, `2 units were not read again; their old rows stay`. */
function leftTexts(now: BackfillOverview): string[] {
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

function whyLeft({ id, state, why, chunks }: BackfillOverview): string {
  if (state === 'paused') return `: ${why ?? 'the backfill is paused'}`;
  if (state === 'running') return why === null ? '' : `: ${why}`;
  const failed =
    chunks.failed === 0 ? '' : `: ${counted(chunks.failed, 'chunk')} failed (millrace backfills show ${id})`;
  return state === 'cancelled' ? ': the backfill was cancelled' : failed;
}

const LISTED_MAX = 100;

/** How a backfill stands, with the chunks that are `listed`: without `chunks` those that failed or were cancelled. */
export async function resultJson(
  { database }: App,
  now: BackfillOverview,
  chunks?: readonly ChunkOverview[],
): Promise<object> {
  const listed = chunks ?? (await backfillChunks(database, now.id, { states: TROUBLED, limit: LISTED_MAX }));
  return { ...overviewJson(now), listed: listed.map(chunkJson) };
}

/** Chunks that a resumed backfill does again. */
export const TROUBLED: readonly ChunkState[] = ['failed', 'cancelled'];

export function overviewJson(now: BackfillOverview): object {
  return {
    id: now.id,
    view: now.view,
    state: now.state,
    why: now.why,
    mode: now.mode,
    order: now.order,
    parallel: now.parallel,
    range: isoSpan(now.range),
    askedBy: now.askedBy,
    askedAt: isoOf(now.askedAt),
    startedAt: isoOf(now.startedAt),
    closedAt: isoOf(now.closedAt),
    chunks: now.chunks,
    units: now.units,
    missingUnits: missingUnits(now),
    keptUnits: now.keptUnits,
    rows: now.rows,
    skipped: now.skipped.map(skipJson),
  };
}

function chunkJson(chunk: ChunkOverview): object {
  const { place, units, state, run, attempt, attemptsMax, error, skipped, rows } = chunk;
  return { place, span: isoSpan(chunk.span), units, state, run, attempt, attemptsMax, error, skipped, rows };
}

/** What is left of its chunks. */
export function leftChunks(now: BackfillOverview): number {
  return now.chunks.total - closedChunks(now);
}
