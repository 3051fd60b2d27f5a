// What Bull Board may show of a job: ids, counts and times. Any other field may contain a value or foreign data.

import type { QueueJob, QueueJobJson } from '@bull-board/api/typings/app';
import { parseRunJob, parseTickJob } from '../../queue/delivery/job-data.ts';
import { RUN_STATES } from '../../state/runs/states.ts';

/** The id of the run, if this is the data of a run's job. */
export function runOf(data: unknown): number | null {
  return attempted(() => parseRunJob(data).run);
}

/** The data of a job as Millrace writes it; for other jobs only a note. */
export function shownData(data: unknown): object {
  return attempted(() => parseRunJob(data)) ?? attempted(() => parseTickJob(data)) ?? { unknown: 'not shown' };
}

function attempted<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch {
    return null;
  }
}

const RESULT_WORDS = new Set<string>(RUN_STATES);

/** Of a result: the run and its state, or the wait. */
export function shownResult(result: unknown): object | null {
  if (typeof result !== 'object' || result === null) return null;
  const { run, state, delayMs, snoozed, interrupted }: Record<string, unknown> = { ...result };
  return {
    ...(typeof run === 'number' ? { run } : {}),
    ...(typeof state === 'string' && RESULT_WORDS.has(state) ? { state } : {}),
    ...(typeof delayMs === 'number' ? { delayMs } : {}),
    ...(snoozed === undefined ? {} : { snoozed: true }),
    ...(interrupted === undefined ? {} : { interrupted: true }),
  };
}

/** A job name in Millrace's format: the name of a job, a view, or the parts of a view. */
export function shownName(name: unknown): string {
  return typeof name === 'string' && /^[a-z][a-z0-9_]{0,47}(?:\.parts)?$/.test(name) ? name : 'unknown';
}

const STALLED = 'job stalled more than allowable limit';

function shownReason(reason: unknown, data: unknown): string {
  if (typeof reason !== 'string' || reason === '') return '';
  if (reason === STALLED) return 'The job failed because its worker was lost too many times.';
  return runOf(data) === null
    ? 'The job failed: see the log of the scheduler.'
    : 'The job failed: see the page of its run.';
}

const OPTIONS = ['attempts', 'delay', 'priority', 'timestamp', 'prevMillis'] as const;

function shownOptions(options: unknown): object {
  if (typeof options !== 'object' || options === null) return {};
  const given: Record<string, unknown> = { ...options };
  return Object.fromEntries(
    OPTIONS.flatMap((name) => (typeof given[name] === 'number' ? [[name, given[name]] as const] : [])),
  );
}

function shownJson(job: QueueJobJson): QueueJobJson {
  const { id, timestamp, processedOn, finishedOn, delay, attemptsMade, attemptsStarted, stalledCounter, priority } =
    job;
  return {
    id,
    name: shownName(job.name),
    data: job.data, // the formatter reduces it after the link to the run is made
    opts: shownOptions(job.opts),
    progress: 0,
    returnvalue: job.returnvalue, // reduced by the formatter
    failedReason: shownReason(job.failedReason, job.data),
    stacktrace: [],
    timestamp,
    attemptsMade,
    ...(processedOn === undefined ? {} : { processedOn }),
    ...(finishedOn === undefined ? {} : { finishedOn }),
    ...(delay === undefined ? {} : { delay }),
    ...(priority === undefined ? {} : { priority }),
    ...(attemptsStarted === undefined ? {} : { attemptsStarted }),
    ...(stalledCounter === undefined ? {} : { stalledCounter }),
  };
}

/** The reduced job: Bull Board can read nothing else, and can call only `retry`. */
export function shownJob(job: QueueJob & { readonly id?: string }, retry: (data: unknown) => Promise<void>) {
  const denied = async () => {
    throw new Error('Bull Board is read-only.');
  };
  return {
    id: job.id,
    opts: {},
    promote: denied,
    remove: denied,
    retry: () => retry(job.toJSON().data),
    toJSON: () => shownJson(job.toJSON()),
    getState: () => job.getState(),
  };
}
