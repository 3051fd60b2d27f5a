// A warning for runs with many duplicate rows.

import type { RunCounts } from '../../state/runs/run.ts';
import { count } from '../format.ts';

/** Above this share, the query is most likely wrong. */
const REPORTED_SHARE = 0.1;

/** How many rows of a run are now in the offline store. */
export function storedRows({ inserted, changed, unchanged }: RunCounts): number {
  return inserted + changed + unchanged;
}

/** A sentence if the share of duplicates is high, otherwise ''. */
export function duplicatesSentence(view: string, run: { readonly id: number; readonly counts: RunCounts }): string {
  const { accepted, duplicates } = run.counts;
  if (duplicates <= REPORTED_SHARE * accepted) return '';
  const share = Number(((duplicates / accepted) * 100).toFixed(1));
  return `${view}: ${count(duplicates)} of ${count(accepted)} rows in run ${run.id} (${share}%) were duplicates, so only one row per entity and timestamp was stored: ${count(storedRows(run.counts))} in total. Check the query; to make such runs fail, set duplicates_max`;
}
