import { describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { campaign } from '../../src/queue/leader/elect.ts';
import { until } from '../support/until.ts';
import { openWorld, type World } from '../support/world.ts';

/** A process that campaigns, and whether it is the leader. */
function candidate(world: World, clock: Clock = systemClock) {
  const seen = { inOffice: false, terms: 0 };
  const options = { database: world.app.database, clock, log: silentLog, electMs: 20, termMs: 4_000 };
  const candidacy = campaign(options, async (signal) => {
    seen.inOffice = true;
    seen.terms += 1;
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    seen.inOffice = false;
  });
  return { seen, [Symbol.asyncDispose]: () => candidacy[Symbol.asyncDispose]() };
}

const LOCKS = `select pid from pg_locks where locktype = 'advisory' and granted
                 and database = (select oid from pg_database where datname = current_database())`;

describe('campaign', () => {
  test('elects one of several, and another when that one stops', async () => {
    await using world = await openWorld();
    const all = [candidate(world), candidate(world), candidate(world)];
    const inOffice = () => all.filter(({ seen }) => seen.inOffice);
    await until(() => inOffice().length === 1);
    const [first] = inOffice();
    await first?.[Symbol.asyncDispose]();
    await until(() => inOffice().length === 1);
    expect(inOffice()[0]).not.toBe(first);
    await Promise.all(all.map((one) => one[Symbol.asyncDispose]()));
    expect(inOffice()).toEqual([]);
    await until(async () => (await world.sql(LOCKS)).length === 0);
  });

  test('ends the term when the connection is lost, and is elected again as soon as possible', async () => {
    await using world = await openWorld();
    await using only = candidate(world);
    await until(() => only.seen.terms === 1);
    await world.sql(`select pg_terminate_backend(pid) from (${LOCKS}) holder`);
    await until(() => only.seen.terms === 2);
  });

  test('elects another one while the leader is frozen', async () => {
    await using world = await openWorld();
    let isFrozen = true;
    // Its timers do not fire, so it sends no heartbeat.
    const frozen: Clock = {
      ...systemClock,
      sleep: async (milliseconds, signal) => {
        await systemClock.sleep(milliseconds, signal);
        while (isFrozen && signal?.aborted !== true) await systemClock.sleep(5, signal);
      },
    };
    await using stuck = candidate(world, frozen);
    await until(() => stuck.seen.inOffice);
    await using standby = candidate(world);
    await until(() => standby.seen.inOffice);
    isFrozen = false;
    await until(() => !stuck.seen.inOffice);
    expect(standby.seen.inOffice).toBe(true);
  });
});
