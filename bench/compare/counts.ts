// What a run does, counted: numbers that do not depend on the machine, nor on what else it does.

import { readFileSync } from 'node:fs';
import type { Redis } from '../../src/redis/connection.ts';
import { countOf } from '../../src/redis/encode.ts';
import { startPostgres, startRedis } from '../../src/servers/servers.ts';
import { until } from '../../test/support/until.ts';
import { at, feature, view } from '../../test/support/views.ts';
import { type BenchSystem, openBenchSystem } from './system.ts';

const ROWS = 100_000;
const CHANGED = 1_000;
const SMALL_ROWS = 100;

export type Counts = {
  readonly rowsThroughGuardPerChangedRow: number;
  readonly rowsThroughGuardInRepeat: number;
  readonly passesOverRangeInRepeat: number;
  readonly statementsOfSmallRun: number;
  readonly statementsOfSmallRepeat: number;
  readonly walBytesOfSmallRun: number;
  readonly walBytesOfSmallRepeat: number;
};

/** Counts on separate servers, which log every statement. */
export async function countedWork(): Promise<Counts> {
  await using postgres = await startPostgres({ settings: { log_statement: 'all' } });
  await using redis = await startRedis();
  await using system = await openBenchSystem({ database: await postgres.createDatabase(), redis: redis.url });
  return { ...(await largeCounts(system)), ...(await smallCounts(system, postgres.logFile)) };
}

async function largeCounts(system: BenchSystem) {
  const guard = countGuardRows(system.app.online.redis);
  await system.sql(
    `create table large as select 'c' || i as entity_id, i::float8 as value from generate_series(1, ${ROWS}) i`,
  );
  await system.apply(viewOf('large', '2026-01-02'));
  await system.materialize('large');
  const before = await rowsRead(system, 1);
  guard.take();
  await system.restate();
  await system.materialize('large');
  const passes = ((await rowsRead(system, before + ROWS)) - before) / ROWS;
  const inRepeat = guard.take();
  await system.sql(`update large set value = value + 1 where value <= ${CHANGED}`);
  await system.restate();
  await system.materialize('large');
  return {
    rowsThroughGuardPerChangedRow: guard.take() / CHANGED,
    rowsThroughGuardInRepeat: inRepeat,
    passesOverRangeInRepeat: Math.round(passes * 100) / 100,
  };
}

async function smallCounts(system: BenchSystem, logFile: string) {
  await system.sql(
    `create table small as select 'c' || i as entity_id, i::float8 as value from generate_series(1, ${SMALL_ROWS}) i`,
  );
  await system.apply(viewOf('small', '2026-01-11'));
  const first = await perRun(system, logFile);
  await system.restate();
  const again = await perRun(system, logFile);
  return {
    statementsOfSmallRun: first.statements,
    statementsOfSmallRepeat: again.statements,
    walBytesOfSmallRun: first.walBytes,
    walBytesOfSmallRepeat: again.walBytes,
  };
}

async function perRun(system: BenchSystem, logFile: string) {
  const log = () => readFileSync(logFile, 'utf8');
  const position = async () => {
    const [row] = await system.app.database.query<{ bytes: string }>(
      `select (pg_current_wal_insert_lsn() - '0/0')::bigint::text as bytes`,
    );
    return Number(row?.bytes);
  };
  const runs = await system.plan('small');
  const [walBefore, logged] = [await position(), log().length];
  await system.perform(runs);
  const statements =
    log()
      .slice(logged)
      .match(/LOG: {2}(?:statement|execute)/g) ?? [];
  const walBytes = Math.round(((await position()) - walBefore) / runs.length);
  // The position that was asked for before the runs may be logged after it was read.
  return { statements: Math.round(statements.length / runs.length), walBytes };
}

function viewOf(name: string, end: string) {
  return view({
    name,
    start: at('2026-01-01'),
    end: at(end),
    features: [feature(name, 'float', { column: 'value' })],
    query: `select entity_id, value, {{end}} as timestamp from ${name}`,
  });
}

/** Counts the rows of all calls of scripts: each has one key besides the sentinel. */
function countGuardRows(redis: Redis): { take(): number } {
  let rows = 0;
  const { script } = redis;
  redis.script = (...call) => {
    rows += countOf(call[1]) - 1;
    return script(...call);
  };
  return {
    take: () => {
      const taken = rows;
      rows = 0;
      return taken;
    },
  };
}

/** Rows of the offline table that statements have read, once the server reports at least this many. */
async function rowsRead(system: BenchSystem, atLeast: number): Promise<number> {
  let rows = 0;
  await until(async () => {
    const [row] = await system.app.database.query<{ rows: number }>(
      `select (seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint as rows from pg_stat_user_tables
        where schemaname = 'features' and relname = 'large'`,
    );
    const same = row?.rows === rows;
    rows = row?.rows ?? 0;
    return rows >= atLeast && same;
  });
  return rows;
}
