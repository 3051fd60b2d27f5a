import { describe, expect, test } from 'vitest';
import { interval } from '../../src/core/interval.ts';
import type { AlertRule } from '../../src/definition/alert.ts';
import { rebuildView } from '../../src/online/rebuild.ts';
import { repairOnline } from '../../src/online/repair.ts';
import { firingAlerts } from '../../src/state/alerts/overview.ts';
import { beginLook, forgetOldAlerts } from '../../src/state/alerts/record.ts';
import { pauseView, resumeView } from '../../src/state/views/pause.ts';
import { DEFINITION } from '../../src/state/views/view-columns.ts';
import { changeViews } from '../support/change-views.ts';
import { until } from '../support/until.ts';
import { at, view } from '../support/views.ts';
import { type AlertWorld, openAlertWorld, rule } from './world.ts';

const dayStart = (number: number) => at(`2026-01-${String(number).padStart(2, '0')}`);
const day = (number: number) => interval(dayStart(number), dayStart(number + 1));

async function lookAndSend(world: AlertWorld, ...rules: readonly AlertRule[]): Promise<string[]> {
  const before = world.hook.received.length;
  await world.look(...rules);
  await world.deliver();
  return world.heard().slice(before);
}

const withTable = async ({ system }: AlertWorld, ...values: string[]) => {
  await system.sql('create table spend (entity_id text, value float8)');
  for (const value of values) await system.sql(`insert into spend values ${value}`);
};

const firing = async ({ system }: AlertWorld) =>
  (await firingAlerts(system.app.database)).alerts.map(({ condition, view: name }) => `${condition} ${name}`);

describe('an alert of run_failed', () => {
  test('fires after the configured number of failed runs, is sent once, and ends with a successful run', async () => {
    await using world = await openAlertWorld();
    await world.system.apply(view({ end: at('2026-01-06') }));
    const twice = rule({ times: 2 });
    await world.tick('spend', day(1));
    expect(await lookAndSend(world, twice)).toEqual([]);
    await world.tick('spend', day(2));
    expect(await lookAndSend(world, twice)).toEqual(['firing spend']);
    expect(await lookAndSend(world, twice)).toEqual([]);
    expect(await firing(world)).toEqual(['run_failed spend']);
    const [message] = world.hook.messages();
    const sentence = expect.stringMatching(
      /^The last 2 runs of spend failed, most recently run 2 with SOURCE_QUERY: View spend: .* relation "spend" does not exist .*\)\.$/,
    );
    expect(message).toEqual({
      version: 1,
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      status: 'firing',
      at: '2026-01-08T00:00:00.000Z',
      project: 'shop',
      rule: { id: 'rule_run_failed', when: 'run_failed' },
      ended: null,
      summary: sentence,
      total: 1,
      views: [
        {
          name: 'spend',
          since: '2026-01-08T00:00:00.000Z',
          until: null,
          what: sentence,
          run: 2,
          lagMs: null,
          refusedShare: null,
          link: 'https://millrace.example.org/views/spend',
        },
      ],
      link: 'https://millrace.example.org/views/spend',
    });
    await withTable(world, `('ada', 1)`);
    await world.setNow('2026-01-08T01:00:00Z');
    await world.tick('spend', day(3));
    expect(await lookAndSend(world, twice)).toEqual(['resolved spend']);
    expect(await lookAndSend(world, twice)).toEqual([]);
    expect(world.hook.messages()[1]).toMatchObject({
      status: 'resolved',
      at: '2026-01-08T01:00:00.000Z',
      ended: 'over',
      summary: 'spend: a scheduled run succeeded, or an operator resumed the view.',
      views: [{ name: 'spend', until: '2026-01-08T01:00:00.000Z', what: sentence }],
    });
    expect(await firing(world)).toEqual([]);
  });

  test('names the scheduled run, and omits values for a redacted view', async () => {
    await using world = await openAlertWorld();
    await world.system.apply(view({ redacted: true }));
    await world.tick('spend', day(1));
    // A retry by an operator does not count, and is not sent.
    await world.system.materialize('spend');
    await lookAndSend(world, rule());
    expect(world.hook.messages()[0]?.summary).toMatch(
      /^The last run of spend \(run 1\) failed with SOURCE_QUERY: View spend: source shop .* rejected the query: \[redacted\] \(line 1.*\)\.$/,
    );
  });
});

describe('an alert of freshness_missed', () => {
  test('fires when the watermark is further behind than allowed, and ends when it is not', async () => {
    await using world = await openAlertWorld();
    await withTable(world, `('ada', 1)`);
    const open = { end: null, freshnessMs: 2 * 86_400_000 };
    await world.system.apply(
      view(open),
      view({ name: 'other', end: null }),
      view({ name: 'past', end: at('2026-01-03'), freshnessMs: 1_000 }),
    );
    await world.tick('past');
    await world.tick('spend', day(1));
    const late = rule({ when: 'freshness_missed' });
    await world.setNow('2026-01-04T00:00:00Z');
    expect(await lookAndSend(world, late)).toEqual([]);
    await world.setNow('2026-01-04T00:00:01Z');
    expect(await lookAndSend(world, late)).toEqual(['firing spend']);
    expect(world.hook.messages()[0]).toMatchObject({
      summary: 'spend is 2d behind (freshness target: 2d).',
      views: [{ since: '2026-01-04T00:00:00.000Z', lagMs: 2 * 86_400_000 + 1_000 }],
    });
    await world.tick('spend');
    expect(await lookAndSend(world, late)).toEqual(['resolved spend']);
  });
});

describe('an alert of intervals_held', () => {
  test('fires for a failed day although later days succeed, and ends when the day is read', async () => {
    await using world = await openAlertWorld();
    await world.system.apply(view({ end: at('2026-01-04') }));
    await world.tick('spend', day(1));
    await withTable(world, `('ada', 1)`);
    await world.tick('spend', day(2));
    const held = rule({ when: 'intervals_held' });
    expect(await lookAndSend(world, rule())).toEqual([]);
    expect(await lookAndSend(world, rule(), held)).toEqual(['firing spend']);
    expect(await lookAndSend(world, rule(), held)).toEqual([]);
    expect(world.hook.messages()[0]).toMatchObject({
      rule: { when: 'intervals_held' },
      summary: expect.stringMatching(
        /^spend: 1 unit is held because run 1 failed with SOURCE_QUERY: .*; to see it: "millrace intervals spend"\.$/,
      ),
      views: [{ run: 1 }],
    });
    await world.system.sql(`insert into millrace.run (view_id, span, fingerprint, reason)
      select id, '[2026-01-01, 2026-01-02)', data_fingerprint, 'manual' from millrace.view`);
    expect(await lookAndSend(world, rule(), held)).toEqual(['resolved spend']);
    expect(world.hook.messages()[1]?.summary).toBe('spend: held intervals were stored or are being read again.');
  });

  test('leaves out what waits for an unavailable source, and runs that were cancelled', async () => {
    await using world = await openAlertWorld();
    await withTable(world, `('ada', 1)`);
    await world.system.apply(view({ end: at('2026-01-05') }));
    await world.tick('spend', day(4));
    const fail = (span: string, state: string, code: string) =>
      world.system.sql(
        `insert into millrace.run (view_id, span, fingerprint, reason, state, closed_at, error)
         select id, '${span}', data_fingerprint, 'schedule', '${state}', millrace.now(),
                '{"code": "${code}", "message": "", "parts": [], "owner": "operator"}' from millrace.view`,
      );
    await fail('[2026-01-01, 2026-01-02)', 'failed', 'SOURCE_UNAVAILABLE');
    await fail('[2026-01-02, 2026-01-03)', 'cancelled', 'BUG');
    await world.system.sql(`update millrace.coverage set held = '{[2026-01-01, 2026-01-03)}'`);
    const held = rule({ when: 'intervals_held' });
    expect(await lookAndSend(world, held)).toEqual([]);
    await fail('[2026-01-03, 2026-01-04)', 'failed', 'FILE_BROKEN');
    await world.system.sql(`update millrace.coverage set held = '{[2026-01-01, 2026-01-04)}'`);
    expect(await lookAndSend(world, held)).toEqual(['firing spend']);
    expect(world.hook.messages()[0]?.summary).toMatch(/^spend: 2 units are held: .*FILE_BROKEN 1.*; to see them:/);
  });
});

describe('the sentence of an alert of freshness_missed', () => {
  test('names the run that failed, or that waits for a worker', async () => {
    await using world = await openAlertWorld();
    const open = { kind: 'latest', end: null, freshnessMs: 90_000 } as const;
    const query = 'select entity_id, value, now() as timestamp from gone';
    const [one, other] = [view({ ...open, name: 'untaken' }), view({ ...open, name: 'failed', query })];
    await world.setNow('2026-01-04T00:00:00Z');
    await world.system.apply(one, other, view({ ...open, name: 'redacted', query, redacted: true }));
    await world.system.plan('untaken');
    await world.system.materialize('failed', { attempts: 1 });
    await world.system.materialize('redacted', { attempts: 1 });
    await world.setNow('2026-01-04T00:04:16Z');
    const late = rule({ when: 'freshness_missed' });
    await lookAndSend(world, late);
    const sentences = world.hook.messages().flatMap(({ views }) => views.map(({ what }) => what));
    expect(sentences.toSorted()).toEqual([
      expect.stringMatching(
        `^failed is 4m 16s behind \\(freshness target: 1m 30s\\): its last run \\(run 2\\) failed with SOURCE_QUERY: .+`,
      ),
      expect.stringMatching(
        `^redacted is 4m 16s behind \\(freshness target: 1m 30s\\): its last run \\(run 3\\) failed with SOURCE_QUERY: .* rejected the query: \\[redacted\\] .+`,
      ),
      `untaken is 4m 16s behind (freshness target: 1m 30s): no worker has picked up its run 1.`,
    ]);
  });
});

describe('an alert of freshness_missed of a view of kind latest', () => {
  test('counts from the first deployment of the view until a run has succeeded', async () => {
    await using world = await openAlertWorld();
    await world.setNow('2026-01-08T00:00:00Z');
    await world.system.apply(
      view({ name: 'rates', kind: 'latest', start: at('1970-01-01'), end: null, freshnessMs: 3_600_000 }),
    );
    const late = rule({ when: 'freshness_missed' });
    await world.setNow('2026-01-08T01:00:00Z');
    expect(await lookAndSend(world, late)).toEqual([]);
    await world.setNow('2026-01-08T01:00:01Z');
    expect(await lookAndSend(world, late)).toEqual(['firing rates']);
    expect(world.hook.messages()[0]).toMatchObject({
      summary: 'rates is 1h behind (freshness target: 1h).',
    });
  });
});

describe('an alert of refused_share', () => {
  test('fires for a run that refused more than its share, and ends with one that did not', async () => {
    await using world = await openAlertWorld();
    await withTable(world, `('ada', 1)`, `(null, 2)`, `('bob', 3)`, `('cy', 4)`);
    await world.system.sql('insert into spend select s.* from spend s, generate_series(2, 10)');
    await world.system.apply(view({ end: at('2026-01-06') }));
    const refused = rule({ when: 'refused_share', above: 0.24 });
    await world.tick('spend', day(1));
    expect(await lookAndSend(world, rule({ ...refused, id: 'patient', above: 0.25 }))).toEqual([]);
    expect(await lookAndSend(world, refused)).toEqual(['firing spend']);
    expect(world.hook.messages()[0]).toMatchObject({
      summary: 'Run 1 of spend refused 10 of 40 rows (25.0%).',
      views: [{ run: 1, refusedShare: 0.25 }],
    });
    // Backfills do not count, and a run without rows shows nothing about rows.
    await world.system.sql(
      `insert into millrace.run (view_id, span, reason, fingerprint, state, counts)
       select view_id, span, 'backfill', fingerprint, 'done', '{"read": 9, "refused": 0}' from millrace.run`,
    );
    expect(await lookAndSend(world, refused)).toEqual([]);
    await world.system.sql('alter table spend rename to gone');
    await world.tick('spend', day(2));
    expect(await lookAndSend(world, refused)).toEqual([]);
    await world.system.sql('alter table gone rename to spend');
    await world.system.sql('delete from spend where entity_id is null');
    await world.tick('spend', day(3));
    expect(await lookAndSend(world, refused)).toEqual(['resolved spend']);
  });

  test('does not fire for one bad row of two, but if small runs keep failing like this', async () => {
    await using world = await openAlertWorld();
    await withTable(world, `('ada', 1)`, `(null, 2)`);
    await world.system.apply(view({ end: at('2026-01-20') }));
    await world.setNow('2026-01-20T00:00:00Z');
    const refused = rule({ when: 'refused_share', above: 0.02 });
    for (let n = 1; n < 10; n += 1) await world.tick('spend', day(n));
    expect(await lookAndSend(world, refused)).toEqual([]);
    await world.tick('spend', day(10));
    expect(await lookAndSend(world, refused)).toEqual(['firing spend']);
    expect(world.hook.messages()[0]).toMatchObject({
      summary: 'The last 10 runs of spend refused 10 of 20 rows (50.0%).',
    });
  });

  test('judges a large run alone', async () => {
    await using world = await openAlertWorld();
    await withTable(world, `('ada', 1)`, `(null, 2)`);
    await world.system.apply(view({ end: at('2026-01-20') }));
    await world.setNow('2026-01-20T00:00:00Z');
    for (let n = 1; n < 10; n += 1) await world.tick('spend', day(n));
    await world.system.sql(`insert into spend select i::text, 1 from generate_series(1, 1000) i`);
    await world.tick('spend', day(10));
    expect(await lookAndSend(world, rule({ when: 'refused_share', above: 0.0001 }))).toEqual([]);
    await world.system.sql(`insert into spend select null, 1 from generate_series(1, 9) i`);
    await world.tick('spend', day(11));
    expect(await lookAndSend(world, rule({ when: 'refused_share', above: 0.0001 }))).toEqual(['firing spend']);
  });
});

describe('an alert of circuit_open', () => {
  test('fires when failed runs pause the view, not when an operator does, and ends when it is resumed', async () => {
    await using world = await openAlertWorld();
    const { system } = world;
    await system.apply(view({ failuresMax: 1 }), view({ name: 'other' }));
    await pauseView(system.app.database, 'other', { kind: 'person', reason: 'its circuit: no', actor: 'ada' });
    await world.tick('spend', day(1));
    const circuit = rule({ when: 'circuit_open' });
    expect(await lookAndSend(world, circuit)).toEqual(['firing spend']);
    expect(world.hook.messages()[0]?.summary).toMatch(
      /^spend is paused because its last run \(run 1\) failed with SOURCE_QUERY: View .*\); fix the cause, then run "millrace resume spend"\.$/,
    );
    await resumeView(system.app.database, 'spend');
    expect(await lookAndSend(world, circuit)).toEqual(['resolved spend']);
  });
});

describe('an alert of online_rebuilt', () => {
  test('fires when the online store is not trusted, and ends some minutes after its rebuild', async () => {
    await using world = await openAlertWorld();
    const { system } = world;
    const { app } = system;
    await withTable(world, `('ada', 1)`);
    await system.apply(view({}));
    await world.tick('spend');
    const rebuilt = rule({ when: 'online_rebuilt' });
    const repair = () => repairOnline({ ...app.publisher, log: world.log }, new AbortController().signal);
    await repair();
    expect(await lookAndSend(world, rebuilt)).toEqual([]);
    await app.online.redis.send([['FLUSHDB']]);
    await repair();
    expect(await lookAndSend(world, rebuilt)).toEqual(['firing spend']);
    expect(world.hook.messages()[0]?.summary).toBe(
      'spend was rebuilt in the online store: the online store was emptied, or restarted without its data.',
    );
    await world.setNow('2026-01-08T00:10:00Z');
    expect(await lookAndSend(world, rebuilt)).toEqual(['resolved spend']);
  });

  test('does not fire for a requested rebuild', async () => {
    await using world = await openAlertWorld();
    const { system } = world;
    await withTable(world, `('ada', 1)`);
    await system.apply(view({}));
    await world.tick('spend');
    await system.apply(view({ ttlMs: 86_400_000 }));
    expect(await lookAndSend(world, rule({ when: 'online_rebuilt' }))).toEqual([]);
    await repairOnline({ ...system.app.publisher, log: world.log }, new AbortController().signal);
    const [event] = await system.sql(`select note from millrace.event where kind = 'rebuilt'`);
    expect(event).toEqual({ note: { kind: 'rebuilt', facts: { reason: 'ttl' } } });
    await rebuildView({ ...system.app.publisher, viewId: 1, signal: new AbortController().signal });
    const notes = await system.sql(
      `select note->'facts'->>'reason' as reason from millrace.event where kind = 'rebuilt' order by id`,
    );
    expect(notes.map(({ reason }) => reason)).toEqual(['ttl', 'command']);
    expect(await lookAndSend(world, rule({ when: 'online_rebuilt' }))).toEqual([]);
  });
});

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
    expect(await kept('2026-03-10T00:00:01Z')).toEqual([['b'], ['resolved']]);
    expect(await kept('2026-03-10T00:00:02Z')).toEqual([[], []]);
  });
});
