// What a run waits for or failed with, in one line.

import type { RunOverview } from '../state/queries/run-overview.ts';
import type { WaitingRun } from '../state/queries/view-overview.ts';
import { utcText } from './format.ts';

const CHARACTERS_MAX = 500;

/** `run 26 waits: SOURCE_UNAVAILABLE The source … does not answer. (attempt 1 of 5; next attempt at 2026-01-05 12:00:30 UTC)`. */
export function waitingLine(run: WaitingRun): string {
  // Not every wait is after an error, and the error may be of an attempt before the one that waits.
  const isOfError = run.error !== null && run.error.message === run.waitingFor;
  const why = (isOfError ? errorText(run) : run.waitingFor) ?? '';
  return `run ${run.id} waits: ${bounded(why)} (${attemptText(run)})`;
}

/** Waits that cost no attempt (for a file, for Redis) have no number. */
function attemptText({ state, attempt, attemptsMax, nextAttemptAt }: WaitingRun): string {
  const next =
    nextAttemptAt === null ? 'next attempt as soon as a worker is free' : `next attempt at ${utcText(nextAttemptAt)}`;
  return state === 'planned' && attempt > 0 ? `attempt ${attempt} of ${attemptsMax}; ${next}` : next;
}

export function errorText({ error }: Pick<RunOverview, 'error'>): string | null {
  return error === null ? null : `${error.code} ${error.message}`;
}

/** A message in one line that a terminal can bear. */
export function bounded(text: string): string {
  return text.length > CHARACTERS_MAX ? `${text.slice(0, CHARACTERS_MAX)}…` : text;
}
