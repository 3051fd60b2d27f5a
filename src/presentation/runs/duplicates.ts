// What is said of a run that read many rows more than once.

import type { RunCounts } from '../../state/runs/run.ts';
import { count } from '../format.ts';

/** A run with more of them has most likely read its source wrong. */
const REPORTED_SHARE = 0.1;

/** How many rows of a run are in the offline store now. */
export function storedRows({ inserted, changed, unchanged }: RunCounts): number {
  return inserted + changed + unchanged;
}

/** A sentence where the share of duplicates is worth one, else ''. */
export function duplicatesSentence(view: string, run: { readonly id: number; readonly counts: RunCounts }): string {
  const { accepted, duplicates } = run.counts;
  if (duplicates <= REPORTED_SHARE * accepted) return '';
  const share = Number(((duplicates / accepted) * 100).toFixed(1));
  return `${view}: ${count(duplicates)} of ${count(accepted)} rows of run ${run.id} (${share} %) were duplicates: of each entity and time one row was stored, ${count(storedRows(run.counts))} in all; check the query (duplicates_max makes such runs fail)`;
}
