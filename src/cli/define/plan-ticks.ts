// The next ticks of jobs, and the effect of daylight saving time on them.

import { formatInstant } from '../../core/instant.ts';
import type { ClockNote } from '../../definition/cron/cron-notes.ts';
import type { JobTicks } from '../../plan/job-ticks.ts';
import { localAndUtc } from '../../presentation/format.ts';
import type { Text } from '../../presentation/text.ts';
import type { Terminal } from '../output/terminal.ts';

/** Paused jobs are left out: printJobs lists them. */
export function printTicks(terminal: Terminal, jobs: readonly JobTicks[]): void {
  const ticking = jobs.filter(({ job }) => !job.paused);
  if (ticking.length === 0) return;
  terminal.line('');
  terminal.table(['JOB', 'CRON', 'ZONE', 'NEXT TICKS'], ticking.flatMap(rowsOf));
}

/** A line for each tick and note; only the first names the job. */
function rowsOf({ job, at, notes, eitherDay }: JobTicks): Text[][] {
  const { name, cron, timezone } = job;
  const ticks: Text[] = at.map((tick) => localAndUtc(tick, timezone));
  const clockNotes = notes.map((note): Text => ({ style: 'yellow', text: noteText(note, timezone) }));
  const days: Text[] = eitherDay
    ? [{ style: 'yellow', text: 'on each day that matches day of month or day of week' }]
    : [];
  const lines = ticks.length === 0 ? ['none'] : [...ticks, ...days, ...clockNotes];
  return lines.map((line, index) => (index === 0 ? [name, cron, timezone, line] : ['', '', '', line]));
}

/** `02:30 does not exist on 2027-03-28: runs at 03:30 GMT+2 (01:30Z)`. */
function noteText({ kind, local, tick }: ClockNote, zone: string): string {
  const [day = '', time = ''] = formatInstant(local).slice(0, 16).split('T');
  const when = localAndUtc(tick, zone).replace(`${day} `, '');
  if (kind === 'moved') return `${time} does not exist on ${day}: runs at ${when}`;
  return `${time} occurs twice on ${day}: runs once, the first time, at ${when}`;
}
