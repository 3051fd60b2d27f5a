import { describe, expect, test } from 'vitest';
import { interval } from '../../src/core/interval.ts';
import type { AlertRule } from '../../src/definition/alert.ts';
import type { Check } from '../../src/definition/check.ts';
import { failingViews } from '../../src/state/alerts/conditions.ts';
import { claimRun, releaseRun } from '../../src/state/runs/claim.ts';
import { at, view } from '../support/views.ts';
import { openWorld } from '../support/world.ts';
import { type AlertWorld, openAlertWorld, rule } from './world.ts';

const day = (number: number) => interval(at(`2026-01-0${number}`), at(`2026-01-0${number + 1}`));

async function look(world: AlertWorld, of: AlertRule): Promise<string[]> {
  const before = world.hook.received.length;
  await world.look(of);
  await world.deliver();
  return world.heard().slice(before);
}

/** A view that fails its check while the table holds a negative value. */
async function openChecked(onFailure: 'warn' | 'fail'): Promise<AlertWorld> {
  const world = await openAlertWorld();
  const positive: Check = { kind: 'row', expression: 'spend > 0', onFailure, atLeast: 1 };
  await world.system.sql('create table spend (entity_id text, value float8)');
  await world.system.sql(`insert into spend values ('ada', -1), ('bob', 2)`);
  await world.system.apply(view({ end: at('2026-01-06'), checks: [positive] }));
  return world;
}

describe('an alert of check_failed', () => {
  test('fires for a run that failed a check, names it, and ends with a run that passes', async () => {
    await using world = await openChecked('fail');
    const failed = rule({ when: 'check_failed', severity: 'critical' });
    await world.tick('spend', day(1));
    expect(await look(world, failed)).toEqual(['firing spend']);
    expect(world.hook.messages()[0]).toMatchObject({
      rule: { when: 'check_failed', severity: 'critical' },
      summary: expect.stringContaining(
        'spend failed a check: row "spend > 0": 1 of 2 rows (50%) fails. Stored rows are unchanged.',
      ),
    });
    await world.system.sql('update spend set value = 1');
    await world.tick('spend', day(2));
    expect(await look(world, failed)).toEqual(['resolved spend']);
  });
});

describe('an alert about a view that becomes redacted before it is sent', () => {
  test.each(['firing', 'resolved'])('quotes no value: %s', async (status) => {
    await using world = await openAlertWorld();
    await world.system.apply(
      view({ end: at('2026-01-06'), query: `select 'ada' as entity_id, 'canary'::int as value, {{end}} as timestamp` }),
    );
    const failed = rule({ when: 'run_failed' });
    await world.tick('spend', day(1));
    await world.look(failed);
    if (status === 'resolved') {
      await world.deliver();
      await world.system.sql('update millrace.view set failed_in_a_row = 0');
      await world.look(failed);
    }
    await world.system.sql('update millrace.view set redacted = true');
    const before = world.hook.received.length;
    await world.deliver();
    const what = expect.stringMatching(/^The last run of spend \(run 1\) failed with \S+: .*\[redacted\]/);
    const summary = status === 'firing' ? what : 'spend: a scheduled run succeeded, or an operator resumed the view.';
    const views = [{ name: 'spend', what, run: 1 }];
    expect(world.hook.messages().slice(before)).toMatchObject([{ status, summary, total: 1, views }]);
    expect(world.hook.received[before]?.body).not.toContain('canary');
  });
});

describe('an alert about the parts of a view', () => {
  test('is over when a rule about the view no longer finds the problem', async () => {
    await using world = await openChecked('fail');
    const failed = rule({ when: 'check_failed', views: ['totals'] });
    await world.tick('spend', day(1));
    await world.system.sql(`update millrace.view set parts_of = 'totals'`);
    expect(await look(world, failed)).toEqual(['firing spend']);
    await world.system.sql(`update millrace.run set state = 'done', error = null`);
    expect(await look(world, failed)).toEqual(['resolved spend']);
    expect(world.hook.messages()[1]).toMatchObject({
      ended: 'over',
      summary: 'spend: the newest run passed its checks.',
    });
  });
});

describe('an alert of check_warned', () => {
  test('fires for a run with a check warning, and ends with a run that passes', async () => {
    await using world = await openChecked('warn');
    const warned = rule({ when: 'check_warned' });
    await world.tick('spend', day(1));
    expect(await look(world, warned)).toEqual(['firing spend']);
    expect(world.hook.messages()[0]).toMatchObject({
      summary: 'Run 1 of spend has a check warning: row "spend > 0": 1 of 2 rows (50%) fails.',
    });
    const facts = await world.system.sql('select facts from millrace.alert');
    expect(facts).toMatchObject([{ facts: { checks: [{ state: 'broken' }] } }]);
    expect(JSON.stringify(facts)).not.toContain('ada');
    await world.system.sql('update spend set value = 1');
    await world.tick('spend', day(2));
    expect(await look(world, warned)).toEqual(['resolved spend']);
  });
});

describe('an alert of slow_run', () => {
  test('fires for a run that takes longer than the limit, and ends with a faster one', async () => {
    await using world = await openChecked('warn');
    const slow = rule({ when: 'slow_run', longerMs: 60_000 });
    await world.tick('spend', day(1));
    expect(await look(world, slow)).toEqual([]);
    await world.system.sql(`update millrace.run set worked = interval '90 s'`);
    expect(await look(world, slow)).toEqual(['firing spend']);
    expect(world.hook.messages()[0]).toMatchObject({
      summary: 'Run 1 of spend has taken 1m 30s; to see its stages: "millrace runs show 1".',
    });
    await world.tick('spend', day(2));
    expect(await look(world, slow)).toEqual(['resolved spend']);
  });

  test('counts only the time that workers have the run, and not what it waits for a file', async () => {
    await using world = await openWorld();
    const { database } = world.app;
    await world.apply(view());
    const [run = 0] = await world.plan('spend');
    const setNow = (time: string) =>
      world.sql(
        `create or replace function millrace.now() returns timestamptz language sql as $$ select timestamptz '2026-02-01 ${time}Z' $$`,
      );
    const claimed = async () => {
      const claim = await claimRun(database, run, 'ada', 30_000);
      if (!('claimed' in claim)) throw new Error(`the claim was refused: ${claim.refused}`);
      return claim.claimed;
    };
    const tookMs = async () => {
      const found = await failingViews(database, rule({ when: 'slow_run', longerMs: 30 * 60_000 }));
      return found.map(({ facts }) => facts.tookMs);
    };
    await setNow('00:00');
    const first = await claimed();
    await setNow('00:01');
    await releaseRun(database, first, { as: 'snooze', delayMs: 0, wait: { kind: 'overlap', facts: {} } });
    await setNow('02:00');
    expect(await tookMs()).toEqual([]);
    await claimed();
    await setNow('02:31');
    expect(await tookMs()).toEqual([32 * 60_000]);
  });
});
