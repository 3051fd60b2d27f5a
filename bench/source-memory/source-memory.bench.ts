// Measures reading 10 million rows, for each named kind of source (default: all): the peak memory of the process and
// its children, and its speed compared with the plain driver over the same rows. Each kind runs in its own process;
// --rows=200000 makes it quick: `npm run bench source-memory`, or `node bench/source-memory/source-memory.bench.ts
// s3-parquet --rows=200000`.

import { fork } from 'node:child_process';
import { systemClock } from '../../src/core/clock.ts';
import { watchMemory } from '../engine-memory.ts';
import { report } from '../report.ts';
import { CLICKHOUSE, CLICKHOUSE_WIDE } from './clickhouse.ts';
import { HTTP } from './http.ts';
import { LAKE } from './lake.ts';
import { MYSQL, MYSQL_WIDE } from './mysql.ts';
import { POSTGRES, POSTGRES_WIDE } from './postgres.ts';

/** The rows of a source: three columns, an id, a time and a number. */
export type SourceCase = {
  readonly name: string;
  /** Our minimum speed, as a share of the plain driver's. */
  readonly speedMin: number;
  /** The maximum number of rows, for wide rows. */
  readonly rowsMax?: number;
  open(
    rows: number,
  ): Promise<AsyncDisposable & { read(): AsyncIterable<{ readonly rows: number }>; plainly(): Promise<number> }>;
};

const DATABASES = [POSTGRES, POSTGRES_WIDE, MYSQL, MYSQL_WIDE, CLICKHOUSE, CLICKHOUSE_WIDE];
const CASES: readonly SourceCase[] = [...DATABASES, HTTP, ...LAKE];
const ROWS = Number(/--rows=(\d+)/.exec(process.argv.join(' '))?.[1] ?? 10_000_000);
const PLAIN_ROWS = Math.min(ROWS, 1_000_000);
const MEMORY_MAX_MIB = 300;

async function measure(one: SourceCase): Promise<void> {
  using looks = watchMemory();
  const before = looks.peakMiB();
  {
    const rows = Math.min(ROWS, one.rowsMax ?? ROWS);
    await using many = await one.open(rows);
    const all = await seconds(() => consume(many.read()), rows);
    const what = `${one.name}: peak memory over ${rows / 1e6} M rows (${rate(rows, all)}; ${Math.round(before)} MiB at the start)`;
    report(what, looks.peakMiB(), { atMost: MEMORY_MAX_MIB, unit: 'MiB' });
  }
  // Last, since a plain driver may use any amount of memory.
  await compare(one);
}

/** In turn, and the best of each, so that neither pays for the warm-up. Ours also converts every value to text. */
async function compare(one: SourceCase): Promise<void> {
  const rows = Math.min(PLAIN_ROWS, one.rowsMax ?? PLAIN_ROWS);
  await using few = await one.open(rows);
  let [ours, plain] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < 3; round += 1) {
    ours = Math.min(ours, await seconds(() => consume(few.read()), rows));
    plain = Math.min(plain, await seconds(few.plainly, rows));
  }
  const what = `${one.name}: rows/s compared with the plain driver (${rate(rows, ours)} and ${rate(rows, plain)})`;
  report(what, plain / ours, { atLeast: one.speedMin, unit: 'times' });
}

async function consume(batches: AsyncIterable<{ readonly rows: number }>): Promise<number> {
  let rows = 0;
  for await (const batch of batches) rows += batch.rows;
  return rows;
}

async function seconds(work: () => Promise<number>, expected: number): Promise<number> {
  const started = systemClock.monotonicMs();
  const rows = await work();
  if (rows !== expected) throw new Error(`${rows} rows came, ${expected} were expected`);
  return (systemClock.monotonicMs() - started) / 1_000;
}

function rate(rows: number, elapsed: number): string {
  return `${Math.round(rows / elapsed / 1_000)} k rows/s`;
}

const [name] = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const chosen = CASES.find((one) => one.name === name);
if (chosen !== undefined) await measure(chosen);
else {
  for (const one of CASES) {
    const child = fork(import.meta.filename, [one.name, `--rows=${ROWS}`], { execArgv: process.execArgv });
    const { promise, resolve } = Promise.withResolvers<number>();
    child.once('exit', (code) => resolve(code ?? 1));
    if ((await promise) !== 0) process.exitCode = 1;
  }
}
