// The jobs of a plan: what deploying changes about them.

import type { JobChange } from '../../plan/job-changes.ts';
import type { Text } from '../../presentation/text.ts';
import type { Terminal } from '../output/terminal.ts';
import { printMore } from './plan-more.ts';

const JOB_MARKS: Record<JobChange['change'], Text> = {
  added: { style: 'green', text: '+ added' },
  changed: { style: 'yellow', text: '~ changed' },
  retired: { style: 'yellow', text: '- retired' },
  unchanged: { style: 'dim', text: '  unchanged' },
};

/** Those that change, and those that rest. */
export function printJobs(terminal: Terminal, jobs: readonly JobChange[], max: number): void {
  const changed = jobs.filter(({ change }) => change !== 'unchanged');
  const resting = jobs.filter(({ change, paused }) => change === 'unchanged' && paused);
  const rows = [...changed, ...resting];
  if (rows.length > 0) {
    terminal.line('');
    terminal.table(
      ['CHANGE', 'JOB', 'WHAT'],
      rows.slice(0, max).map((job) => [JOB_MARKS[job.change], job.name, jobText(job)]),
    );
    printMore(terminal, rows.length - max, 'job');
  }
}

function jobText({ change, changes, cron, timezone, paused }: JobChange): string {
  if (change === 'retired') return 'does not tick any more';
  const keys = changes.map(({ key, before, after }) => `${key} ${before || 'none'} → ${after || 'none'}`);
  const schedule = change === 'added' ? [`${cron} ${timezone}`] : [];
  return [...schedule, ...keys, ...(paused ? ['paused: does not tick'] : [])].join(', ');
}
