// Two thousand views of one job, ticked twice simultaneously, and done by four workers: nothing is lost or done twice.

import { expect, test } from 'vitest';
import type { App } from '../../src/app.ts';
import { inPieces } from '../../src/core/in-parallel.ts';
import { silentLog } from '../../src/core/log.ts';
import { tick } from '../../src/queue/leader/tick.ts';
import {
  applyViews,
  freshConnections,
  openFaultApp,
  startFaultScheduler,
  startWorkerProcess,
} from '../support/processes/fault-world.ts';
import { until } from '../support/until.ts';
import { at, view } from '../support/views.ts';
import { job } from './world.ts';

const VIEWS = 2_000;
const WORKERS = 4;
const PATIENCE_MS = 500_000;

const NAMES = Array.from({ length: VIEWS }, (_, index) => `view_${index}`);
const MANY = NAMES.map((name, index) =>
  view({
    name,
    tags: ['many'],
    end: at('2026-01-02'),
    query: `select 'ada' as entity_id, ${index}::float8 as value, {{end}} as timestamp`,
  }),
);

/** The value of each view's one row, in the order of the views. */
async function storedValues({ database }: App): Promise<number[]> {
  const values: number[] = [];
  for (const names of inPieces(NAMES, 100)) {
    const selects = names.map(
      (name, place) => `select ${place} as place, entity_id, ${name} as value from features.${name}`,
    );
    const rows = await database.query<{ entity_id: string; value: string }>(
      `${selects.join(' union all ')} order by 1`,
    );
    values.push(...rows.map(({ value }) => Number(value)));
  }
  return values;
}

async function count({ database }: App, sql: string): Promise<number> {
  const [row] = await database.query<{ count: number }>(sql);
  return row?.count ?? 0;
}

test(
  '2,000 views of one job are each done once by four workers',
  async () => {
    await using app = await openFaultApp(await freshConnections());
    await applyViews(app, ...MANY);
    await using queues = await app.openQueues();
    const { database } = app;
    const patient = { attempts: 50, backoffMs: 10, maxMs: 20 };
    const both = await Promise.all(
      [1, 2].map(() => tick({ database, queues, log: silentLog }, job({ views: ['tag:many'], retries: patient }))),
    );
    expect(both.reduce((sum, { runs }) => sum + runs, 0)).toBe(VIEWS);
    await using _scheduler = await startFaultScheduler(app, MANY);
    for (let worker = 0; worker < WORKERS; worker += 1) startWorkerProcess(app.connections, null);
    const open = `select count(*) from millrace.run where state in ('planned', 'active', 'committed')`;
    await until(async () => (await count(app, open)) === 0, PATIENCE_MS);
    expect(await database.query('select state, count(*)::int as runs from millrace.run group by 1')).toEqual([
      { state: 'done', runs: VIEWS },
    ]);
    const once = `select count(*) from (select view_id from millrace.event where kind = 'covered' group by 1 having count(*) = 1) v`;
    expect(await count(app, once)).toBe(VIEWS);
    expect(await storedValues(app)).toEqual(NAMES.map((_, index) => index));
    const [keys] = await app.online.redis.send([['KEYS', 'mr:view_*']]);
    expect(keys).toHaveLength(VIEWS);
  },
  PATIENCE_MS + 100_000,
);
