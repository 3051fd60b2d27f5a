// Progress of a running backfill: the bar, and a line for each change. Pure.

import { humanDuration } from '../../core/duration.ts';
import { command, cut, type Message, safe, text, textOf } from '../../core/message.ts';
import type { BackfillState } from '../../state/backfills/backfill-state.ts';
import type { BackfillOverview, ChunkOverview, ChunkState } from '../../state/backfills/overview.ts';
import { backfillBlockReason } from '../failures.ts';
import { count, counted, shortSpan } from '../format.ts';
import type { Style, Text } from '../text.ts';

/** The current state, and the pace since watching began. */
export type BackfillProgress = {
  readonly now: BackfillOverview;
  /** Chunks closed and rows stored since watching began, `elapsedMs` ago. */
  readonly chunks: number;
  readonly rows: number;
  readonly elapsedMs: number;
};

/** The bar fills the columns that the text leaves free, within these bounds. */
const [BAR_COLUMNS_MIN, BAR_COLUMNS_MAX] = [6, 24];
/** A rate over less time than this reflects only the first chunk. */
const RATE_FROM_MS = 2_000;

/** Chunks that ended, with any outcome. */
export function closedChunks({ chunks }: BackfillOverview): number {
  return chunks.done + chunks.failed + chunks.cancelled + chunks.skipped;
}

/** `customer_orders  ██████░░  19/28  68%  eta 2m 10s  ok 18  failed 1  running 2  1.2M rows  212K/min`. */
export function barText(progress: BackfillProgress, columns: number): string {
  const { view, state, rest, chunks, rows } = progress.now;
  const why = backfillBlockReason(rest);
  const closed = closedChunks(progress.now);
  const share = chunks.total === 0 ? 1 : closed / chunks.total;
  const parts = [
    `${count(closed)}/${count(chunks.total)}`,
    `${Math.floor(share * 100)}%`,
    state === 'paused' ? 'paused' : etaText(progress),
    `ok ${count(chunks.done)}`,
    chunks.failed === 0 ? '' : `failed ${count(chunks.failed)}`,
    chunks.running === 0 ? '' : `running ${chunks.running}`,
    `${compact(rows)} rows`,
    rateText(progress),
    state === 'running' && why !== null ? `waiting: ${textOf(why)}` : '',
  ];
  const details = parts.filter((part) => part !== '').join('  ');
  const free = columns - view.length - details.length - 4;
  const wide = Math.max(BAR_COLUMNS_MIN, Math.min(BAR_COLUMNS_MAX, free));
  const full = Math.floor(share * wide);
  return `${view}  ${'█'.repeat(full)}${'░'.repeat(wide - full)}  ${details}`;
}

/** `eta 2m 10s`; empty if nothing is left, or no chunk has ended yet. */
export function etaText({ now, chunks, elapsedMs }: BackfillProgress): string {
  const left = now.chunks.total - closedChunks(now);
  if (chunks === 0 || left === 0) return '';
  const leftMs = (elapsedMs / chunks) * left;
  return leftMs < 10_000 ? 'eta <10s' : `eta ${humanDuration(leftMs)}`;
}

/** `212K/min`; empty while there is too little to measure. */
export function rateText({ rows, elapsedMs }: BackfillProgress): string {
  return rows === 0 || elapsedMs < RATE_FROM_MS ? '' : `${compact((rows / elapsedMs) * 60_000)}/min`;
}

function compact(value: number): string {
  return value.toLocaleString('en-US', { notation: 'compact', maximumFractionDigits: 1 });
}

export const STATE_STYLES = {
  running: 'green',
  paused: 'yellow',
  cancelled: 'yellow',
  complete: 'green',
  partial: 'yellow',
} as const satisfies Record<BackfillState, Style>;

const CHUNK_STYLES = {
  waiting: 'dim',
  running: 'yellow',
  done: 'green',
  failed: 'red',
  cancelled: 'yellow',
  skipped: 'dim',
} as const satisfies Record<ChunkState, Style>;

/** `chunk 3/28  customer_orders  [2026-09-01, 2026-09-02)  done  run 17  12 rows``. */
export function chunkLine({ view, chunks }: BackfillOverview, chunk: ChunkOverview): Text[] {
  return [
    `chunk ${chunk.place}/${chunks.total}  ${view}  ${shortSpan(chunk.span)}  `,
    { style: CHUNK_STYLES[chunk.state], text: chunk.state },
    chunkRest(chunk),
  ];
}

function chunkRest({ state, run, attempt, attemptsMax, error, skipped, rows }: ChunkOverview): string | Message {
  if (state === 'skipped') return `  ${skipped ?? ''}`;
  if (state === 'done') return `  run ${run}  ${counted(rows, 'row')}`;
  if (state === 'running') return `  run ${run}`;
  if (state === 'cancelled') return run === null ? '' : `  run ${run}`;
  if (state === 'waiting') return run === null ? '' : `  run ${run}`;
  const why = error === null ? [] : text`${safe(error.code)} ${cut(error.parts, REASON_CHARACTERS_MAX)}`;
  return text`  attempt ${safe(`${attempt}/${attemptsMax}`)}  ${why}  ${command(`millrace runs show ${run}`)}`;
}

const REASON_CHARACTERS_MAX = 300;

/** `backfill 7  customer_orders  paused  its last 5 chunks failed, …`; for a backfill that has not ended. */
export function stateLine({ id, view, state, rest }: BackfillOverview): Text[] {
  const why = backfillBlockReason(rest);
  const isWaiting = state === 'running' && why !== null;
  const word = state === 'running' ? (isWaiting ? 'waiting' : 'resumed') : state;
  return [
    `backfill ${id}  ${view}  `,
    { style: isWaiting ? 'yellow' : STATE_STYLES[state], text: word },
    why === null ? '' : text`  ${why}`,
  ];
}
