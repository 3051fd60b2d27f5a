import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import { type LogFacts, silentLog } from '../../src/core/log.ts';
import { performJob } from '../../src/queue/delivery/perform-job.ts';
import type { Queues } from '../../src/queue/queues.ts';
import type { Outcome } from '../../src/run/outcome.ts';
import { NO_COUNTS, type Run } from '../../src/state/runs/run.ts';
import { view } from '../support/views.ts';

/** What is logged of a job whose run ends so. None of these is delivered again, so that no server is asked. */
async function loggedOf(outcome: Outcome<Run>): Promise<[string, LogFacts | undefined][]> {
  const logged: [string, LogFacts | undefined][] = [];
  const log = { ...silentLog, info: (event: string, facts?: LogFacts) => void logged.push([event, facts]) };
  const options = { log, perform: async () => outcome, database: UNASKED as never };
  const job = { data: { run: 17, delivery: 2 } };
  await performJob(options, UNASKED as Queues, job, AbortSignal.timeout(5_000)).catch(() => {});
  return logged;
}

const UNASKED: unknown = null;

describe('performJob', () => {
  test('logs how many rows became what', async () => {
    const counts = {
      ...NO_COUNTS,
      read: 9,
      accepted: 7,
      refused: 2,
      inserted: 3,
      changed: 2,
      unchanged: 1,
      duplicates: 1,
    };
    const run = { id: 17, view: view({ name: 'spend' }), state: 'done', counts } as Run;

    expect(await loggedOf({ kind: 'completed', value: run })).toEqual([
      [
        'run.completed',
        {
          run: 17,
          delivery: 2,
          view: 'spend',
          state: 'done',
          read: 9,
          refused: 2,
          inserted: 3,
          changed: 2,
          unchanged: 1,
          duplicates: 1,
          removed: 0,
          kept: 0,
        },
      ],
    ]);
  });

  test('logs the code and the view of a failure, and not its sentence', async () => {
    const failure = new Failure('CHECK_FAILED', 'Feature a of spend is 17.', { view: 'spend', worst: 17 });

    expect(await loggedOf({ kind: 'discarded', failure })).toEqual([
      ['run.discarded', { run: 17, delivery: 2, code: 'CHECK_FAILED', view: 'spend' }],
    ]);
  });
});
