// Compares Millrace with other programs, in turns within one run, so that other load on the machine affects them all:
//   floor   psql and redis-cli with hand-tuned SQL     plain   a decent script with row objects
//   feast   with `--feast`, instead of plain: Feast at its best setting, which writes only the online store, without a guard
// Prints medians, their spread and ratios, of the CPU seconds of all processes and of wall time, and counts that other
// load cannot change. `--quick` takes less than a minute; `--rows=`, `--features=`, `--rounds=` choose; `--record`
// writes the result to bench/records/.

import { systemClock } from '../../src/core/clock.ts';
import { openRedis } from '../../src/redis/connection.ts';
import { startPostgres, startRedis } from '../../src/servers/servers.ts';
import { openBenchDatabase } from '../database.ts';
import { openFeast } from '../feast/rival.ts';
import { report } from '../report.ts';
import { countedWork } from './counts.ts';
import { openFloor } from './floor.ts';
import { cpuOf, measured } from './measured.ts';
import { openMillrace } from './millrace.ts';
import { openPlain } from './plain.ts';
import { numberOption, writeRecord } from './record.ts';
import type { CompareCase, CompareServers, Rival } from './rival.ts';
import { ratioOf, type Sample, type Summary, summaries, tableOf } from './table.ts';

const IS_QUICK = process.argv.includes('--quick');
const IS_FEAST = process.argv.includes('--feast');
const CASE: CompareCase = {
  rows: numberOption('rows', IS_QUICK ? 50_000 : 1_000_000),
  features: numberOption('features', IS_FEAST ? 3 : 1),
};
const ROUNDS = numberOption('rounds', IS_QUICK ? 1 : 3);
const RIVALS = IS_FEAST ? [openFloor, openFeast, openMillrace] : [openFloor, openPlain, openMillrace];
/** A step, and what happens to the source before it. */
const STEPS = [
  ['first', null],
  ['again', null],
  ...(IS_FEAST ? [] : [['changed', `update big set f1 = f1 + 1 where hashtext(entity_id) % 100 = 0`] as const]),
] as const;
const PAIR = ['feast', 'millrace'] as const;
/** Times as much as Millrace that Feast has to use, and MiB that Millrace may use. */
const FEAST_TIMES_MIN = { first: 3.5, again: 8 };
const MEMORY_MAX_MIB = 200;

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

/** A user finds the tables of the schema with the same name first, and `millrace` has one after the first round. */
async function makeSource(): Promise<void> {
  const features = Array.from({ length: CASE.features }, (_, index) => `random() * 1000 as f${index + 1}`);
  await database.run('drop table if exists public.big');
  await database.run(
    `create table public.big as select 'customer-' || i as entity_id, ${features.join(', ')}
       from generate_series(1, ${CASE.rows}) i order by random()`,
  );
  await database.run('vacuum analyze big');
}

async function sampled(rival: Rival, step: string): Promise<Sample> {
  const use = await measured({ database, redis }, rival.pid, () => rival.load());
  process.stdout.write(`${step} ${rival.name}: ${cpuOf(use).toFixed(2)} CPU s, ${use.wall.toFixed(2)} s\n`);
  return { rival: rival.name, step, ...use };
}

const samples: Sample[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  await makeSource();
  await redis.send([['FLUSHALL']]);
  await using opened = new AsyncDisposableStack();
  const rivals: Rival[] = [];
  for (const [index, open] of RIVALS.entries()) {
    // Each has its own database in Redis: the rows of the others would make its keys slower to find.
    const own = { ...servers, redis: `${servers.redis}/${index}` };
    rivals.push(opened.use(await open(own, CASE)));
  }
  for (const [step, change] of STEPS) {
    if (change !== null) await database.run(change);
    await database.run('checkpoint');
    for (const rival of rivals) samples.push(await sampled(rival, step));
  }
}

const compared = summaries(samples);
process.stdout.write(`\n${CASE.rows} rows, ${CASE.features} features, ${ROUNDS} rounds\n${tableOf(compared)}\n\n`);
const facts = IS_FEAST ? { feastOverMillrace: againstFeast(compared) } : { counts: await countedWork() };
for (const [what, value] of Object.entries(facts.counts ?? {})) process.stdout.write(`${what}: ${value}\n`);
if (process.argv.includes('--record')) {
  const name = `compare-${IS_FEAST ? 'feast-' : ''}${CASE.rows}x${CASE.features}`;
  writeRecord(name, { case: CASE, rounds: ROUNDS, compared, ...facts });
}

function againstFeast(lines: readonly Summary[]) {
  const times = { first: ratioOf(lines, 'first', PAIR), again: ratioOf(lines, 'again', PAIR) };
  for (const step of ['first', 'again'] as const) {
    for (const what of ['cpu', 'wall'] as const) {
      const bound = { unit: '×', atLeast: FEAST_TIMES_MIN[step] };
      report(`${step}: ${what} of Feast ÷ that of Millrace`, times[step][what], bound);
    }
  }
  const memories = lines.flatMap(({ rival, memory }) => (rival === 'millrace' ? (memory ?? []) : []));
  report('peak memory of Millrace', Math.max(...memories), { unit: 'MiB', atMost: MEMORY_MAX_MIB });
  return times;
}
