import { describe, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { view } from '../support/views.ts';
import { type ApiWorld, openApiWorld, TOKENS } from './world.ts';

const BODY = { features: ['spend'], pairs: [{ entity_id: '1', at: '2026-01-02' }] };

/** A world in which reads of the view `spend` wait for a lock, until `unlock`. */
async function openLocked(settings = {}) {
  const world = await openApiWorld({ settings });
  await world.apply(view({ name: 'spend' }), view({ name: 'amount', kind: 'pushed', source: '', query: null }));
  const { promise: unlocked, resolve } = Promise.withResolvers<void>();
  const { promise: isLocked, resolve: lock } = Promise.withResolvers<void>();
  const locked = world.app.database.transaction(async (session) => {
    await session.run('lock table features.spend in access exclusive mode');
    lock();
    await unlocked;
  });
  await isLocked;
  const unlock = async () => {
    resolve();
    await locked;
  };
  return { world, unlock };
}

const read = (world: ApiWorld) => world.ask('/api/v1/as-of', { body: BODY });

async function waiting({ sql }: ApiWorld): Promise<number> {
  const [row] = await sql(
    `select count(*)::int as reads from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return Number(row?.['reads']);
}

describe('slow reads of Postgres', () => {
  test('do not delay pushes', async () => {
    const { world, unlock } = await openLocked({ statePoolMax: 4, connectTimeoutMs: 20_000 });
    const reads = Array.from({ length: 4 }, () => read(world));
    await until(async () => (await waiting(world)) >= 3);
    const pushed = await world.ask('/api/v1/views/amount/rows', {
      token: 'pusher',
      body: { rows: [{ entity_id: '1', timestamp: '2026-01-05', value: 1 }] },
    });
    await unlock();
    expect(pushed.status).toBe(200);
    expect((await Promise.all(reads)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  test('end when their client hangs up', async () => {
    const { world, unlock } = await openLocked();
    const stop = new AbortController();
    const answer = fetch(`${world.url}/api/v1/as-of`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKENS.reader}`, 'content-type': 'application/json' },
      body: JSON.stringify(BODY),
      signal: stop.signal,
    }).catch(() => null);
    await until(async () => (await waiting(world)) === 1);
    stop.abort();
    expect(await answer).toBeNull();
    await until(async () => (await waiting(world)) === 0);
    await unlock();
    expect(world.logged.filter(({ event }) => event === 'api.defect')).toEqual([]);
  });

  test('have a time limit', async () => {
    const { world, unlock } = await openLocked({ apiStatementMs: 200 });
    expect(await read(world)).toMatchObject({ status: 503, body: { code: 'OFFLINE_UNAVAILABLE' } });
    await unlock();
  });
});
