// A pushed view of one number, for tests of its inbox and drains.

import { until } from '../support/until.ts';
import { view } from '../support/views.ts';
import { type ApiWorld, openApiWorld } from './world.ts';

export const AMOUNT = view({ name: 'amount', kind: 'pushed', source: '', query: null, end: null });
export const T = '2026-01-05T10:00:00Z';

/** An API with the pushed view `amount`. */
export async function openPushed(): Promise<ApiWorld> {
  const world = await openApiWorld();
  await world.apply(AMOUNT);
  return world;
}

/** Pushes one row. */
export const send = (world: ApiWorld, id: string, value: number, query = '') =>
  world.ask(`/api/v1/views/amount/rows${query}`, {
    token: 'pusher',
    body: { rows: [{ entity_id: id, timestamp: T, value }] },
  });

/** The stored values by entity. */
export const stored = async (world: ApiWorld) =>
  Object.fromEntries(
    (await world.sql('select entity_id, amount::float8 from features.amount order by 1')).map((row) => [
      row['entity_id'],
      Number(row['amount']),
    ]),
  );

/** The drain that is planned after a push. */
export async function plannedRun(world: ApiWorld): Promise<number> {
  const planned = () => world.sql(`select id::int as id from millrace.run where state = 'planned'`);
  await until(async () => (await planned()).length > 0);
  return Number((await planned())[0]?.['id']);
}

/** Adds entries of one row, as from a program that sends one value per request. */
export async function pushMany(world: ApiWorld, entries: number): Promise<void> {
  await world.sql(
    `insert into millrace.inbox (view_id, columns, rows, data)
     select id, array['entity_id', 'timestamp', 'amount'], 1, format('[["%s","${T}","1"]]', n)
       from millrace.view, generate_series(1, $1) n order by n`,
    [entries],
  );
}
