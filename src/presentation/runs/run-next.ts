// What to do about a run, in one line.

import { FAILURES } from '../../core/failure.ts';
import { command, type Message, safe, text } from '../../core/message.ts';
import type { RunOverview } from '../../state/queries/run-overview.ts';
import { isWaiting } from '../../state/queries/run-overview.ts';
import { shortInstant, utcText } from '../format.ts';

export function nextStep(run: RunOverview): Message {
  switch (run.state) {
    case 'planned':
    case 'committed':
      return isWaiting(run) ? waitingStep(run) : text`It goes on as soon as a worker is free.`;
    case 'active':
      return text`A worker is at it.`;
    case 'done':
      return doneStep(run);
    case 'failed':
      return failedStep(run);
    case 'cancelled':
      return text`Run it again with: ${command(`millrace retry ${run.id}`)}`;
    case 'superseded':
      return text`Nothing to do: what it was to read is planned anew; see ${command(`millrace runs ${run.view}`)}`;
  }
}

function waitingStep({ state, nextAttemptAt }: RunOverview): Message {
  const when = nextAttemptAt === null ? 'as soon as a worker is free' : `at ${utcText(nextAttemptAt)}`;
  return state === 'committed'
    ? text`Nothing to do: its rows are stored, and it is published ${safe(when)}.`
    : text`Nothing to do, unless what it waits for needs you: it is tried again ${safe(when)}.`;
}

function doneStep({ id, view, span, counts }: RunOverview): Message {
  if (counts.refused > 0) return text`See what was refused: ${command(`millrace quarantine ${view} --run ${id}`)}`;
  if (span === null) return text`Nothing to do. Run it again with: ${command(`millrace run ${view}`)}`;
  const range = `--from ${shortInstant(span.start)} --to ${shortInstant(span.end)}`;
  return text`Nothing to do. Read its span again with: ${command(`millrace restate ${view} ${range}`)}`;
}

function failedStep({ id, view, span, error }: RunOverview): Message {
  const again = command(span === null ? `millrace run ${view}` : `millrace retry ${id}`);
  if (error?.code === 'ROWS_REFUSED') {
    const look = command(`millrace quarantine ${view} --run ${id}`);
    return text`Look at what was refused (${look}), mend it, then: ${again}`;
  }
  const owner = ownerOf(error?.code ?? '');
  const who = owner === null ? 'Mend the cause' : `The ${owner} mends the cause`;
  return text`${safe(who)}, then: ${again}`;
}

function ownerOf(code: string): 'author' | 'operator' | null {
  const found = Object.entries(FAILURES).find(([name]) => name === code);
  const owner = found?.[1].owner ?? 'nobody';
  return owner === 'nobody' ? null : owner;
}
