// Why a view is late, as far as Postgres knows: a run that no worker takes, a failed run, a missing process. Pure.

import { humanDuration } from '../../core/duration.ts';
import { command, type Message, safe, text } from '../../core/message.ts';
import { isEmptyLatest } from '../../state/views/view-state.ts';
import { failureOf } from '../failures.ts';
import { localAndUtc } from '../format.ts';
import { noTickText } from '../next-run.ts';
import type { Status } from './status.ts';

/** A part of a sentence; empty if the reason is not known, or has its own note. */
export function whyLate(status: Status): Message {
  const { view, idleRun, waitingRun, lastRun, activeRuns, schedulersAlive, ticks } = status;
  const [next] = ticks;
  if (waitingRun !== null) return [];
  if (activeRuns > 0) return text`a run is in progress`;
  if (idleRun !== null) return idleText(status, idleRun);
  if (lastRun?.state === 'failed' || lastRun?.state === 'cancelled') return endedText(status, lastRun);
  if (view.kind === 'pushed' && status.inboxRows > 0) return safe('pushed rows are waiting to be stored');
  if (view.kind === 'pushed')
    return safe(isEmptyLatest(status) ? 'no rows have been pushed' : 'no rows have been pushed since then');
  if (next?.at == null) return safe(noTickText(ticks));
  if (schedulersAlive === 0)
    return text`no scheduler is running to plan its next run: start one with "${command('millrace scheduler')}"`;
  return view.kind === 'latest' ? safe(`the next tick of ${next.job} is at ${localAndUtc(next.at, next.zone)}`) : [];
}

function idleText({ now, workersAlive }: Status, { id, plannedAt }: NonNullable<Status['idleRun']>): Message {
  const waits = `run ${id} has been waiting for a worker for ${humanDuration(Math.max(0, now - plannedAt))}`;
  return workersAlive === 0
    ? text`${safe(waits)}, and none is running: start one with "${command('millrace worker')}"`
    : text`${safe(waits)}: check that a worker is free and that Redis is reachable`;
}

/** The newest run, which failed or was cancelled. */
function endedText({ lastFailure }: Status, { id, state }: NonNullable<Status['lastRun']>): Message {
  const show = command(`millrace runs show ${id}`);
  if (state === 'cancelled') return text`run ${safe(id)} was cancelled (${show})`;
  if (lastFailure === null || lastFailure.id !== id) return text`run ${safe(id)} failed (${show})`;
  return text`run ${safe(id)} failed with ${failureOf(lastFailure)}`;
}
