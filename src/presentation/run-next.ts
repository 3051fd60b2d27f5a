// What to do about a run, in one line.

import { FAILURES } from '../core/failure.ts';
import type { RunOverview } from '../state/queries/run-overview.ts';
import { isWaiting } from '../state/queries/run-overview.ts';
import { shortInstant, utcText } from './format.ts';

export function nextStep(run: RunOverview): string {
  switch (run.state) {
    case 'planned':
    case 'committed':
      return isWaiting(run) ? waitingStep(run) : 'It goes on as soon as a worker is free.';
    case 'active':
      return 'A worker is at it.';
    case 'done':
      return doneStep(run);
    case 'failed':
      return failedStep(run);
    case 'cancelled':
      return `Run it again with: millrace retry ${run.id}`;
    case 'superseded':
      return `Nothing to do: what it was to read is planned anew; see millrace runs ${run.view}`;
  }
}

function waitingStep({ state, nextAttemptAt }: RunOverview): string {
  const when = nextAttemptAt === null ? 'as soon as a worker is free' : `at ${utcText(nextAttemptAt)}`;
  return state === 'committed'
    ? `Nothing to do: its rows are stored, and it is published ${when}.`
    : `Nothing to do, unless what it waits for needs you: it is tried again ${when}.`;
}

function doneStep({ id, view, span, counts }: RunOverview): string {
  if (counts.refused > 0) return `See what was refused: millrace quarantine ${view} --run ${id}`;
  if (span === null) return `Nothing to do. Run it again with: millrace run ${view}`;
  const range = `--from ${shortInstant(span.start)} --to ${shortInstant(span.end)}`;
  return `Nothing to do. Read its span again with: millrace restate ${view} ${range}`;
}

function failedStep({ id, view, span, error }: RunOverview): string {
  const again = span === null ? `millrace run ${view}` : `millrace retry ${id}`;
  if (error?.code === 'ROWS_REFUSED') {
    return `Look at what was refused (millrace quarantine ${view} --run ${id}), mend it, then: ${again}`;
  }
  const owner = ownerOf(error?.code ?? '');
  const who = owner === null ? 'Mend the cause' : `The ${owner} mends the cause`;
  return `${who}, then: ${again}`;
}

function ownerOf(code: string): 'author' | 'operator' | null {
  const found = Object.entries(FAILURES).find(([name]) => name === code);
  const owner = found?.[1].owner ?? 'nobody';
  return owner === 'nobody' ? null : owner;
}
