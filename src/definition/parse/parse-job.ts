// Parses a job file, and checks rules about several keys.

import { parseDuration } from '../../core/duration.ts';
import type { EpochMs } from '../../core/instant.ts';
import { cronProblem } from '../cron/cron.ts';
import { zoneProblem } from '../cron/zone.ts';
import type { JobFile } from '../files/job-file.ts';
import type { ValidKeys } from '../files/shape.ts';
import type { Job } from '../job.ts';
import { atValue, type Finding } from '../rules/finding.ts';

/** The job of a valid file. */
export function parseJob(file: JobFile): Job {
  return {
    name: file.name,
    description: file.description,
    cron: file.cron.trim().replace(/\s+/g, ' '),
    timezone: file.timezone,
    views: file.views,
    retries: {
      attempts: file.retries.attempts,
      backoffMs: parseDuration(file.retries.backoff) ?? 0,
      maxMs: parseDuration(file.retries.max) ?? 0,
    },
    timeoutMs: parseDuration(file.timeout) ?? 0,
    priority: file.priority,
    paused: file.paused,
  };
}

/** The findings in one job, without references to views. Ticks are enumerated from `now`. */
export function jobFindings(job: ValidKeys<JobFile>, now: EpochMs): Finding[] {
  return [...scheduleFindings(job, now), ...retryFindings(job), ...repeatedViews(job.views ?? [])];
}

function scheduleFindings({ cron, timezone }: ValidKeys<JobFile>, now: EpochMs): Finding[] {
  const wrongZone = timezone === undefined ? null : zoneProblem(timezone);
  const zone = timezone === undefined || wrongZone !== null ? 'UTC' : timezone;
  const wrongCron = cron === undefined ? null : cronProblem(cron, zone, now);
  return [
    ...(wrongCron === null ? [] : [atValue(['cron'], `\`cron\`: ${wrongCron}`)]),
    ...(wrongZone === null ? [] : [atValue(['timezone'], `\`timezone\`: ${wrongZone}`)]),
  ];
}

function retryFindings({ retries, timeout }: ValidKeys<JobFile>): Finding[] {
  const findings: Finding[] = [];
  if (timeout !== undefined && parseDuration(timeout) === 0) {
    findings.push(atValue(['timeout'], '`timeout`: expected more than zero'));
  }
  if (retries !== undefined && (parseDuration(retries.max) ?? 0) < (parseDuration(retries.backoff) ?? 0)) {
    const found = `found '${retries.max}'`;
    findings.push(
      atValue(['retries', 'max'], `\`retries.max\`: expected at least \`backoff\` (${retries.backoff}), ${found}`),
    );
  }
  return findings;
}

function repeatedViews(views: readonly string[]): Finding[] {
  return views.flatMap((view, index) =>
    views.indexOf(view) === index ? [] : [atValue(['views', index], `\`views[${index}]\`: duplicate '${view}'`)],
  );
}
