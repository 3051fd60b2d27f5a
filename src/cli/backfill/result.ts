// The result of a backfill, or its state when watching stops: a line, a JSON document, and an exit code.

import type { App } from '../../app.ts';
import { humanDuration } from '../../core/duration.ts';
import {
  leftTexts,
  missingUnits,
  RETRYABLE_CHUNKS,
  remainderReason,
} from '../../presentation/backfills/backfill-facts.ts';
import { STATE_STYLES } from '../../presentation/backfills/backfill-progress.ts';
import { blockText } from '../../presentation/failures.ts';
import { count, counted, isoOf, isoSpan } from '../../presentation/format.ts';
import type { Text } from '../../presentation/text.ts';
import { type BackfillOverview, backfillChunks, type ChunkOverview } from '../../state/backfills/overview.ts';
import { DONE, type ExitCode, PARTLY } from '../exit.ts';
import type { Terminal } from '../output/terminal.ts';
import { skipJson } from './plan.ts';

/** 0 if it is complete; otherwise a part of it is missing. */
export function exitCodeOf({ state }: BackfillOverview): ExitCode {
  return state === 'complete' ? DONE : PARTLY;
}

/** `backfill 7 partial: 27 of 28 chunks, 319 of 331 units, 1,841,220 rows in 6m 2s`, and the next step. */
export function printResult(terminal: Terminal, now: BackfillOverview): void {
  const { id, state, chunks, units, rows, startedAt, closedAt } = now;
  const took = startedAt === null || closedAt === null ? '' : ` in ${humanDuration(closedAt - startedAt)}`;
  const style: Text = { style: STATE_STYLES[state], text: state };
  const skipped = chunks.skipped === 0 ? '' : ` (${counted(chunks.skipped, 'chunk')} no longer needed)`;
  const done = `${count(chunks.done)} of ${counted(chunks.total, 'chunk')}${skipped}`;
  terminal.line(
    `backfill ${id} `,
    style,
    `: ${done}, ${count(units.done)} of ${counted(units.total, 'unit')}, ${counted(rows, 'row')}${took}.`,
  );
  const left = leftTexts(now);
  if (left.length === 0) return;
  terminal.warn(left.join(', '), remainderReason(now), '.');
  terminal.warn(`${RESUMES[state] ?? 'Resume it with'}: millrace backfills resume ${id}`);
}

const RESUMES: Partial<Record<BackfillOverview['state'], string>> = {
  partial: 'Fix the cause, then retry only what failed',
  running: 'Watch it again with',
};

const LISTED_MAX = 100;

/** A backfill with its `listed` chunks: by default the failed and cancelled ones. */
export async function resultJson(
  { database }: App,
  now: BackfillOverview,
  chunks?: readonly ChunkOverview[],
): Promise<object> {
  const listed = chunks ?? (await backfillChunks(database, now.id, { states: RETRYABLE_CHUNKS, limit: LISTED_MAX }));
  return { ...overviewJson(now), listed: listed.map(chunkJson) };
}

export function overviewJson(now: BackfillOverview): object {
  return {
    id: now.id,
    view: now.view,
    state: now.state,
    why: blockText(now),
    rest: now.rest,
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
