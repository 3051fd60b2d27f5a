// The next step for a run, in one line.

import { FAILURES } from '../../core/failure.ts';
import { command, type Message, safe, text } from '../../core/message.ts';
import type { RunOverview } from '../../state/queries/run-overview.ts';
import { isWaiting } from '../../state/queries/run-overview.ts';
import { shortInstant, utcText } from '../format.ts';

export function nextStep(run: RunOverview): Message {
  switch (run.state) {
    case 'planned':
    case 'committed':
      return isWaiting(run) ? waitingStep(run) : text`It will run as soon as a worker is free.`;
    case 'active':
      return text`A worker is running it.`;
    case 'done':
      return doneStep(run);
    case 'failed':
      return failedStep(run);
    case 'cancelled':
      return text`Run it again with: ${command(`millrace retry ${run.id}`)}`;
    case 'superseded':
      return text`Nothing to do: a newer run covers its interval. See ${command(`millrace runs ${run.view}`)}`;
  }
}

function waitingStep({ state, nextAttemptAt }: RunOverview): Message {
  const when = nextAttemptAt === null ? 'as soon as a worker is free' : `at ${utcText(nextAttemptAt)}`;
  return state === 'committed'
    ? text`Nothing to do: its rows are stored and will be published ${safe(when)}.`
    : text`Nothing to do, unless it is waiting for something that you must provide. Next attempt ${safe(when)}.`;
}

function doneStep({ id, view, span, counts }: RunOverview): Message {
  if (counts.refused > 0) return text`List the refused rows: ${command(`millrace quarantine ${view} --run ${id}`)}`;
  if (span === null) return text`Nothing to do. Run it again with: ${command(`millrace run ${view}`)}`;
  const range = `--from ${shortInstant(span.start)} --to ${shortInstant(span.end)}`;
  return text`Nothing to do. To read its interval again, run: ${command(`millrace restate ${view} ${range}`)}`;
}

function failedStep({ id, view, span, error }: RunOverview): Message {
  const again = command(span === null ? `millrace run ${view}` : `millrace retry ${id}`);
  if (error?.code === 'ROWS_REFUSED') {
    const look = command(`millrace quarantine ${view} --run ${id}`);
    return text`List the refused rows (${look}), fix them, then run: ${again}`;
  }
  const owner = ownerOf(error?.code ?? '');
  const by = owner === null ? '' : ` (owner: ${owner})`;
  return text`Fix the cause${safe(by)}, then run: ${again}`;
}

function ownerOf(code: string): 'author' | 'operator' | null {
  const found = Object.entries(FAILURES).find(([name]) => name === code);
  const owner = found?.[1].owner ?? 'nobody';
  return owner === 'nobody' ? null : owner;
}
