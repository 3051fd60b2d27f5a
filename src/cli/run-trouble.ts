// Why a run failed or what it waits for, in one line.

import type { WaitingRun } from '../state/overview.ts';
import type { RunOverview } from '../state/run-overview.ts';
import { isWaiting } from './follow.ts';
import { utcText } from './format.ts';
import type { Terminal } from './terminal.ts';

const LINES_MAX = 10;
const CHARACTERS_MAX = 500;

/** A line for each run that failed or waits, in the order of `runs`; bounded, as `runs show` tells all of one. */
export function printTroubles(terminal: Terminal, runs: readonly RunOverview[]): void {
  const lines = runs.map(troubleLine).filter((line) => line !== null);
  if (lines.length > 0) terminal.line('');
  for (const line of lines.slice(0, LINES_MAX)) terminal.line(line);
  if (lines.length > LINES_MAX) terminal.line(`… and ${lines.length - LINES_MAX} more: millrace runs show RUN`);
}

function troubleLine(run: RunOverview): string | null {
  if (run.state === 'failed') return `run ${run.id} failed: ${bounded(errorText(run) ?? '')}`;
  return isWaiting(run) ? waitingLine(run) : null;
}

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

function errorText({ error }: Pick<RunOverview, 'error'>): string | null {
  return error === null ? null : `${error.code} ${error.message}`;
}

/** A message in one line that a terminal can bear. */
export function bounded(text: string): string {
  return text.length > CHARACTERS_MAX ? `${text.slice(0, CHARACTERS_MAX)}…` : text;
}
