// The most common case of test/fault/network.slow.test.ts: connections that are open and silent.

import { describe, expect, test } from 'vitest';
import { sampleOf, slowTest } from '../support/sample.ts';
import { until } from '../support/until.ts';
import { expectNothingLost, openSchedulerWorld, openWorkerWorld } from './network-world.ts';

const STOPS = [
  { stage: 'claim', targets: ['postgres'] },
  { stage: 'commit', targets: ['postgres'] },
  { stage: 'publish', targets: ['postgres', 'queue', 'online'] },
] as const;

describe('frozen connections', () => {
  test.each(sampleOf(STOPS, ({ stage }) => stage === 'publish'))(
    'of a worker before $stage delay its run',
    async ({ stage, targets }) => {
      const world = await openWorkerWorld({ when: 'before', stage });
      const run = await world.nextRun();
      await world.app.deliver([run]);
      await world.process.stopped;
      for (const target of targets) world.network[target].freeze('existing');
      await world.untilDone(run);
      await expectNothingLost(world);
    },
  );

  slowTest('of a scheduler delay what it delivers, and it is still seen', async () => {
    const world = await openSchedulerWorld();
    const { database } = world.app;
    for (const forwarder of Object.values(world.network)) forwarder.freeze('existing');
    const frozen = await database.query<{ at: string }>('select millrace.now()::text as at');
    await world.untilDone(await world.nextRun());
    await expectNothingLost(world);
    const seen = `select from millrace.process where kind = 'scheduler' and seen_at > $1::timestamptz`;
    await until(async () => (await database.query(seen, [frozen[0]?.at])).length === 1);
    expect(world.process.child.exitCode).toBeNull();
  });
});
