// The reasons that `status` gives for a view that needs attention.

import { describe, expect, test } from 'vitest';
import { slowTest } from '../../support/sample.ts';
import {
  ALL,
  addProcess,
  addRun,
  cover,
  DAYS,
  daily,
  FAILURE,
  LIVE,
  NOW,
  openAt,
  openEveryState,
} from './status-world.ts';

const HOUR_MS = 3_600_000;

describe('status', () => {
  test('names an unavailable source once, after what failed for another reason', async () => {
    const names = ['a', 'b', 'c'];
    const world = await openAt(
      Object.fromEntries([...names, 'd', 'broken'].map((name) => [`features/${name}.yaml`, daily(name)])),
    );
    const parts = [{ text: 'source shop is not responding' }];
    const away = JSON.stringify({ code: 'SOURCE_UNAVAILABLE', message: 'away', parts, owner: 'operator' });
    const failed = { state: 'failed', reason: 'schedule', closed_at: '2026-01-05T08:40:00Z' };
    for (const name of [...names, 'broken']) {
      await cover(world, name, { ...ALL, covered: '{[2026-01-02, 2026-01-05)}', held: DAYS(1) });
      await addRun(world, name, { ...failed, error: name === 'broken' ? FAILURE : away });
    }
    await cover(world, 'd', ALL);
    await addRun(world, 'd', {
      reason: 'schedule',
      attempt: 1,
      error: away,
      waiting_for: JSON.stringify({ kind: 'retry', facts: { code: 'SOURCE_UNAVAILABLE' } }),
      not_before: '2026-01-05T12:00:30Z',
    });
    await world.database.run(
      `insert into millrace.source_probe (source, probed_at, next_at) values ('shop', array[timestamptz '${NOW}' - interval '1 min'], timestamptz '${NOW}' + interval '2 min')`,
    );
    const { stdout } = await world.millrace('status --problems');
    const lines = stdout.split('\n');
    expect(lines.slice(0, 6).map((line) => line.split(/ +/).slice(0, 2))).toEqual([
      ['VIEW', 'STATE'],
      ['broken', 'held'],
      ['a', 'held'],
      ['b', 'held'],
      ['c', 'held'],
      ['d', 'failing'],
    ]);
    expect(lines.filter((line) => line.includes('run '))).toEqual([
      '4 views are waiting for source shop (a, b, c, d): most recently, run 5 failed with SOURCE_UNAVAILABLE: source shop is not responding (millrace runs show 5); 3 held units will be read when it responds (1 probe in the last 24 hours, next probe at 2026-01-05 12:02 UTC); to try now: millrace retry --failed --source shop',
      'broken: 1 unit is held because run 4 failed with SOURCE_QUERY: Division by zero (millrace runs show 4); fix the cause, then run: millrace retry 4',
      expect.stringContaining('No job schedules'),
    ]);
  });

  test('names the unavailable source of a table', async () => {
    const names = ['a', 'b'];
    const world = await openAt(Object.fromEntries(names.map((name) => [`features/${name}.yaml`, daily(name)])));
    const parts = [{ text: 'source crm is not responding' }];
    const away = { code: 'SOURCE_UNAVAILABLE', message: 'away', parts, owner: 'operator', source: 'crm' };
    for (const name of names) {
      await cover(world, name, { ...ALL, covered: '{[2026-01-02, 2026-01-05)}', held: DAYS(1) });
      const failed = { state: 'failed', reason: 'schedule', closed_at: '2026-01-05T08:40:00Z' };
      await addRun(world, name, { ...failed, error: JSON.stringify(away) });
    }
    const { stdout } = await world.millrace('status --problems');
    expect(stdout).toContain('2 views are waiting for source crm (a, b): ');
    expect(stdout).toContain('; to try now: millrace retry --failed --source crm');
    const { views } = JSON.parse((await world.millrace('status a b --json')).stdout);
    expect(views.map(({ outages }: { outages: { source: string }[] }) => outages.map(({ source }) => source))).toEqual([
      ['crm'],
      ['crm'],
    ]);
  });

  test('gives a view that waits for two sources a separate note, which asks for no fix', async () => {
    const world = await openAt(Object.fromEntries(['a', 'b'].map((name) => [`features/${name}.yaml`, daily(name)])));
    const parts = [{ text: 'it is not responding' }];
    const days = ['[2026-01-01, 2026-01-02)', '[2026-01-02, 2026-01-03)'];
    for (const name of ['a', 'b']) {
      await cover(world, name, { ...ALL, covered: '{[2026-01-03, 2026-01-05)}', held: '{[2026-01-01, 2026-01-03)}' });
      for (const [index, source] of ['shop', 'crm'].entries()) {
        const error = { code: 'SOURCE_UNAVAILABLE', message: 'away', parts, owner: 'operator', source };
        const failed = { state: 'failed', reason: 'schedule', closed_at: '2026-01-05T08:40:00Z' };
        await addRun(world, name, { ...failed, error: JSON.stringify(error) });
        await world.database.run('update millrace.run set span = $1 where id = (select max(id) from millrace.run)', [
          days[index],
        ]);
      }
    }
    const { stdout } = await world.millrace('status --problems');
    expect(stdout).toMatch(
      /a: 2 units are held.*; 1 of them will be read when source crm .*; 1 of them .* source shop /,
    );
    expect(stdout).not.toContain('fix the cause');
    const { views } = JSON.parse((await world.millrace('status a --json')).stdout);
    expect(views[0].outages).toMatchObject([
      { source: 'crm', units: 1, probes: 0 },
      { source: 'shop', units: 1, probes: 0 },
    ]);
  });

  slowTest('calls a view late if its watermark is too old, even during a backfill of older spans', async () => {
    const world = await openEveryState();
    const lateNow = async () => {
      const [view] = JSON.parse((await world.millrace('status late --json')).stdout).views;
      return { state: view.state, lagMs: view.lagMs, freshnessMs: view.freshnessMs, behindMs: view.behindMs };
    };
    const late = { state: 'late', lagMs: 60 * HOUR_MS, freshnessMs: 48 * HOUR_MS, behindMs: 48 * HOUR_MS };
    expect(await lateNow()).toEqual(late);
    await addRun(world, 'late', {
      reason: 'backfill',
      state: 'active',
      owner: 'host.1',
      started_at: '2026-01-05T11:59:00Z',
    });
    expect(await lateNow()).toEqual(late);
    await world.database.run(
      `update millrace.run set state = 'done', owner = null, closed_at = millrace.now() where reason = 'backfill'`,
    );
    expect(await lateNow()).toEqual(late);
    await cover(world, 'late', { covered: DAYS(3) });
    expect(await lateNow()).toMatchObject({ state: 'unpublished', lagMs: 36 * HOUR_MS });
  });

  slowTest('explains why a view of kind latest is late: an untaken run, a failed run, a missing job', async () => {
    const latest = `name: stock\nentity: customer\nsource: shop\nkind: latest\nfreshness: 90s\ntype: float\nquery: select entity_id, value, now() as timestamp from spend\n`;
    const world = await openAt({ 'features/spend.yaml': latest, 'jobs/nightly.yaml': LIVE });
    await world.database.run(`update millrace.coverage set last_good = timestamptz '${NOW}' - interval '4 min 16 s'`);
    const noteNow = async () =>
      (await world.millrace('status stock')).stdout
        .split('\n')
        .find((line) => /behind/.test(line) && /target/.test(line));
    const late = (why: string) =>
      `stock is 4m 16s behind (freshness target: 90s): ${why}; to see its runs: millrace runs stock`;
    expect(await noteNow()).toBe(
      late('no scheduler is running to plan its next run: start one with "millrace scheduler"'),
    );
    await addProcess(world, 'scheduler');
    expect(await noteNow()).toBe(late('the next tick of live is at 2026-01-05 12:05 UTC'));
    await addRun(world, 'stock', { reason: 'manual', state: 'failed', closed_at: NOW, error: FAILURE });
    expect(await noteNow()).toBe(late('run 1 failed with SOURCE_QUERY: Division by zero (millrace runs show 1)'));
    await addRun(world, 'stock', { reason: 'schedule' });
    expect(await noteNow()).toBe(
      late('run 2 has been waiting for a worker for 2m, and none is running: start one with "millrace worker"'),
    );
    await addProcess(world, 'worker');
    expect(await noteNow()).toBe(
      late('run 2 has been waiting for a worker for 2m: check that a worker is free and that Redis is reachable'),
    );
    await world.database.run(`update millrace.run set state = 'active', owner = 'host.1' where id = 2`);
    expect(await noteNow()).toBe(late('a run is in progress'));
  });

  test('shows once that covered units are held after a failed second read, and how to release them', async () => {
    const world = await openAt({ 'features/held.yaml': daily('held') });
    await cover(world, 'held', { ...ALL, stale: DAYS(2), held: '{[2026-01-01, 2026-01-02)}' });
    await addRun(world, 'held', { reason: 'restate', state: 'failed', closed_at: NOW, error: FAILURE });
    const { stdout } = await world.millrace('status held');
    expect(stdout.split('\n').filter((line) => /^(covered|held|stale)/.test(line))).toEqual([
      'covered     4 units: [2026-01-01, 2026-01-05); 1 of them held',
      'held        1 unit: [2026-01-01, 2026-01-02)',
      'stale       1 unit: [2026-01-02, 2026-01-03)',
      'held: 1 unit is held because run 1 failed with SOURCE_QUERY: Division by zero (millrace runs show 1); fix the cause, then run: millrace retry 1',
      'held: 1 unit will be read again.',
    ]);
    expect((await world.millrace('intervals held')).stdout).toContain('millrace retry 1');
  });

  test('shows the user who paused a view, and no ticks while it is paused', async () => {
    const world = await openAt({});
    await world.millrace('pause spend --reason moving', { USER: 'ada' });
    const { stdout } = await world.millrace('status spend');
    expect(stdout).toMatch(/^spend has been paused since 2026-01-05 12:00 UTC by ada@\S+: moving; resume it with/m);
    expect(stdout).toContain('next tick   none while the view is paused  nightly');
    expect((await world.millrace('status')).stdout).not.toContain('NEXT');
  });
});
