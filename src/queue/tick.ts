// A tick of a job: looks what is due for its views, plans it, and hands it to the workers.

import { messageOf } from '../core/failure.ts';
import type { Log } from '../core/log.ts';
import type { Job } from '../definition/job.ts';
import type { Database } from '../postgres/database.ts';
import { planDue } from '../state/planning.ts';
import type { RunOptions } from '../state/run.ts';
import { type AppliedView, appliedViews } from '../state/views.ts';
import { deliverRuns } from './deliver.ts';
import type { Queues } from './queues.ts';

export type TickOptions = {
  readonly database: Database;
  readonly queues: Queues;
  readonly log: Log;
};

/** What a tick did: how many runs it planned, and the views that it could not look at. */
export type TickResult = { readonly job: string; readonly runs: number; readonly failed: readonly string[] };

/** Plans what is due for each view of the job; one failing view never stops another. With nothing due it does nothing. */
export async function tick(options: TickOptions, job: Job): Promise<TickResult> {
  const { database, log } = options;
  const views = viewsOf(job, await appliedViews(database), log);
  const failed: string[] = [];
  let runs = 0;
  for (const applied of views) {
    try {
      runs += await tickView(options, job, applied);
    } catch (error) {
      failed.push(applied.view.name);
      log.error('tick.failed', { job: job.name, view: applied.view.name, message: messageOf(error) });
    }
  }
  log.info('tick.done', { job: job.name, views: views.length, runs });
  return { job: job.name, runs, failed };
}

/** The applied views that a job names, once each; `tag:x` names those with the tag. */
export function viewsOf(job: Job, applied: readonly AppliedView[], log: Log): AppliedView[] {
  const named = new Set(job.views);
  for (const name of named) {
    const isKnown = name.startsWith('tag:') || applied.some(({ view }) => view.name === name);
    if (!isKnown) log.warn('tick.view_unknown', { job: job.name, view: name });
  }
  return applied.filter(({ view }) => named.has(view.name) || view.tags.some((tag) => named.has(`tag:${tag}`)));
}

async function tickView({ database, queues, log }: TickOptions, job: Job, applied: AppliedView): Promise<number> {
  const { name } = applied.view;
  if (applied.edited !== null && !applied.retired) {
    const message = `The query of ${name} was edited, and nothing runs until you say what that means for its stored rows: "millrace apply ${name} --restate | --forward-only | --equivalent".`;
    log.warn('view.edited', { job: job.name, view: name, message });
  }
  const planned = await planDue(database, applied, 'schedule', runOptions(job));
  await deliverRuns(queues, database, planned);
  return planned.length;
}

function runOptions({ retries, timeoutMs, priority }: Job): RunOptions {
  return {
    attempts: retries.attempts,
    backoffMs: retries.backoffMs,
    backoffMaxMs: retries.maxMs,
    timeoutMs,
    priority,
    allowRemovals: false,
  };
}
