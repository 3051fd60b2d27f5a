// Measures a 30-day sum in hourly units with and without partial aggregates, side by side: seconds and rows read per unit,
// and whether both store the same values after random late rows, corrections and deletions.
//
// MILLRACE_BENCH_EVENTS (default 5,000,000) and MILLRACE_BENCH_USERS (default 200) are the size of the source.

import { openApp } from '../../src/app.ts';
import { systemClock } from '../../src/core/clock.ts';
import { epochMsOf, formatInstant } from '../../src/core/instant.ts';
import { silentLog } from '../../src/core/log.ts';
import { viewFile } from '../../src/definition/files/view-file.ts';
import { parseView } from '../../src/definition/parse/parse-view.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { performRun } from '../../src/run/perform.ts';
import { startPostgres, startRedis } from '../../src/servers/servers.ts';
import { migrate } from '../../src/state/migrate.ts';
import { planDue } from '../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { restate } from '../../src/state/views/edit.ts';
import { deployViewRows, requireAppliedView } from '../../src/state/views/views.ts';
import { sourceLimits } from '../../test/support/limits.ts';
import { fingerprinted } from '../../test/support/views.ts';
import { report } from '../report.ts';

const EVENTS = Number(process.env['MILLRACE_BENCH_EVENTS'] ?? 5_000_000);
const USERS = Number(process.env['MILLRACE_BENCH_USERS'] ?? 200);
const CHANGES = 1_000;
const UNITS = 4;
const HOUR_MS = 3_600_000;
const WINDOW_HOURS = 720;
/** The first event. The views begin when the first window is full. */
const FIRST_MS = Date.UTC(2026, 0, 1);
const START_MS = FIRST_MS + (WINDOW_HOURS - 1) * HOUR_MS;
const LOOKBACK = 3;

await using postgres = await startPostgres();
await using redis = await startRedis();
const shop = await postgres.createDatabase();
await using source = openDatabase({
  url: shop,
  role: { label: 'The source', unavailable: 'SOURCE_UNAVAILABLE', denied: 'SOURCE_DENIED' },
  poolMax: 2,
  connectTimeoutMs: 10_000,
  idleInTransactionMs: null,
  applicationName: 'bench',
});
await using app = openApp({
  folder: process.cwd(),
  connections: {
    offline: { url: await postgres.createDatabase() },
    online: { url: redis.url, prefix: 'mr' },
    queue: { url: redis.url, prefix: 'millrace' },
    sources: { shop: { url: shop, ...sourceLimits() } },
  },
  log: silentLog,
});
await migrate(app.database);

function spend(name: string, incremental: boolean) {
  return fingerprinted(
    parseView(
      viewFile.parse({
        name,
        entity: 'user',
        source: 'shop',
        kind: 'snapshot',
        interval: '1h',
        start: formatInstant(epochMsOf(START_MS)),
        lookback: incremental ? LOOKBACK : 0,
        incremental,
        from: { table: 'events', entity_id: 'user_id', timestamp: 'at' },
        features: [
          { name: 'spend_30d', type: 'decimal', aggregate: 'sum', column: 'amount', window: '30d' },
          { name: 'events_30d', type: 'int', aggregate: 'count', window: '30d' },
        ],
      }),
    ),
  );
}

function setClock(hour: number): Promise<unknown> {
  return app.database.query(
    `create or replace function millrace.now() returns timestamptz language sql volatile
      as $$ select timestamptz '${new Date(START_MS + hour * HOUR_MS).toISOString()}' $$`,
  );
}

/** Runs everything that is due; returns the seconds. */
async function run(name: string): Promise<number> {
  const started = systemClock.monotonicMs();
  const planned = await planDue(
    app.database,
    await requireAppliedView(app.database, name),
    'manual',
    DEFAULT_RUN_OPTIONS,
  );
  for (const id of planned) {
    const outcome = await performRun(app.engine, id, new AbortController().signal);
    if (outcome.kind !== 'completed') throw new Error(`${name}, run ${id}: ${JSON.stringify(outcome)}`);
  }
  return (systemClock.monotonicMs() - started) / 1_000;
}

async function restated(name: string): Promise<void> {
  const options = { ...DEFAULT_RUN_OPTIONS, allowRemovals: true };
  const range = { from: epochMsOf(FIRST_MS), to: null };
  const { runs } = await restate(app.database, await requireAppliedView(app.database, name), range, options);
  for (const id of runs) await performRun(app.engine, id, new AbortController().signal);
}

/** Rows of the window that ends with a unit, in the source or among the parts. */
async function rowsOf(where: typeof source, table: string, time: string, hour: number, hours: number): Promise<number> {
  const end = START_MS + hour * HOUR_MS;
  const [row] = await where.query<{ rows: number }>(
    `select count(*) as rows from ${table} where ${time} >= $1 and ${time} < $2`,
    [new Date(end - hours * HOUR_MS).toISOString(), new Date(end).toISOString()],
  );
  return row?.rows ?? 0;
}

function line(text: string): void {
  process.stdout.write(`${text}\n`);
}

const hours = WINDOW_HOURS + UNITS + 1;
await source.run('create table events (user_id text, at timestamptz, amount numeric(12, 2))');
await source.run(
  `insert into events
   select 'u' || floor(random() * $2)::int, timestamptz '${new Date(FIRST_MS).toISOString()}' + (i + random()) / $1 * $3 * interval '1 hour',
          (random() * 100)::numeric(12, 2)
     from generate_series(0, $1::int - 1) i`,
  [EVENTS, USERS, hours],
);
await source.run('create index on events (at)');
await source.run('vacuum analyze events');
await setClock(1);
await deployViewRows(app.database, [spend('fast', true), spend('slow', false)]);
line(`${EVENTS.toLocaleString('en')} events of ${USERS.toLocaleString('en')} users in ${hours} hours`);
line(`first load of ${WINDOW_HOURS} parts: ${(await run('fast.parts')).toFixed(1)} s`);
await run('fast');
await run('slow');
await app.database.query('vacuum analyze features."fast.parts"');

const seconds = { parts: 0, fast: 0, slow: 0 };
for (let hour = 2; hour < 2 + UNITS; hour += 1) {
  await setClock(hour);
  seconds.parts += await run('fast.parts');
  seconds.fast += await run('fast');
  seconds.slow += await run('slow');
}
const last = 1 + UNITS;
const [full, hourly, combined] = [
  await rowsOf(source, 'events', 'at', last, WINDOW_HOURS),
  await rowsOf(source, 'events', 'at', last, 1 + LOOKBACK),
  await rowsOf(app.database, 'features."fast.parts"', 'event_timestamp', last, WINDOW_HOURS),
];
const perUnit = (sum: number) => (sum / UNITS).toFixed(2);
line(`without parts: ${perUnit(seconds.slow)} s per unit, ${full.toLocaleString('en')} rows of the source`);
line(
  `with parts:    ${perUnit(seconds.parts + seconds.fast)} s per unit (parts ${perUnit(seconds.parts)}, combining ${perUnit(seconds.fast)}), ${hourly.toLocaleString('en')} rows of the source (1 hour and ${LOOKBACK} again for late rows), ${combined.toLocaleString('en')} parts`,
);

await source.run(
  `insert into events select user_id, at + (random() - 0.5) * interval '1 day', amount + 1 from events tablesample system (1) limit $1`,
  [CHANGES],
);
for (const change of ['update events set amount = amount + 1', 'delete from events']) {
  await source.run(
    `${change} where ctid = any (array(select ctid from events tablesample system (1) order by random() limit $1))`,
    [CHANGES],
  );
}
const started = systemClock.monotonicMs();
await restated('fast.parts');
await run('fast');
line(
  `restating all parts after ${3 * CHANGES} changes: ${((systemClock.monotonicMs() - started) / 1_000).toFixed(1)} s`,
);
await restated('slow');
const [different] = await app.database.query<{ rows: number }>(
  `select count(*) as rows from (
     (select entity_id, event_timestamp, spend_30d, events_30d from features.fast
      except select entity_id, event_timestamp, spend_30d, events_30d from features.slow)
     union all
     (select entity_id, event_timestamp, spend_30d, events_30d from features.slow
      except select entity_id, event_timestamp, spend_30d, events_30d from features.fast)) d`,
);
report('rows that differ between both views', different?.rows ?? -1, { atMost: 0, unit: 'rows' });
report('times as fast with parts', seconds.slow / (seconds.parts + seconds.fast), { atLeast: 1, unit: '×' });
