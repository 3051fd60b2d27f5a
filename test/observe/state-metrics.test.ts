// The gauges of the elected scheduler, also while the queue's Redis is away.

import { expect, test } from 'vitest';
import { openApp } from '../../src/app.ts';
import { silentLog } from '../../src/core/log.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { openMetrics } from '../../src/observe/metrics/metrics.ts';
import { measureState } from '../../src/processes/state-metrics.ts';
import { until } from '../support/until.ts';
import { view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

/** The gauges of the world's views, as soon as they are measured. */
async function measured({ app }: World): Promise<string> {
  using metrics = openMetrics({ kind: 'scheduler', version: '1.2.3' });
  const term = new AbortController();
  const measuring = measureState(app, metrics, term.signal);
  const text = async () => (await metrics.answer()).text;
  await until(async () => (await text()).includes('millrace_view_rows{'));
  const found = await text();
  term.abort();
  await measuring;
  return found;
}

const gauge = (text: string, name: string) =>
  Number(new RegExp(`^${name}\\{view="spend"\\} (.*)$`, 'm').exec(text)?.[1]);

async function shop(defined: FeatureView): Promise<World> {
  const world = await openWorld();
  await world.sql('create table spend (entity_id text, value float8)');
  await world.sql(`insert into spend values ('ada', 1), ('bob', 'NaN')`);
  await world.apply(defined);
  return world;
}

const DAY_MS = 86_400_000;
const FRESH = view({ freshnessMs: DAY_MS, refusedMax: 1 });

test('a view that has reached its end is not stale', async () => {
  await using world = await shop(FRESH);
  await world.materialize('spend');
  const text = await measured(world);
  expect(gauge(text, 'millrace_view_freshness_seconds')).toBe(0);
  expect(gauge(text, 'millrace_view_freshness_limit_seconds')).toBe(86_400);
});

test('a view that has never stored anything is as old as its start', async () => {
  await using world = await shop({
    ...FRESH,
    query: 'select entity_id, value / 0 as value, {{end}} as timestamp from spend',
  });
  await world.materialize('spend');
  const text = await measured(world);
  expect(gauge(text, 'millrace_view_freshness_seconds')).toBeGreaterThan(86_400);
  expect(gauge(text, 'millrace_view_lag_seconds')).toBe(2 * 86_400);
});

test('a planned run does not hide the rows that the newest run has refused', async () => {
  await using world = await shop({ ...FRESH, failuresMax: 0 });
  const [first = 0] = await world.plan('spend');
  await world.perform(first);
  expect(gauge(await measured(world), 'millrace_view_quarantined_rows')).toBe(1);
});

test('measureState reports views while the queue is away, and nothing after its term', async () => {
  await using world = await openWorld();
  await world.sql('create table spend (entity_id text, value float8)');
  await world.sql(`insert into spend values ('ada', 1)`);
  await world.apply(view(), view({ name: 'amount', kind: 'pushed', source: '', query: null, end: null }));
  await world.materialize('spend');
  await world.sql(
    `insert into millrace.inbox (view_id, columns, rows, data) select id, '{}', 2, '[]' from millrace.view where name = 'amount'`,
  );
  const { connections } = world.app;
  await using app = openApp({
    folder: '.',
    connections: { ...connections, queue: { url: 'redis://127.0.0.1:1', prefix: 'millrace' } },
    log: silentLog,
    settings: { queue: { deadlineMs: 500 } },
  });
  using metrics = openMetrics({ kind: 'scheduler', version: '1.2.3' });
  const text = async () => (await metrics.answer()).text;
  const term = new AbortController();
  const measuring = measureState(app, metrics, term.signal);
  await until(async () =>
    (await text()).includes('millrace_view_watermark_timestamp_seconds{view="spend"} 1767398400'),
  );
  expect(await text()).not.toMatch(/^millrace_queue_jobs\{/m);
  expect(await text()).toContain('millrace_view_inbox_rows{view="amount"} 2');
  expect(await text()).toContain('millrace_scheduler_elected 1');
  term.abort();
  await measuring;
  expect(await text()).not.toMatch(/^millrace_view_/m);
  expect(await text()).toContain('millrace_scheduler_elected 0');
});
