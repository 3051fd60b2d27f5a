import { expect, test } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import { planDrains } from '../../src/queue/leader/drains.ts';
import { openWorld } from '../support/world.ts';

test('planDrains forgets all idempotency keys that are older than a day, and keeps the others', async () => {
  await using world = await openWorld();
  await using queues = await world.app.openQueues();
  await world.sql(
    `insert into millrace.push (actor, key, digest, result, at)
     select 'ada', n::text, 'x', '{}', millrace.now() - case when n = 0 then interval '1 hour' else interval '25 hours' end
       from generate_series(0, 30000) n`,
  );
  await planDrains({ database: world.app.database, log: silentLog }, queues);
  expect(await world.sql('select key from millrace.push')).toEqual([{ key: '0' }]);
});
