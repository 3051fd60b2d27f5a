// What a run waits for, or its error, in one line.

import { cut, type Message, safe, text } from '../../core/message.ts';
import type { WaitingRun } from '../../state/queries/view-overview.ts';
import type { RunError } from '../../state/runs/run-error.ts';
import { isAfterError } from '../../state/runs/wait.ts';
import { utcText } from '../format.ts';
import { waitText } from './waits.ts';

const CHARACTERS_MAX = 500;

/** `run 26 is waiting: SOURCE_UNAVAILABLE The source … is not responding. (attempt 1 of 5; next attempt at 2026-01-05 12:00:30 UTC)`. */
export function waitingLine(run: WaitingRun): Message {
  // Not every wait follows an error, and the error may belong to an earlier attempt.
  const { wait, error } = run;
  const isOfError = wait !== null && isAfterError(wait) && error !== null;
  const why = isOfError ? errorLine(error) : wait === null ? [] : cut(waitText(wait, error), CHARACTERS_MAX);
  return text`run ${safe(run.id)} is waiting: ${why} (${safe(attemptText(run))})`;
}

/** Waits that use no attempt (for a file, for Redis) show no attempt number. */
function attemptText({ state, attempt, attemptsMax, nextAttemptAt }: WaitingRun): string {
  const next =
    nextAttemptAt === null ? 'next attempt as soon as a worker is free' : `next attempt at ${utcText(nextAttemptAt)}`;
  return state === 'planned' && attempt > 0 ? `attempt ${attempt} of ${attemptsMax}; ${next}` : next;
}

/** `SOURCE_QUERY Division by zero.` */
export function errorLine({ code, parts }: Pick<RunError, 'code' | 'parts'>): Message {
  return text`${safe(code)} ${cut(parts, CHARACTERS_MAX)}`;
}

/** A message cut to a length that suits a terminal. */
export function bounded(text: string): string {
  return text.length > CHARACTERS_MAX ? `${text.slice(0, CHARACTERS_MAX)}…` : text;
}
