// The reason that an event records, as text.

import type { EventNote } from '../state/events.ts';
import { failedRuns } from './failures.ts';
import { counted } from './format.ts';
import { rebuildText } from './views/rebuild-reason.ts';

export function eventNoteText({ kind, facts }: EventNote): string {
  switch (kind) {
    case 'added':
      return 'added';
    case 'changed':
      return 'definition changed';
    case 'edited':
      return `edited query applied as ${facts.meaning}`;
    case 'restated':
      return 'restated';
    case 'lookback':
      return 'lookback';
    case 'late_file':
      return lateFileText(facts);
    case 'catch_up':
      return `catch_up: ${facts.catchUp}`;
    case 'run_failed':
      return facts.message;
    case 'backfill_cancelled':
      return `backfill ${facts.backfill} was cancelled`;
    case 'paused':
      return `${facts.by}: ${facts.reason}`;
    case 'circuit_opened':
      return `${failedRuns(facts, 'run')} with ${facts.code}`;
    case 'rebuilt':
      return rebuildText(facts.reason);
    case 'text':
      return facts.text;
  }
}

function lateFileText({ file, change, others }: Extract<EventNote, { kind: 'late_file' }>['facts']): string {
  const what = `${file} has ${change}`;
  return others === 0 ? what : `${what}, and ${counted(others, 'more file')} changed`;
}
