// Compares training sets with those of Feast: the same labels and views in the same Postgres, in turns, each program in a
// separate process and into one Parquet file or set; and point-in-time reads of 100,000 pairs, where both have the same
// meaning and must find the same rows. `--labels=100000,1000000`, `--rounds=`, `--limit=900` (seconds for one set of Feast),
// `--record`.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/core/clock.ts';
import { messageOf } from '../../src/core/failure.ts';
import { startPostgres, startRedis } from '../../src/servers/servers.ts';
import { type LineProcess, openLineProcess } from '../compare/line-process.ts';
import { cpuOf, measured, type Use } from '../compare/measured.ts';
import { numberOption, writeRecord } from '../compare/record.ts';
import { ratioOf, type Sample, summaries, tableOf } from '../compare/table.ts';
import { report } from '../report.ts';
import { FEATURES, openTrainingApp, storeLabels, storeViews, VIEWS } from '../training/world.ts';
import { feastVersion } from './install.ts';
import { type Feast, openFeastProject } from './repository.ts';

const SIZES = (process.argv.find((one) => one.startsWith('--labels='))?.slice(9) ?? '100000,1000000')
  .split(',')
  .map(Number);
const ROUNDS = numberOption('rounds', 1);
const LIMIT_SECONDS = numberOption('limit', 900);
const PAIRS = numberOption('pairs', 100_000);
const TIMES_MIN = { set: 5, asOf: 4 };
const PAIR = ['feast', 'millrace'] as const;

/** A query that gets out of hand ends before the disk is full, and soon after its program. */
const LIMITS = { temp_file_limit: '30GB', client_connection_check_interval: '2s' };

await using postgres = await startPostgres({ settings: LIMITS });
await using redis = await startRedis();
const servers = { postgres: await postgres.createDatabase(), redis: redis.url };
await using app = openTrainingApp(servers);
const of = { database: app.database, redis: app.online.redis };
const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-sets-'));
await storeViews(app, numberOption('rows', 20));
await storeLabels(app, 'pairs', PAIRS);

const openFeast = (): Promise<Feast> =>
  openFeastProject(
    servers,
    VIEWS.map((name) => ({
      name,
      query: `select entity_id, event_timestamp, a, b, c, d from features.${name}`,
      features: { a: 'Float64', b: 'Float64', c: 'Int64', d: 'Bool' },
    })),
  );
const MILLRACE = fileURLToPath(new URL('../training/millrace-process.ts', import.meta.url));
const openMillrace = (): LineProcess =>
  openLineProcess(process.execPath, [...process.execArgv, MILLRACE], {
    environment: { MILLRACE_BENCH_ORDERS: JSON.stringify(servers) },
  });

const historical = (table: string, views: readonly string[]) => ({
  do: 'historical',
  entities: `select entity_id, timestamp as event_timestamp, churned from ${table}`,
  features: views.flatMap((view) => FEATURES.map((feature) => `${view}:${feature}`)),
});

type Found = { readonly rows: number; readonly found: number; readonly sum: number };
const samples: Sample[] = [];
const failures: string[] = [];

async function sampled<Reply>(program: LineProcess, rival: string, step: string, request: object): Promise<Reply> {
  const replies: Reply[] = [];
  const use: Use = await measured(of, program.pid, async () => {
    using _limit = systemClock.after(LIMIT_SECONDS * 1_000, () => program.kill());
    replies.push(await program.ask<Reply>(request));
    return 0;
  });
  samples.push({ rival, step, ...use });
  const memory = Math.round(use.memory ?? 0);
  process.stdout.write(`${step}, ${rival}: ${use.wall.toFixed(1)} s, ${cpuOf(use).toFixed(1)} CPU s, ${memory} MiB\n`);
  return replies[0] as Reply; // pushed above, or `ask` has thrown
}

async function setOf(labels: number, round: number): Promise<void> {
  const [table, step] = [`churn_${labels}`, `${labels} labels x ${VIEWS.length} views`];
  await using millrace = openMillrace();
  const ours = await sampled<Found>(millrace, 'millrace', step, {
    do: 'build',
    table,
    out: join(folder, `set-${labels}-${round}`),
  });
  await using feast = await openFeast();
  const out = join(folder, `feast-${labels}-${round}.parquet`);
  const began = systemClock.monotonicMs();
  try {
    const theirs = await sampled<Found>(feast.process, 'feast', step, { ...historical(table, VIEWS), out });
    if (theirs.rows !== ours.rows) throw new Error(`Feast has ${theirs.rows} rows, Millrace ${ours.rows}`);
  } catch (error) {
    const seconds = ((systemClock.monotonicMs() - began) / 1_000).toFixed(0);
    failures.push(`${step}: Feast failed after ${seconds} s: ${messageOf(error).slice(0, 400)}`);
    process.stdout.write(`${failures.at(-1)}\n`);
  }
}

async function asOf(views: readonly string[]): Promise<void> {
  const step = `${PAIRS} pairs x ${views.length} views`;
  await using millrace = openMillrace();
  await millrace.ask({ do: 'pairs', table: 'pairs' });
  await using feast = await openFeast();
  const ours = await sampled<Found>(millrace, 'millrace', step, { do: 'asOf', views });
  const theirs = await sampled<Found>(feast.process, 'feast', step, historical('pairs', views));
  const isSame = theirs.found === ours.found && Math.abs(theirs.sum - ours.sum) < 1e-6 * Math.abs(ours.sum);
  if (!isSame) throw new Error(`Feast found ${JSON.stringify(theirs)}, Millrace ${JSON.stringify(ours)}`);
}

try {
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const views of [VIEWS.slice(0, 1), VIEWS]) await asOf(views);
    record();
  }
  for (const labels of SIZES) {
    await storeLabels(app, `churn_${labels}`, labels);
    for (let round = 0; round < ROUNDS; round += 1) await setOf(labels, round);
    record();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const ratios = new Map(results().map(({ step, ratio }) => [step, ratio]));
process.stdout.write(`\n${tableOf(summaries(samples))}\n\n`);
for (const [step, { wall }] of ratios) {
  const atLeast = step.includes('pairs') ? TIMES_MIN.asOf : TIMES_MIN.set;
  report(`${step}: time of Feast ÷ that of Millrace`, wall, { unit: '×', atLeast });
}

/** The ratios of all steps that both have finished. */
function results() {
  const compared = summaries(samples);
  const steps = compared.filter(({ rival }) => rival === 'feast').map(({ step }) => step);
  return steps.map((step) => ({ step, ratio: ratioOf(compared, step, PAIR) }));
}

/** After each step, since the next one may take hours. */
function record(): void {
  if (!process.argv.includes('--record')) return;
  const facts = { compared: summaries(samples), feastOverMillrace: results(), failures };
  writeRecord('feast-training', { feast: feastVersion(), rounds: ROUNDS, ...facts });
}
