// The jobs of a plan, and how a deployment changes them.

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

/** Jobs that change, and jobs that are paused. */
export function printJobs(terminal: Terminal, jobs: readonly JobChange[], max: number): void {
  const changed = jobs.filter(({ change }) => change !== 'unchanged');
  const paused = jobs.filter((job) => job.change === 'unchanged' && job.paused);
  const rows = [...changed, ...paused];
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
  if (change === 'retired') return 'is no longer scheduled';
  const keys = changes.map(({ key, before, after }) => `${key} ${before || 'none'} → ${after || 'none'}`);
  const schedule = change === 'added' ? [`${cron} ${timezone}`] : [];
  return [...schedule, ...keys, ...(paused ? ['paused'] : [])].join(', ');
}
