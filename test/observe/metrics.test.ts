// Metrics of a process, as Prometheus reads them.

import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { grafanaJson, OUTPUTS, PANELS, RULES } from '../../scripts/monitoring.ts';
import { silentLog } from '../../src/core/log.ts';
import { METRICS } from '../../src/observe/metrics/definitions.ts';
import { countedLog } from '../../src/observe/metrics/from-log.ts';
import { openMetrics } from '../../src/observe/metrics/metrics.ts';

const opened = () => openMetrics({ kind: 'worker', version: '1.2.3' });

/** The samples of one metric, without its help. */
async function samples(metrics: ReturnType<typeof opened>, name: string): Promise<string[]> {
  const { text } = await metrics.answer();
  return text.split('\n').filter((line) => line.startsWith(name) && !line.startsWith('#'));
}

describe('countedLog', () => {
  test('counts runs by outcome and code, and rows of completed runs', async () => {
    using metrics = opened();
    const log = countedLog(silentLog, metrics);
    log.info('run.completed', { run: 1, view: 'spend', read: 3, refused: 1, inserted: 2, changed: 0 });
    log.info('run.completed', { run: 2, view: 'spend', read: 5, refused: 0, inserted: 0, changed: 4 });
    log.error('run.discarded', { run: 3, view: 'spend', code: 'SOURCE_QUERY' });
    expect(await samples(metrics, 'millrace_runs_total')).toEqual([
      'millrace_runs_total{view="spend",outcome="completed",code=""} 2',
      'millrace_runs_total{view="spend",outcome="discarded",code="SOURCE_QUERY"} 1',
    ]);
    expect(await samples(metrics, 'millrace_rows_total')).toEqual([
      'millrace_rows_total{view="spend",outcome="read"} 8',
      'millrace_rows_total{view="spend",outcome="refused"} 1',
      'millrace_rows_total{view="spend",outcome="inserted"} 2',
      'millrace_rows_total{view="spend",outcome="changed"} 4',
    ]);
    expect(await samples(metrics, 'millrace_problems_total')).toEqual([
      'millrace_problems_total{level="error",event="run.discarded"} 1',
    ]);
  });

  test('observes how long a stage took, in seconds, and still writes the log', async () => {
    const said: unknown[] = [];
    using metrics = opened();
    const log = countedLog({ ...silentLog, info: (...line) => void said.push(line) }, metrics);
    log.info('run.commit', { run: 1, view: 'spend', ms: 30 });
    expect(await samples(metrics, 'millrace_stage_seconds_sum')).toEqual([
      'millrace_stage_seconds_sum{stage="commit"} 0.03',
    ]);
    expect(await samples(metrics, 'millrace_stage_seconds_bucket{le="0.05"')).toEqual([
      'millrace_stage_seconds_bucket{le="0.05",stage="commit"} 1',
    ]);
    expect(said).toEqual([['run.commit', { run: 1, view: 'spend', ms: 30 }]]);
  });
});

describe('openMetrics', () => {
  test('replaces the samples of a gauge, so that a deleted view has none', async () => {
    using metrics = opened();
    const name = 'millrace_view_paused';
    metrics.replace([name], [{ name, labels: { view: 'a' }, value: 1 }]);
    metrics.replace([name], [{ name, labels: { view: 'b' }, value: 0 }]);
    expect(await samples(metrics, name)).toEqual(['millrace_view_paused{view="b"} 0']);
  });
});

describe('a gauge without labels', () => {
  test('has no sample before it is set, and none after its removal', async () => {
    using metrics = opened();
    const name = 'millrace_oldest_waiting_run_seconds';
    expect(await samples(metrics, name)).toEqual([]);
    metrics.set({ name, value: 5 });
    expect(await samples(metrics, name)).toEqual([`${name} 5`]);
    metrics.replace([name], []);
    expect(await samples(metrics, name)).toEqual([]);
  });
});

describe('monitoring', () => {
  test.each(Object.entries(OUTPUTS))('%s is up to date (else: npm run docs)', async (path, make) => {
    const written = await readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
    expect(make(written)).toBe(written);
  });

  test('uses only existing metrics', () => {
    const read = [...RULES, ...PANELS].flatMap(({ expr }) => expr.match(/\bmillrace_[a-z_]+/g) ?? []);
    const known = new Set(
      Object.entries(METRICS).map(([name, { type }]) => (type === 'histogram' ? `${name}_bucket` : name)),
    );
    expect(read.filter((name) => !known.has(name))).toEqual([]);
    expect(JSON.parse(grafanaJson()).panels).toHaveLength(PANELS.length);
  });
});
