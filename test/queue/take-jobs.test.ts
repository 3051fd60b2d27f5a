import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { takeJobs } from '../../src/queue/delivery/take-jobs.ts';
import { openQueues } from '../../src/queue/queues.ts';
import { freshRedis } from '../support/servers.ts';
import { until } from '../support/until.ts';
import { FAST, keptLog } from './world.ts';

describe('takeJobs', () => {
  test('logs the kind of an unexpected error and where it was thrown, but not its message', async () => {
    const log = keptLog();
    const shared = {
      queue: { url: await freshRedis('queue'), prefix: 'millrace' },
      clock: systemClock,
      settings: FAST,
    };
    await using queues = await openQueues({ ...shared, connectionName: 'test' });
    const options = { ...shared, log, name: queues.tick.name, connectionName: 'taker', concurrency: 1 };
    const taker = takeJobs(options, async () => {
      throw new TypeError('ada@example.org is not a function');
    });
    await queues.tick.add('now', { job: 'nightly' });
    const failed = () => log.said.filter(({ event }) => event === 'job.failed');
    await until(() => failed().length > 0);
    await taker.stop(1_000);
    expect(failed()).toEqual([
      {
        event: 'job.failed',
        facts: {
          queue: queues.tick.name,
          job: expect.any(String),
          message: expect.stringMatching(/^TypeError at .*take-jobs/),
        },
      },
    ]);
  });
});
