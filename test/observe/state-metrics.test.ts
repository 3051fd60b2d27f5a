// The gauges of the elected scheduler, also while the Redis of the queue is away.

import { expect, test } from 'vitest';
import { openApp } from '../../src/app.ts';
import { silentLog } from '../../src/core/log.ts';
import { openMetrics } from '../../src/observe/metrics/metrics.ts';
import { measureState } from '../../src/processes/state-metrics.ts';
import { until } from '../support/until.ts';
import { view } from '../support/views.ts';
import { openWorld } from '../support/world.ts';

test('measureState reports views while the queue is away, and nothing after its term', async () => {
  await using world = await openWorld();
  await world.sql('create table spend (entity_id text, value float8)');
  await world.sql(`insert into spend values ('ada', 1)`);
  await world.apply(view());
  await world.materialize('spend');
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
  expect(await text()).toContain('millrace_scheduler_elected 1');
  term.abort();
  await measuring;
  expect(await text()).not.toMatch(/^millrace_view_/m);
  expect(await text()).toContain('millrace_scheduler_elected 0');
});
