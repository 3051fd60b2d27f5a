// A project in a known state, at half past six on 15 June 2026: a view in each state that users can see, with real runs
// where these are quick.

import type { FeatureView } from '../../src/definition/view.ts';
import { advanceBackfill } from '../../src/state/backfills/advance.ts';
import { startBackfill } from '../../src/state/backfills/backfill.ts';
import { reportAlive } from '../../src/state/processes.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { pauseView } from '../../src/state/views/pause.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { deployJobs, identity, job } from '../queue/world.ts';
import { at, feature, view } from '../support/views.ts';
import { openWorld, type World, type WorldOptions } from '../support/world.ts';

const HOUR_MS = 3_600_000;

export const HOSTILE = '<img src=x onerror=alert(1)>\u001b[31mred\u001b[0m\u202egnp.exe';

/** Each view of the world and its state as `status` shows it. */
export const STATES = {
  basket_value: 'edited',
  contact: 'ok',
  late_visits: 'late',
  old_scores: 'retired',
  orders: 'held',
  rates: 'ok',
  scores: 'held',
  spend_30d: 'ok',
  stock: 'paused',
  three_years: 'ok',
  visits_after: 'waiting',
} as const;

export type DashboardState = World & {
  setClock(text: string): Promise<void>;
  /** A partial backfill with a failed chunk, and a running one. */
  readonly backfills: { readonly partial: number; readonly running: number };
  /** A failed run, one with refused rows, and one of the redacted view. */
  readonly runs: { readonly failed: number; readonly refused: number; readonly redacted: number };
};

export async function openDashboardState(options: WorldOptions = {}): Promise<DashboardState> {
  const world = await openWorld(options);
  const setClock = async (text: string) => {
    await world.sql(
      `create or replace function millrace.now() returns timestamptz language sql as $$ select timestamptz '${text}' $$`,
    );
  };
  await seedSources(world);
  await setClock('2026-06-13 06:30Z');
  await world.apply(...Object.values(VIEWS));
  for (const name of ['late_visits', 'stock', 'basket_value', 'old_scores']) await world.materialize(name);
  await setClock('2026-06-15 06:30Z');
  for (const name of ['spend_30d', 'contact', 'rates', 'scores', 'orders'])
    await world.materialize(name, { attempts: 1 });
  const backfills = await seedBackfills(world);
  await seedStates(world);
  const [failed] = await world.sql(
    `select max(id)::int as id from millrace.run where state = 'failed' and view_id = ${idOf('scores')}`,
  );
  const refusedOf = async (name: string) => {
    const [row] = await world.sql(
      `select max(run_id)::int as id from millrace.quarantine where view_id = ${idOf(name)}`,
    );
    return Number(row?.['id']);
  };
  const runs = {
    failed: Number(failed?.['id']),
    refused: await refusedOf('spend_30d'),
    redacted: await refusedOf('contact'),
  };
  return Object.assign(world, { setClock, backfills, runs });
}

function idOf(name: string): string {
  return `(select id from millrace.view where name = '${name}')`;
}

const events = (name: string, extra: Partial<FeatureView> = {}): FeatureView =>
  view({
    name,
    kind: 'events',
    unitMs: HOUR_MS,
    start: at('2026-06-12'),
    end: null,
    query: 'select entity_id, at as timestamp, 1 / value as value from visits where at >= {{start}} and at < {{end}}',
    ...extra,
  });

const daily = (name: string, extra: Partial<FeatureView> = {}): FeatureView =>
  view({
    name,
    start: at('2026-05-01'),
    end: null,
    query: `select entity_id, value, {{end}} as timestamp from spend`,
    ...extra,
  });

const VIEWS: Readonly<Record<keyof typeof STATES, FeatureView>> = {
  basket_value: daily('basket_value', {
    start: at('2026-06-08'),
    description: 'The value of the basket at the end of the day',
    owner: 'checkout',
  }),
  contact: daily('contact', {
    start: at('2026-06-12'),
    redacted: true,
    refusedMax: 1,
    query: `select entity_id, 'NaN'::float8 as value, {{end}} as timestamp from notes`,
    description: 'How a customer wants to be reached; values are never shown.',
  }),
  late_visits: events('late_visits', { freshnessMs: 6 * HOUR_MS, start: at('2026-06-10') }),
  old_scores: daily('old_scores', { start: at('2026-06-08') }),
  orders: events('orders', {
    catchUp: 'none',
    start: at('2026-06-01'),
    description: 'Orders of a customer, hour by hour',
    owner: 'checkout',
  }),
  rates: view({
    name: 'rates',
    kind: 'latest',
    query: "select entity_id, value, timestamptz '2026-06-15 06:00Z' as timestamp from spend",
  }),
  scores: daily('scores', {
    start: at('2026-06-08'),
    query: `select entity_id, case when {{end}} = timestamptz '2026-06-14' then '${HOSTILE}'::text::float8 else value end as value, {{end}} as timestamp from spend`,
  }),
  spend_30d: daily('spend_30d', {
    description: 'Money spent over the last 30 days',
    owner: 'growth',
    tags: ['finance'],
    refusedMax: 1,
    freshnessMs: 36 * HOUR_MS,
    ttlMs: 90 * 24 * HOUR_MS,
    features: [feature('spend_30d', 'float', { column: 'value' })],
    query: `select entity_id, value, {{end}} as timestamp
  from spend
union all
select note, 'NaN', {{end}}
  from notes
 where {{end}} > timestamptz '2026-06-12'`,
  }),
  stock: daily('stock', { start: at('2026-06-08') }),
  three_years: events('three_years', { start: at('2023-06-15') }),
  visits_after: events('visits_after', {
    after: ['late_visits'],
    start: at('2026-06-14'),
    description: `Visits after the last order. ${HOSTILE}`,
  }),
};

async function seedSources(world: World): Promise<void> {
  await world.sql('create table spend (entity_id text, value float8)');
  await world.sql(`insert into spend select 'customer ' || n, n * 1.5 from generate_series(1, 40) n`);
  await world.sql('create table visits (entity_id text, at timestamptz, value float8)');
  // At 15:00 on June 3 a value is missing, which breaks the query.
  await world.sql(
    `insert into visits select 'customer ' || h % 7, timestamptz '2026-06-01 00:30Z' + make_interval(hours => h),
            case when h = 63 then 0 else 1 + h % 5 end from generate_series(0, 350) h`,
  );
  await world.sql('create table notes (entity_id text, note text)');
  await world.sql('insert into notes values ($1, $2), ($3, $4), (null, $5)', [
    'ada',
    HOSTILE,
    'bob',
    'x'.repeat(10_000),
    'no id',
  ]);
}

async function seedBackfills(world: World): Promise<DashboardState['backfills']> {
  const { database } = world.app;
  const begin = async (from: string, to: string) => {
    const { id } = await startBackfill(database, await requireAppliedView(database, 'orders'), {
      range: { from: at(from), to: at(to) },
      mode: 'missing',
      order: 'oldest',
      chunkUnits: 6,
      parallel: 2,
      options: { ...DEFAULT_RUN_OPTIONS, attempts: 1 },
      askedBy: 'ada',
    });
    if (id === null) throw new Error('there was nothing to do');
    return id;
  };
  const perform = async (id: number, runsMax: number) => {
    for (let left = runsMax; left > 0; ) {
      const runs = await advanceBackfill(database, id);
      if (runs.length === 0) return;
      for (const run of runs.slice(0, left)) await world.perform(run);
      left -= runs.length;
    }
  };
  const partial = await begin('2026-06-02', '2026-06-05');
  await perform(partial, 100);
  const running = await begin('2026-06-05', '2026-06-09');
  await perform(running, 6);
  return { partial, running };
}

/** States that only an operator, a process or time can cause. */
async function seedStates(world: World): Promise<void> {
  const { database } = world.app;
  await pauseView(database, 'stock', { kind: 'person', reason: 'the warehouse moves', actor: 'ada' });
  const hours = `tstzmultirange(tstzrange('2023-06-15', '2026-06-15 06:00Z'))`;
  await world.sql(
    `update millrace.coverage set covered = ${hours} - tstzmultirange(tstzrange('2026-06-11 04:00Z', '2026-06-11 06:00Z')), published = ${hours},
            skipped = tstzmultirange(tstzrange('2026-06-11 04:00Z', '2026-06-11 06:00Z')), rows = 26304
      where view_id = ${idOf('three_years')}`,
  );
  const [waiting] = await world.plan('visits_after');
  if (waiting !== undefined) await world.perform(waiting);
  await deployJobs(database, [
    job({
      name: 'hourly',
      cron: '5 * * * *',
      views: ['late_visits', 'orders', 'three_years', 'visits_after', 'rates'],
    }),
    job({
      name: 'nightly',
      timezone: 'Europe/London',
      views: ['spend_30d', 'scores', 'contact', 'stock', 'tag:finance', 'basket_value'],
    }),
  ]);
  await world.sql(`update millrace.view set retired_at = millrace.now() where name = 'old_scores'`);
  await world.apply({
    ...VIEWS.basket_value,
    query: 'select entity_id, 2 * value as value, {{end}} as timestamp from spend',
  });
  // Under a stopped clock runs take no time.
  await world.sql(
    `update millrace.run set started_at = closed_at - make_interval(secs => 2 + id % 7), worked = make_interval(secs => 2 + id % 7)
      where closed_at is not null`,
  );
  await reportAlive(database, identity('worker'));
  await reportAlive(database, identity('scheduler'));
}
