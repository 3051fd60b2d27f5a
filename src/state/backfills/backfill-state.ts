// The states of a backfill.

export type BackfillState = 'running' | 'paused' | 'cancelled' | 'complete' | 'partial';

/** A backfill with work left. Indexed, in this order. */
export const OPEN_BACKFILLS = ['running', 'paused'] as const satisfies readonly BackfillState[];

/** A backfill that has ended. */
export const ENDED_BACKFILLS = ['cancelled', 'complete', 'partial'] as const satisfies readonly BackfillState[];

/** As SQL: `b.state ${IN_OPEN}`. */
export const IN_OPEN = `in ('running', 'paused')`;

export function isOpenBackfill(state: BackfillState): boolean {
  return OPEN_BACKFILLS.some((one) => one === state);
}
