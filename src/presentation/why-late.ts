// Why a view is late, as far as Postgres knows: the run that nobody takes, the one that failed, who is not there. Pure.

import { humanDuration } from '../core/duration.ts';
import { localAndUtc } from './format.ts';
import { noTickText } from './next-look.ts';
import { bounded } from './run-waiting.ts';
import type { Status } from './status.ts';

/** A part of a sentence; empty where nothing is known, or where a sentence of its own tells it. */
export function whyLate(status: Status): string {
  const { view, idleRun, waitingRun, lastRun, activeRuns, schedulersAlive, ticks } = status;
  const [next] = ticks;
  if (waitingRun !== null) return '';
  if (activeRuns > 0) return 'a worker is at it';
  if (idleRun !== null) return idleText(status, idleRun);
  if (lastRun?.state === 'failed' || lastRun?.state === 'cancelled') return endedText(status, lastRun);
  if (next?.at == null) return noTickText(view.name, ticks);
  if (schedulersAlive === 0) return 'no scheduler is alive to plan its next run: start one with "millrace scheduler"';
  return view.kind === 'latest' ? `${next.job} looks at it next at ${localAndUtc(next.at, next.zone)}` : '';
}

function idleText({ now, workersAlive }: Status, { id, plannedAt }: NonNullable<Status['idleRun']>): string {
  const waits = `run ${id} has waited for a worker for ${humanDuration(Math.max(0, now - plannedAt))}`;
  return workersAlive === 0
    ? `${waits}, and none is alive: start one with "millrace worker"`
    : `${waits}: is one free, and does the queue answer?`;
}

/** The newest run, which was not done, and what it says of itself. */
function endedText({ lastFailure }: Status, { id, state }: NonNullable<Status['lastRun']>): string {
  if (state === 'cancelled') return `run ${id} was cancelled (millrace runs show ${id})`;
  const said = lastFailure === null || lastFailure.id !== id ? '' : ` with ${errorText(lastFailure)}`;
  return `run ${id} failed${said} (millrace runs show ${id})`;
}

/** `SOURCE_QUERY: Division by zero`; without a message only its code. */
export function errorText({ code, message }: NonNullable<Status['lastFailure']>): string {
  return message === null || message === '' ? code : `${code}: ${bounded(message).replace(/\.$/, '')}`;
}
