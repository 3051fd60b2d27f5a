// Compares Millrace with its rivals, in turns within one run, so that other load on the machine affects them all:
//   floor   psql and redis-cli with hand-tuned SQL     plain   a decent script with row objects
// Prints medians, their spread and ratios, of the CPU seconds of all processes and of wall time, and counts that other
// load cannot change. `--quick` takes less than a minute; `--rows=`, `--features=`, `--rounds=` choose; `--record`
// writes the result to bench/records/.

import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { systemClock } from '../src/core/clock.ts';
import { openRedis } from '../src/redis/connection.ts';
import { startPostgres, startRedis } from '../src/servers/servers.ts';
import { countedWork } from './compare/counts.ts';
import { cpuSoFar } from './compare/cpu.ts';
import { openFloor } from './compare/floor.ts';
import { openMillrace } from './compare/millrace.ts';
import { openPlain } from './compare/plain.ts';
import type { CompareCase, CompareServers, Rival } from './compare/rival.ts';
import { openBenchDatabase } from './compare/system.ts';
import { type Sample, summaries, tableOf } from './compare/table.ts';

const IS_QUICK = process.argv.includes('--quick');
const numberOf = (name: string, otherwise: number) =>
  Number(process.argv.find((argument) => argument.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise);
const CASE: CompareCase = { rows: numberOf('rows', IS_QUICK ? 50_000 : 1_000_000), features: numberOf('features', 1) };
const ROUNDS = numberOf('rounds', IS_QUICK ? 1 : 3);
const RIVALS = [openFloor, openPlain, openMillrace];
/** A step, and what happens to the source before it. */
const STEPS = [
  ['first', null],
  ['again', null],
  ['changed', `update big set f1 = f1 + 1 where hashtext(entity_id) % 100 = 0`],
] as const;

await using postgres = await startPostgres();
await using redisServer = await startRedis();
const servers: CompareServers = { postgres: await postgres.createDatabase(), redis: redisServer.url };
await using database = openBenchDatabase(servers.postgres);
await using redis = openRedis({
  url: servers.redis,
  clock: systemClock,
  deadlineMs: 30_000,
  connectionName: 'bench',
});

async function makeSource(): Promise<void> {
  const features = Array.from({ length: CASE.features }, (_, index) => `random() * 1000 as f${index + 1}`);
  await database.run('drop table if exists big');
  await database.run(
    `create table big as select 'customer-' || i as entity_id, ${features.join(', ')}
       from generate_series(1, ${CASE.rows}) i order by random()`,
  );
  await database.run('vacuum analyze big');
}

async function measured(rival: Rival, step: string): Promise<Sample> {
  const before = await cpuSoFar({ database, redis });
  const started = systemClock.monotonicMs();
  const children = await rival.load();
  const wall = (systemClock.monotonicMs() - started) / 1_000;
  const after = await cpuSoFar({ database, redis });
  const cpu = after.worker - before.worker + after.postgres - before.postgres + after.redis - before.redis + children;
  process.stdout.write(`${step} ${rival.name}: ${cpu.toFixed(2)} CPU s, ${wall.toFixed(2)} s\n`);
  return { rival: rival.name, step, cpu, wall };
}

const samples: Sample[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  await makeSource();
  await redis.send([['FLUSHALL']]);
  await using opened = new AsyncDisposableStack();
  const rivals: Rival[] = [];
  for (const open of RIVALS) rivals.push(opened.use(await open(servers, CASE)));
  for (const [step, change] of STEPS) {
    if (change !== null) await database.run(change);
    await database.run('checkpoint');
    for (const rival of rivals) samples.push(await measured(rival, step));
  }
}

const compared = summaries(samples);
const counts = await countedWork();
process.stdout.write(`\n${CASE.rows} rows, ${CASE.features} features, ${ROUNDS} rounds\n${tableOf(compared)}\n\n`);
for (const [what, value] of Object.entries(counts)) process.stdout.write(`${what}: ${value}\n`);
if (process.argv.includes('--record')) {
  const record = {
    at: new Date(systemClock.now()).toISOString(),
    machine: { cores: cpus().length, model: cpus()[0]?.model ?? '', node: process.version },
    case: CASE,
    rounds: ROUNDS,
    compared,
    counts,
  };
  mkdirSync('bench/records', { recursive: true });
  writeFileSync(`bench/records/compare-${CASE.rows}x${CASE.features}.json`, `${JSON.stringify(record, null, 2)}\n`);
}
