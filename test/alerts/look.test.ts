import { describe, expect, test } from 'vitest';
import { giveUpDelivery } from '../../src/state/alerts/delivery.ts';
import { firingAlerts } from '../../src/state/alerts/overview.ts';
import { beginLook, forgetOldAlerts } from '../../src/state/alerts/record.ts';
import { DEFINITION } from '../../src/state/views/view-columns.ts';
import { changeViews } from '../support/change-views.ts';
import { until } from '../support/until.ts';
import { view } from '../support/views.ts';
import { firing, lookAndSend } from './looking.ts';
import { type AlertWorld, openAlertWorld, rule } from './world.ts';

describe('lookByRule', () => {
  /** Views that are late when `late` includes them. */
  async function lateWorld(...names: readonly string[]): Promise<AlertWorld> {
    const world = await openAlertWorld();
    await world.system.apply(
      ...names.map((name) => view({ name, tags: [`of_${name}`], end: null, freshnessMs: 1_000 })),
    );
    return world;
  }
  const isLate = (world: AlertWorld, late: boolean, name = 'a') =>
    changeViews(world.system.app.database, name, { freshnessMs: late ? 1_000 : 9_000_000_000_000 });
  const late = rule({ when: 'freshness_missed' });

  test('reports a flapping view once per cool-down, and what still fires after it', async () => {
    await using world = await lateWorld('a');
    expect(await lookAndSend(world, late)).toEqual(['firing a']);
    for (const minute of ['10', '20', '30']) {
      await world.setNow(`2026-01-08T00:${minute}:00Z`);
      await isLate(world, false);
      expect(await lookAndSend(world, late)).toEqual(minute === '10' ? ['resolved a'] : []);
      await isLate(world, true);
      expect(await lookAndSend(world, late)).toEqual([]);
    }
    expect((await firingAlerts(world.system.app.database)).alerts).toMatchObject([{ view: 'a', toldAt: null }]);
    await world.setNow('2026-01-08T00:59:59Z');
    expect(await lookAndSend(world, late)).toEqual([]);
    await world.setNow('2026-01-08T01:00:00Z');
    expect(await lookAndSend(world, late)).toEqual(['firing a']);
    await world.setNow('2026-01-08T09:00:00Z');
    expect(await lookAndSend(world, late)).toEqual([]);
  });

  test('sends one message for all views of a rule, and names twenty of them', async () => {
    const names = Array.from({ length: 2_000 }, (_, index) => `v${String(index).padStart(4, '0')}`);
    await using world = await openAlertWorld();
    const { system } = world;
    await system.apply(view({ name: 'v0000', end: null, freshnessMs: 1_000 }));
    // As if 1,999 more definitions were deployed.
    await system.sql(
      `with first as (select * from millrace.view), more as (
         insert into millrace.view (name, ${DEFINITION}, data_fingerprint, meta_fingerprint)
         select n, ${DEFINITION}, data_fingerprint, meta_fingerprint from first, unnest($1::text[]) n
         returning id)
       insert into millrace.coverage (view_id) select id from more`,
      [names.slice(1)],
    );
    await world.look(late);
    await world.deliver();
    expect(world.hook.messages()).toMatchObject([{ status: 'firing', total: 2_000 }]);
    const [message] = world.hook.messages();
    expect(message?.views.map(({ name }) => name)).toEqual(names.slice(0, 20));
    expect(message?.summary).toBe(
      `2000 views missed their freshness targets: ${names.slice(0, 20).join(', ')} and 1,980 more.`,
    );
    await system.sql(`update millrace.view set retired_at = millrace.now()`);
    await world.look(late);
    await world.deliver();
    expect(world.hook.messages().slice(1)).toMatchObject([{ status: 'resolved', total: 2_000 }]);
  });

  test('checks the views and tags of the rule', async () => {
    await using world = await lateWorld('a', 'b', 'c', 'd');
    expect(await lookAndSend(world, rule({ ...late, views: ['a', 'tag:of_c', 'of_d'] }))).toEqual(['firing a,c']);
  });

  test('sends nothing twice with two simultaneous schedulers', async () => {
    await using world = await lateWorld('a', 'b');
    await Promise.all([world.look(late), world.look(late), world.look(late)]);
    await Promise.all([world.deliver(), world.deliver(), world.deliver()]);
    expect(world.heard()).toEqual(['firing a,b']);
    await isLate(world, false);
    await Promise.all([world.look(late), world.look(late)]);
    await Promise.all([world.deliver(), world.deliver()]);
    expect(world.heard()).toEqual(['firing a,b', 'resolved a']);
  });

  test('sends the resolved message to the original targets, even if the rule is deleted or has other targets', async () => {
    await using world = await lateWorld('a', 'b');
    const pager = world.hook.target('pager');
    await world.look(rule({ ...late, to: ['ops', 'pager'] }));
    await world.deliver();
    await world.deliver(pager);
    await isLate(world, false);
    await world.look(rule({ ...late, to: ['ops'] }));
    await world.deliver(pager);
    expect(world.heard()).toEqual(['firing a,b', 'firing a,b', 'resolved a']);
    await world.look();
    await world.deliver(pager);
    expect(world.heard().slice(3)).toEqual(['resolved b']);
    expect(world.hook.messages()[3]?.views[0]?.what).toMatch(/No rule checks for this any more\.$/);
  });

  test('does not call an alert resolved if only its check has ended', async () => {
    await using world = await lateWorld('a', 'b', 'c', 'd');
    const { system } = world;
    const tagged = rule({ ...late, views: ['a', 'b', 'd', 'tag:of_c'] });
    await lookAndSend(world, tagged);
    await system.sql(`update millrace.view set retired_at = millrace.now() where name = 'a'`);
    await changeViews(system.app.database, 'b', { freshnessMs: null });
    await changeViews(system.app.database, 'c', { tags: [] });
    await isLate(world, false, 'd');
    expect(await lookAndSend(world, tagged)).toEqual(['resolved d', 'resolved a,b,c']);
    expect(world.hook.messages().map(({ ended, summary }) => `${ended} ${summary}`)).toEqual([
      'null 4 views missed their freshness targets: a, b, c, d.',
      'over d: fresh again.',
      'view_left 3 views (a, b, c): ended because the view was retired or the rule no longer covers it; the problem may still exist.',
    ]);
    await isLate(world, true, 'd');
    await world.setNow('2026-01-09T00:00:00Z');
    await lookAndSend(world, tagged);
    const edited = rule({ ...late, id: 'edited' });
    expect(await lookAndSend(world, edited)).toEqual(['resolved d', 'firing c,d']);
    expect(world.hook.messages().at(-2)).toMatchObject({
      ended: 'rule_gone',
      summary: 'd: ended because the rule was changed or removed; the problem may still exist.',
    });
  });

  test('blocks other checks, including those of other alerts', async () => {
    await using world = await lateWorld('a');
    const { database } = world.system.app;
    const waiting = `select from pg_locks where locktype = 'advisory' and not granted and pid in (
      select pid from pg_stat_activity where datname = current_database())`;
    const second = await database.transaction(async (session) => {
      await beginLook(session);
      const looking = world.look(late);
      await until(async () => (await world.system.sql(waiting)).length === 1);
      return { looking };
    });
    await second.looking;
    expect(await firing(world)).toEqual(['freshness_missed a']);
  });
});

describe('forgetOldAlerts', () => {
  test('deletes alerts that ended a month ago, and keeps firing ones with their message', async () => {
    await using world = await openAlertWorld();
    const { system } = world;
    const late = rule({ when: 'freshness_missed' });
    const isOver = (name: string) => changeViews(system.app.database, name, { freshnessMs: 9_000_000_000_000 });
    const kept = async (now: string) => {
      await world.setNow(now);
      await forgetOldAlerts(system.app.database);
      const alerts = await system.sql(
        'select name from millrace.alert join millrace.view v on v.id = view_id order by name',
      );
      const messages = await system.sql('select status from millrace.alert_message order by id');
      return [alerts.map(({ name }) => name), messages.map(({ status }) => status)];
    };
    await system.apply(...['a', 'b'].map((name) => view({ name, end: null, freshnessMs: 1_000 })));
    await lookAndSend(world, late);
    await world.setNow('2026-01-09T00:00:00Z');
    await isOver('a');
    await lookAndSend(world, late);
    expect(await kept('2026-02-08T00:00:00Z')).toEqual([
      ['a', 'b'],
      ['firing', 'resolved'],
    ]);
    expect(await kept('2026-02-08T00:00:01Z')).toEqual([['b'], ['firing']]);
    await isOver('b');
    await lookAndSend(world, late);
    expect(await kept('2026-03-10T00:00:01Z')).toEqual([['b'], ['firing', 'resolved']]);
    expect(await kept('2026-03-10T00:00:02Z')).toEqual([[], []]);
  });

  test('leaves the end of an alert that fired for more than a month to be sent', async () => {
    await using world = await openAlertWorld();
    const { database } = world.system.app;
    const late = rule({ when: 'freshness_missed' });
    await world.system.apply(view({ name: 'a', end: null, freshnessMs: 1_000 }));
    expect(await lookAndSend(world, late)).toEqual(['firing a']);
    await world.setNow('2026-03-01T00:00:00Z');
    await changeViews(database, 'a', { freshnessMs: 9_000_000_000_000 });
    await world.look(late);
    await forgetOldAlerts(database);
    // Another message is given up before the target takes this one.
    await giveUpDelivery(database, { id: '00000000-0000-0000-0000-000000000000', tries: 1 }, 'refused');
    await world.deliver();
    expect(world.heard()).toEqual(['firing a', 'resolved a']);
  });
});
