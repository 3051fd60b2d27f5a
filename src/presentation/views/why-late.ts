// Why a view is late, as far as Postgres knows: the run that nobody takes, the one that failed, who is not there. Pure.

import { humanDuration } from '../../core/duration.ts';
import { command, type Message, safe, text } from '../../core/message.ts';
import { failureOf } from '../failures.ts';
import { localAndUtc } from '../format.ts';
import { noTickText } from '../next-look.ts';
import type { Status } from './status.ts';

/** A part of a sentence; empty where nothing is known, or where a sentence of its own tells it. */
export function whyLate(status: Status): Message {
  const { view, idleRun, waitingRun, lastRun, activeRuns, schedulersAlive, ticks } = status;
  const [next] = ticks;
  if (waitingRun !== null) return [];
  if (activeRuns > 0) return text`a worker is at it`;
  if (idleRun !== null) return idleText(status, idleRun);
  if (lastRun?.state === 'failed' || lastRun?.state === 'cancelled') return endedText(status, lastRun);
  if (next?.at == null) return safe(noTickText(view.name, ticks));
  if (schedulersAlive === 0)
    return text`no scheduler is alive to plan its next run: start one with "${command('millrace scheduler')}"`;
  return view.kind === 'latest' ? safe(`${next.job} looks at it next at ${localAndUtc(next.at, next.zone)}`) : [];
}

function idleText({ now, workersAlive }: Status, { id, plannedAt }: NonNullable<Status['idleRun']>): Message {
  const waits = `run ${id} has waited for a worker for ${humanDuration(Math.max(0, now - plannedAt))}`;
  return workersAlive === 0
    ? text`${safe(waits)}, and none is alive: start one with "${command('millrace worker')}"`
    : text`${safe(waits)}: is one free, and does the queue answer?`;
}

/** The newest run, which was not done, and what it says of itself. */
function endedText({ lastFailure }: Status, { id, state }: NonNullable<Status['lastRun']>): Message {
  const show = command(`millrace runs show ${id}`);
  if (state === 'cancelled') return text`run ${safe(id)} was cancelled (${show})`;
  if (lastFailure === null || lastFailure.id !== id) return text`run ${safe(id)} failed (${show})`;
  return text`run ${safe(id)} failed with ${failureOf(lastFailure)}`;
}
