import { describe, expect, test } from 'vitest';
import { rebuildView } from '../../src/online/rebuild.ts';
import { repairOnline } from '../../src/online/repair.ts';
import { pauseView, resumeView } from '../../src/state/views/pause.ts';
import { at, view } from '../support/views.ts';
import { day, firing, lookAndSend, withTable } from './looking.ts';
import { openAlertWorld, rule } from './world.ts';

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

  test('fires when fewer failed runs pause the view, since no more will follow', async () => {
    await using world = await openAlertWorld();
    await world.system.apply(view({ end: at('2026-01-06'), failuresMax: 2 }));
    const ofThree = rule({ times: 3 });
    await world.tick('spend', day(1));
    expect(await lookAndSend(world, ofThree)).toEqual([]);
    await world.tick('spend', day(2));
    expect(await lookAndSend(world, ofThree)).toEqual(['firing spend']);
    await resumeView(world.system.app.database, 'spend');
    expect(await lookAndSend(world, ofThree)).toEqual(['resolved spend']);
  });

  test('ends when a run that was active succeeds although the view is paused', async () => {
    await using world = await openAlertWorld();
    await world.system.apply(view({ end: at('2026-01-06'), failuresMax: 1 }));
    await world.tick('spend', day(1));
    expect(await lookAndSend(world, rule({ times: 3 }))).toEqual(['firing spend']);
    // As the commit of a scheduled run does.
    await world.system.sql('update millrace.view set failed_in_a_row = 0');
    expect(await lookAndSend(world, rule({ times: 3 }))).toEqual(['resolved spend']);
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
