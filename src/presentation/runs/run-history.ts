// The history of a run: a line for each entry.

import { humanDuration } from '../../core/duration.ts';
import { cut, type Message, safe, text } from '../../core/message.ts';
import type { RunOverview } from '../../state/queries/run-overview.ts';
import type { RunEntry } from '../../state/runs/history.ts';
import type { Wait } from '../../state/runs/wait.ts';
import { counted, utcText } from '../format.ts';
import type { Text } from '../text.ts';
import { bounded } from './run-waiting.ts';
import { waitText } from './waits.ts';

export type HistoryLine = { readonly entry: RunEntry; readonly text: Text };

/** A line for each entry. The newest failure is also shown as the run's error, so its message is not repeated here. */
export function historyLines(history: readonly RunEntry[], { error }: Pick<RunOverview, 'error'>): HistoryLine[] {
  const shownAsError = error === null ? -1 : history.findLastIndex((entry) => 'code' in entry);
  return history.map((entry, index) => ({
    entry,
    text: entryText(index === shownAsError && 'message' in entry ? { ...entry, message: '' } : entry),
  }));
}

function entryText(entry: RunEntry): Text {
  switch (entry.what) {
    case 'planned':
      return `planned, ${entry.backfill === null ? entry.reason : `backfill ${entry.backfill}`}`;
    case 'claimed':
      return `attempt ${entry.attempt} started by ${entry.owner}`;
    case 'taken over':
      return `attempt ${entry.attempt} started by ${entry.owner} after the previous worker stopped responding`;
    case 'extracted':
    case 'checked':
    case 'committed':
    case 'published':
      return `${entry.what} in ${humanDuration(entry.ms)}`;
    case 'begun again':
      return `${entry.stage}: its staged rows were lost, so the source was read again`;
    case 'snoozed':
      return text`${safe(snoozedText(entry))}: ${blockText(entry.why)}`;
    case 'interrupted':
      return text`interrupted at ${safe(entry.stage)} after ${safe(humanDuration(entry.ms))}: ${blockText(entry.why)}`;
    case 'failed':
      return { style: 'red', text: `${failedText(entry)}; next attempt at ${utcText(entry.until)}` };
    case 'closed':
      return closedText(entry);
    case 'left out':
      return { style: 'dim', text: `… ${counted(entry.entries, 'more entry', 'more entries')} (not kept)` };
  }
}

function blockText(wait: Wait): Message {
  return cut(waitText(wait, null), 500);
}

function snoozedText({ times, last }: Extract<RunEntry, { what: 'snoozed' }>): string {
  return times === 1 || last === undefined ? 'waiting' : `waiting (${times} times, most recently at ${utcText(last)})`;
}

function closedText(entry: Extract<RunEntry, { what: 'closed' }>): Text {
  const { state, attempt, stage, ms, code, message } = entry;
  if (state === 'done') return { style: 'green', text: 'done' };
  if (code === undefined || message === undefined) return { style: 'red', text: state };
  return { style: 'red', text: `${failedText({ attempt, stage, ms, code, message })}; not retried` };
}

function failedText(stop: {
  readonly attempt?: number | undefined;
  readonly stage?: string | undefined;
  readonly ms?: number | undefined;
  readonly code: string;
  readonly message: string;
}): string {
  const where = `attempt ${stop.attempt ?? '–'} failed at ${stop.stage ?? '–'} after ${humanDuration(stop.ms ?? 0)}`;
  return `${where}: ${stop.code} ${bounded(stop.message).replace(/\.$/, '')}`.trimEnd();
}
