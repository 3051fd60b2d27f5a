// Measures a backfill of 90 daily chunks of 10,000 rows, with one and with two workers of four slots, compared with a floor: psql
// and redis-cli, chunk by chunk, without any check, guard, record or recovery.

import { spawnSync } from 'node:child_process';
import { systemClock } from '../../src/core/clock.ts';
import { startBackfill } from '../../src/operations/backfill-start.ts';
import { deployViewRows } from '../../src/state/views/views.ts';
import { at, feature, fingerprinted, view } from '../../test/support/views.ts';
import { BENCH_ACTOR, operationDeps } from '../operating.ts';
import { report } from '../report.ts';
import { openWorkersSystem, runsDone } from './workers.ts';

const CHUNKS = 90;
const ROWS = 10_000;
const DAY_MS = 86_400_000;
const START = at('2026-01-01');
const EXPECTED_TIMES = 2.5;

/** How much longer two workers may take than one: noise. */
const SLOWER_MAX = 1.05;

const dayAfter = (chunk: number) => at(new Date(START + chunk * DAY_MS).toISOString());
const SOURCE = `create table visits as
  select 'customer-' || i as entity_id, day as happened_at, random() * 1000 as value
    from generate_series(0, ${CHUNKS - 1}) d, generate_series(1, ${ROWS}) i,
         lateral (select timestamptz '2026-01-01T12:00Z' + d * interval '1 day' as day) days;
  create index on visits (happened_at)`;

async function floorSeconds(): Promise<number> {
  await using system = await openWorkersSystem();
  await system.app.database.run(SOURCE);
  const { hostname, port, password } = new URL(system.redis);
  const psql = `psql '${system.database}' -X -q -v ON_ERROR_STOP=1`;
  const redis = `redis-cli -h ${hostname} -p ${port} --no-auth-warning -a '${decodeURIComponent(password)}' --pipe`;
  const begun = systemClock.monotonicMs();
  shell(`${psql} -c 'create unlogged table floor_staging (entity_id text collate "C", at timestamptz, value float8)' \\
    -c 'create table floor_rows (entity_id text collate "C", at timestamptz, value float8, primary key (entity_id, at))'`);
  for (let chunk = 0; chunk < CHUNKS; chunk += 1) {
    const [from, to] = [chunk, chunk + 1].map((day) => new Date(START + day * DAY_MS).toISOString());
    const rows = `select entity_id, happened_at, value from visits where happened_at >= '${from}' and happened_at < '${to}'`;
    const resp = `select format(E'*6\\\\r\\\\n\\$4\\\\r\\\\nHSET\\\\r\\\\n\\$%s\\\\r\\\\n%s\\\\r\\\\n\\$3\\\\r\\\\n_ts\\\\r\\\\n\\$%s\\\\r\\\\n%s\\\\r\\\\n\\$5\\\\r\\\\nvalue\\\\r\\\\n\\$%s\\\\r\\\\n%s\\\\r',
        octet_length(key), key, octet_length(ts), ts, octet_length(value), value)
      from (select 'floor:' || entity_id as key, (extract(epoch from at) * 1000000)::bigint::text as ts, value::text from floor_staging) r`;
    shell(`${psql} -c 'truncate floor_staging'
      ${psql} -c "copy (${rows}) to stdout" | ${psql} -c 'copy floor_staging from stdin'
      ${psql} -c 'insert into floor_rows select * from floor_staging order by entity_id on conflict (entity_id, at) do update set value = excluded.value'
      echo "${resp}" | ${psql} -At | ${redis} | grep -q 'errors: 0, replies: ${ROWS}'`);
  }
  return (systemClock.monotonicMs() - begun) / 1_000;
}

function shell(script: string): void {
  const { status, stderr, stdout } = spawnSync('bash', ['-c', `set -eo pipefail\n${script}`], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the floor failed: ${stderr || stdout}`);
}

async function backfillSeconds(workers: number): Promise<number> {
  await using system = await openWorkersSystem();
  const { app } = system;
  await app.database.run(SOURCE);
  const visits = view({
    name: 'visits',
    kind: 'events',
    start: START,
    end: dayAfter(CHUNKS),
    features: [feature('visits', 'float', { column: 'value' })],
    query:
      'select entity_id, value, happened_at as timestamp from visits where happened_at >= {{start}} and happened_at < {{end}}',
  });
  await deployViewRows(app.database, [fingerprinted(visits)]);
  await using _workers = await system.startWorkers(workers);
  const begun = systemClock.monotonicMs();
  await startBackfill(operationDeps(app), BENCH_ACTOR, {
    view: 'visits',
    range: { from: null, to: null },
    mode: 'all',
    order: 'oldest',
    chunkUnits: 1,
    parallel: 4,
    allowRemovals: false,
    performer: 'workers',
  });
  await runsDone(app, CHUNKS);
  return (systemClock.monotonicMs() - begun) / 1_000;
}

const floor = await floorSeconds();
const [one, two] = [await backfillSeconds(1), await backfillSeconds(2)];
process.stdout.write(
  `${CHUNKS} chunks of ${ROWS} rows: floor ${floor.toFixed(1)} s, one worker ${one.toFixed(1)} s, two workers ${two.toFixed(1)} s\n`,
);
report('floor ÷ one worker', floor / one, { atLeast: EXPECTED_TIMES, unit: '×' });
report('two workers ÷ one worker', two / one, { atMost: SLOWER_MAX, unit: '×' });
