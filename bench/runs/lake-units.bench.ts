// Measures how fast one worker reads small files: many units of one view, and of many views of one source in turn.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApp } from '../../src/app.ts';
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { performRun } from '../../src/run/perform.ts';
import { startPostgres, startRedis } from '../../src/servers/servers.ts';
import { migrate } from '../../src/state/migrate.ts';
import { planDue } from '../../src/state/planning/planning.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { deployViewRows, requireAppliedView } from '../../src/state/views/views.ts';
import { tableFiles } from '../../test/sources/worlds.ts';
import { sourceLimits } from '../../test/support/limits.ts';
import { at, feature, fingerprinted, view } from '../../test/support/views.ts';
import { watchMemory } from '../engine-memory.ts';
import { report } from '../report.ts';

const UNITS = 200;
const VIEWS = 20;
const CONCURRENCY = 4;
const DAY_MS = 86_400_000;
const START = at('2024-01-01');

const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-units-'));
const lines = Array.from({ length: 100 }, (_, row) => `c${row},${row}.5\n`).join('');
mkdirSync(join(folder, 'lake'));
for (let unit = 0; unit < UNITS; unit += 1) {
  const date = new Date(START + unit * DAY_MS).toISOString().slice(0, 10);
  writeFileSync(join(folder, 'lake', `${date}.csv`), `entity_id,value\n${lines}`);
}

await using postgres = await startPostgres();
await using redis = await startRedis();
await using app = openApp({
  folder,
  connections: {
    offline: { url: await postgres.createDatabase() },
    online: { url: redis.url, prefix: 'mr' },
    queue: { url: redis.url, prefix: 'millrace' },
    sources: { lake: { url: `file://${join(folder, 'lake')}`, ...sourceLimits() } },
  },
  log: silentLog,
  parallelRuns: CONCURRENCY,
});
await migrate(app.database);

function filesView(name: string, units: number) {
  return fingerprinted(
    view({
      name,
      source: 'lake',
      start: START,
      end: at(new Date(START + units * DAY_MS).toISOString()),
      features: [feature(name, 'float', { column: 'value' })],
      query: 'select entity_id, value, {{end}} as timestamp from files',
      files: { files: tableFiles({ pattern: '{yyyy}-{MM}-{dd}.csv', format: 'csv', types: { value: 'float' } }) },
    }),
  );
}

/**
 * Runs everything that is due for the views, in turn: a unit of each, then the next of each. Returns runs per second.
 */
async function speed(names: readonly string[]): Promise<number> {
  const ofViews: number[][] = [];
  for (const name of names) {
    const applied = await requireAppliedView(app.database, name);
    ofViews.push([...(await planDue(app.database, applied, 'manual', DEFAULT_RUN_OPTIONS))]);
  }
  const left = Array.from({ length: UNITS }, (_, unit) => ofViews.flatMap((runs) => runs[unit] ?? [])).flat();
  const count = left.length;
  const started = systemClock.monotonicMs();
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (let run = left.shift(); run !== undefined; run = left.shift()) {
        const outcome = await performRun(app.engine, run, new AbortController().signal);
        if (outcome.kind !== 'completed') throw new Error(`run ${run}: ${JSON.stringify(outcome)}`);
      }
    }),
  );
  return count / ((systemClock.monotonicMs() - started) / 1_000);
}

using looks = watchMemory();
const many = Array.from({ length: VIEWS }, (_, index) => `many_${index}`);
await deployViewRows(app.database, [
  filesView('warm', 4),
  filesView('one', UNITS),
  ...many.map((name) => filesView(name, 5)),
]);
await speed(['warm']);
report('units of 100 rows of csv, one view', await speed(['one']), { atLeast: 20, unit: 'units/s' });
report(`units of 100 rows of csv, ${VIEWS} views in turn`, await speed(many), { atLeast: 20, unit: 'units/s' });
report(`peak memory of the worker and up to ${looks.engines()} engine processes`, looks.peakMiB(), {
  atMost: 400,
  unit: 'MiB',
});
rmSync(folder, { recursive: true });
