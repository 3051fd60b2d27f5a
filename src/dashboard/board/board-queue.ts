// A queue as Bull Board sees it: jobs are reduced to ids and counts, and retrying a job retries its run.

import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { Failure } from '../../core/failure.ts';
import type { Queues } from '../../queue/queues.ts';
import type { Role } from '../context.ts';
import { runOf, shownData, shownJob, shownName, shownResult } from './shown-job.ts';

/** Plans a run for what this one did not finish. @throws Failure */
export type RetryRun = (run: number) => Promise<void>;

/** A queue for the board of one role. */
export function shownQueue(
  queue: Queues['tick'] | Queues['run'],
  description: string,
  role: Role,
  retry: RetryRun,
): BullMQAdapter {
  const isOperator = role === 'operator';
  const adapter = new BullMQAdapter(queue, {
    readOnlyMode: !isOperator,
    allowRetries: isOperator,
    description,
    externalJobUrl: ({ data }) => linkOf(runOf(data)),
  });
  // Retrying the job of a finished run would do nothing: retry the run instead.
  const retryOf = async (data: unknown) => {
    const id = runOf(data);
    if (id === null) throw sentenceError('This job does not belong to a run.');
    await retry(id).catch((thrown: unknown) => {
      throw thrown instanceof Failure ? sentenceError(thrown.message) : thrown;
    });
  };
  const { getJob, getJobs, getJobSchedulers } = adapter;
  const reduced: Partial<BullMQAdapter> = {
    getJob: async (id) => asJob(await getJob.call(adapter, id), retryOf),
    getJobs: async (...asked) => (await getJobs.call(adapter, ...asked)).flatMap((job) => asJob(job, retryOf) ?? []),
    getJobLogs: async () => [],
    getJobSchedulers: async () =>
      (await getJobSchedulers.call(adapter)).map(({ template, name, ...schedule }) => ({
        ...schedule,
        name: shownName(name),
        template: { data: shownData(template?.data) },
      })),
    getFlowProducer: async () => null,
  };
  Object.assign(adapter, reduced);
  adapter.setFormatter('data', shownData);
  adapter.setFormatter('returnValue', shownResult);
  adapter.setFormatter('name', ({ name }: { name: unknown }) => shownName(name));
  return adapter;
}

type BullJob = NonNullable<Awaited<ReturnType<BullMQAdapter['getJob']>>>;

function asJob(job: BullJob | undefined, retry: (data: unknown) => Promise<void>): BullJob | undefined {
  // Bull Board needs no more of a job than this, although its types say so.
  return job === undefined ? undefined : (shownJob(job, retry) as unknown as BullJob);
}

function linkOf(run: number | null): { displayText: string; href: string } {
  return run === null ? { displayText: 'Runs', href: '/runs' } : { displayText: `Run ${run}`, href: `/runs/${run}` };
}

/** An error whose sentence Bull Board shows as a refusal. */
function sentenceError(message: string): Error {
  return Object.assign(new Error(message), { statusCode: 409 });
}
