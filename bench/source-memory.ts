// What reading 10 million rows costs a process, for each kind of source named (all without a name): its peak memory, and
// its speed beside that of the plain driver, if it has one, over the same rows. Each kind is measured in a process of its own.

import { fork } from 'node:child_process';
import { systemClock } from '../src/core/clock.ts';
import { report } from './report.ts';
import { MYSQL } from './source-memory-mysql.ts';

/** Rows behind a source: three columns, an id, a time and a number. */
export type SourceCase = {
  readonly name: string;
  open(
    rows: number,
  ): Promise<AsyncDisposable & { read(): AsyncIterable<{ readonly rows: number }>; plainly?(): Promise<number> }>;
};

const CASES: readonly SourceCase[] = [MYSQL];
const ROWS = 10_000_000;
const PLAIN_ROWS = 1_000_000;
const MEMORY_MAX_MIB = 300;

async function measure(one: SourceCase): Promise<void> {
  await compare(one);
  await using many = await one.open(ROWS);
  const all = await seconds(() => consume(many.read()), ROWS);
  const memory = process.resourceUsage().maxRSS / 1_024;
  const what = `${one.name}: peak memory over 10 M rows (${rate(ROWS, all)})`;
  report(what, memory, { atMost: MEMORY_MAX_MIB, unit: 'MiB' });
}

/** In turn, and the best of each, so that neither is the one that warms up. Ours makes text of every value besides. */
async function compare(one: SourceCase): Promise<void> {
  await using few = await one.open(PLAIN_ROWS);
  if (few.plainly === undefined) return;
  let [ours, plain] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < 3; round += 1) {
    ours = Math.min(ours, await seconds(() => consume(few.read()), PLAIN_ROWS));
    plain = Math.min(plain, await seconds(few.plainly, PLAIN_ROWS));
  }
  const what = `${one.name}: rows/s beside the plain driver (${rate(PLAIN_ROWS, ours)} and ${rate(PLAIN_ROWS, plain)})`;
  report(what, plain / ours, { atLeast: 0.7, unit: 'times' });
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
    const child = fork(import.meta.filename, [one.name], { execArgv: process.execArgv });
    const { promise, resolve } = Promise.withResolvers<number>();
    child.once('exit', (code) => resolve(code ?? 1));
    if ((await promise) !== 0) process.exitCode = 1;
  }
}
