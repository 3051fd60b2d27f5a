// How many open runs of a view count towards its limit.

/** Waiting runs do not count towards the limit of open runs, up to this number. */
const WAITING_RUNS_MAX = 20_000;

/**
 * An SQL aggregate over planned and active runs of one view. If waiting runs counted, a view whose first 10,000 files
 * never come would plan nothing anymore. The one run of a view of kind latest always counts.
 */
export function countedRuns(run: string): string {
  const waits = `${run}.state = 'planned' and ${run}.owner is null and ${run}.not_before > millrace.now() and not lower_inf(${run}.span)`;
  return `greatest(count(*) filter (where (${waits}) is not true), count(*) - ${WAITING_RUNS_MAX})::int`;
}
