// What deploying the jobs of a project would change. Pure.

import { formatDuration } from '../core/duration.ts';
import type { Job } from '../definition/job.ts';

/** A key of a job as written in its file, before and after. */
export type KeyChange = { readonly key: string; readonly before: string; readonly after: string };

export type JobChange = {
  readonly name: string;
  readonly change: 'added' | 'changed' | 'retired' | 'unchanged';
  readonly changes: readonly KeyChange[];
  readonly cron: string;
  readonly timezone: string;
  /** Whether the job is paused after the change. A retired job never ticks. */
  readonly paused: boolean;
};

/** The changes between two sets of jobs, by name. */
export function jobChanges(before: readonly Job[], after: readonly Job[]): JobChange[] {
  const known = new Map(before.map((job) => [job.name, job]));
  const kept = new Set(after.map(({ name }) => name));
  const retired = before.filter(({ name }) => !kept.has(name)).map((job) => jobChange(job, 'retired', []));
  const defined = after.map((job) => {
    const old = known.get(job.name);
    if (old === undefined) return jobChange(job, 'added', []);
    const changes = keyChanges(old, job);
    return jobChange(job, changes.length === 0 ? 'unchanged' : 'changed', changes);
  });
  return [...defined, ...retired].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function jobChange(job: Job, change: JobChange['change'], changes: readonly KeyChange[]): JobChange {
  const { name, cron, timezone, paused } = job;
  return { name, change, changes, cron, timezone, paused };
}

function keyChanges(before: Job, after: Job): KeyChange[] {
  const old = written(before);
  return Object.entries(written(after)).flatMap(([key, text]) => {
    const was = old[key] ?? '';
    return was === text ? [] : [{ key, before: was, after: text }];
  });
}

function written(job: Job): Record<string, string> {
  return {
    cron: job.cron,
    timezone: job.timezone,
    views: job.views.join(', '),
    priority: String(job.priority),
    paused: String(job.paused),
    timeout: formatDuration(job.timeoutMs),
    'retries.attempts': String(job.retries.attempts),
    'retries.backoff': formatDuration(job.retries.backoffMs),
    'retries.max': formatDuration(job.retries.maxMs),
    description: job.description,
  };
}
