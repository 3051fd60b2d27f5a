// How a tick handles earlier due time, by catch_up.

import { describe, expect, test } from 'vitest';
import { tick } from '../../src/queue/leader/tick.ts';
import { deploy } from '../../src/state/views/deploy.ts';
import { deployedJob } from '../../src/state/views/deployment.ts';
import { pauseView, resumeView } from '../../src/state/views/pause.ts';
import { at, fingerprinted, view } from '../support/views.ts';
import { deployJobs, job, openQueueWorld, type QueueWorld } from './world.ts';

const HOURLY = { ...job(), cron: '0 * * * *', timezone: 'UTC' };
const hourly = { start: at('2026-01-01'), end: null, unitMs: 3_600_000 };

type Ticking = QueueWorld & {
  /** Sets the clock, ticks, and returns the planned spans. */
  tickAt(time: string, of?: typeof HOURLY): Promise<string[]>;
  setClock(time: string): Promise<unknown>;
  perform(): Promise<void>;
  skipped(): Promise<unknown>;
};

async function ticking(): Promise<Ticking> {
  const world = await openQueueWorld();
  const { system, queues, log } = world;
  const { database } = system.app;
  const open = () =>
    system.sql(
      `select id, to_char(lower(span), 'HH24:MI') || '-' || to_char(upper(span), 'HH24:MI') as span
         from millrace.run where state = 'planned' order by id`,
    );
  const setClock = (time: string) =>
    system.sql(
      `create or replace function millrace.now() returns timestamptz language sql volatile
         as $$ select timestamptz '2026-01-01 ${time}Z' $$`,
    );
  await setClock('00:00');
  return Object.assign(world, {
    setClock,
    tickAt: async (time: string, of = HOURLY) => {
      await setClock(time);
      await tick({ database, queues, log }, of);
      return (await open()).map(({ span }) => String(span));
    },
    perform: async () => {
      for (const { id } of await open()) await system.perform(Number(id));
    },
    skipped: async () => {
      const [row] = await system.sql('select skipped::text from millrace.coverage');
      const events = await system.sql(`select span::text, note from millrace.event where kind = 'skipped'`);
      return { now: row?.['skipped'], events };
    },
  });
}

const skippedTo = (hour: string, catchUp: string) => {
  const span = `{["2026-01-01 01:00:00+00","2026-01-01 ${hour}:00:00+00")}`;
  return { now: span, events: [{ span, note: { kind: 'catch_up', facts: { catchUp } } }] };
};

describe('catch_up', () => {
  test.each([
    ['all', ['01:00-02:00', '02:00-03:00', '03:00-04:00', '04:00-05:00', '05:00-06:00', '06:00-07:00'], null],
    ['latest', ['05:00-06:00', '06:00-07:00'], '05'],
    ['none', ['06:00-07:00'], '06'],
  ] as const)('%s, after six hours in which nothing was running', async (catchUp, expected, skippedUntil) => {
    await using world = await ticking();
    await world.system.apply(view({ ...hourly, catchUp }));
    expect(await world.tickAt('01:00')).toEqual(['00:00-01:00']);
    await world.perform();
    expect(await world.tickAt('07:00')).toEqual(expected);
    expect(await world.skipped()).toEqual(
      skippedUntil === null ? { now: '{}', events: [] } : skippedTo(skippedUntil, catchUp),
    );
    await world.perform();
    expect(await world.tickAt('07:05')).toEqual([]);
  });

  test('none skips the whole past of a new view, and nothing from then on', async () => {
    await using world = await ticking();
    await world.tickAt('05:00');
    await world.system.apply(view({ ...hourly, catchUp: 'none' }));
    expect(await world.tickAt('05:00')).toEqual([]);
    expect(await world.tickAt('06:00')).toEqual(['05:00-06:00']);
  });

  test('none skips nothing if a dense schedule is a few minutes late', async () => {
    await using world = await ticking();
    const minutely = { ...HOURLY, cron: '* * * * *' };
    await world.system.apply(view({ ...hourly, unitMs: 60_000, catchUp: 'none' }));
    await world.tickAt('00:00', minutely);
    expect(await world.tickAt('00:03', minutely)).toEqual(['00:00-00:01', '00:01-00:02', '00:02-00:03']);
    await world.perform();
    expect(await world.tickAt('00:20', minutely)).toEqual(
      ['15', '16', '17', '18', '19'].map((minute) => `00:${minute}-00:${Number(minute) + 1}`),
    );
  });

  test.each([
    ['of the same job', [HOURLY.name], []],
    ['of a job that is replaced by another one', ['other'], []],
    ['of a job that gives the view to another one', ['other'], [{ ...HOURLY, name: 'other', views: ['another'] }]],
    [
      'of a job that gives the view to one that was paused',
      ['other'],
      [{ ...HOURLY, name: 'other', views: ['another'], paused: true }],
    ],
    ['of a job that leaves the view to one that was paused', ['other'], [{ ...HOURLY, name: 'other', paused: true }]],
  ])('none skips nothing that the previous schedule would have done in time: %s', async (_, [name = ''], others) => {
    await using world = await ticking();
    const { database } = world.system.app;
    const seldom = { ...HOURLY, cron: '0 1 * * *' };
    const often = { ...HOURLY, name, cron: '*/5 * * * *' };
    await world.system.apply(view({ ...hourly, catchUp: 'none' }));
    await deployJobs(database, [seldom, ...others.map((other) => ({ ...other, cron: often.cron }))]);
    expect(await world.tickAt('01:00', seldom)).toEqual(['00:00-01:00']);
    await world.perform();
    await world.setClock('04:01');
    await deployJobs(database, [often]);
    const deployed = (await deployedJob(database, often.name)) ?? often;
    expect(await world.tickAt('04:05', deployed)).toEqual(['01:00-02:00', '02:00-03:00', '03:00-04:00']);
    await world.perform();
    expect(await world.tickAt('06:15', deployed)).toEqual([]);
    expect(await world.skipped()).toMatchObject({
      now: '{["2026-01-01 04:00:00+00","2026-01-01 06:00:00+00")}',
    });
  });

  test('none skips nothing that the previous job of a view would have done in time, if a tag moves the view', async () => {
    await using world = await ticking();
    const { database } = world.system.app;
    const [seldom, often] = [
      { ...HOURLY, name: 'daily', cron: '0 1 * * *', views: ['tag:daily'] },
      { ...HOURLY, cron: '*/5 * * * *', views: ['tag:often'] },
    ];
    const spend = (tag: string) => view({ ...hourly, catchUp: 'none', tags: [tag] });
    const deployed = (tag: string) =>
      deploy(database, { views: [fingerprinted(spend(tag))], jobs: [seldom, often], program: '0.0.0', by: 'test' });
    await deployed('daily');
    expect(await world.tickAt('01:00', seldom)).toEqual(['00:00-01:00']);
    await world.perform();
    await world.setClock('04:01');
    await deployed('often');
    expect(await world.tickAt('04:05', (await deployedJob(database, often.name)) ?? often)).toEqual([
      '01:00-02:00',
      '02:00-03:00',
      '03:00-04:00',
    ]);
  });

  test('none skips what a job has missed of its earlier views, if it gets a view of another job', async () => {
    await using world = await ticking();
    const { database } = world.system.app;
    const seldom = { ...HOURLY, name: 'daily', cron: '0 1 * * *', views: ['moved'] };
    const often = { ...HOURLY, cron: '*/5 * * * *' };
    await world.system.apply(view({ ...hourly, catchUp: 'none' }), view({ ...hourly, name: 'moved', catchUp: 'none' }));
    await deployJobs(database, [seldom, often]);
    await world.tickAt('01:00', seldom);
    expect(await world.tickAt('01:00', often)).toEqual(['00:00-01:00', '00:00-01:00']);
    await world.perform();
    await world.setClock('04:01');
    await deployJobs(database, [{ ...often, views: ['spend', 'moved'] }]);
    const deployed = (await deployedJob(database, often.name)) ?? often;
    expect(await world.tickAt('04:05', deployed)).toEqual(['01:00-02:00', '02:00-03:00', '03:00-04:00']);
    expect(
      await world.system.sql(
        `select v.name, c.skipped::text from millrace.view v join millrace.coverage c on c.view_id = v.id order by v.name`,
      ),
    ).toEqual([
      { name: 'moved', skipped: '{}' },
      { name: 'spend', skipped: '{["2026-01-01 01:00:00+00","2026-01-01 04:00:00+00")}' },
    ]);
  });

  test.each([false, true])(
    'forgets that a job got a view when it makes no difference any more; paused: %s',
    async (paused) => {
      await using world = await ticking();
      const { database } = world.system.app;
      await world.system.apply(view(hourly));
      await deployJobs(database, [HOURLY]);
      await world.setClock('04:01');
      const renamed = { ...HOURLY, name: 'renamed', paused };
      const gainedAt = async (time: string) => {
        await world.setClock(time);
        // Any edit makes a new deployment.
        await deployJobs(database, [{ ...renamed, description: time }]);
        return (await deployedJob(database, renamed.name))?.gained;
      };
      const gained = [{ view: 'spend', at: at('2026-01-01T04:01Z') }];
      expect([await gainedAt('04:01'), await gainedAt('05:59')]).toEqual([gained, gained]);
      expect(await gainedAt('06:00')).toBeUndefined();
      const after = { ...renamed, paused: false };
      await deployJobs(database, [after]);
      expect(await world.tickAt('07:00', (await deployedJob(database, renamed.name)) ?? after)).toHaveLength(7);
    },
  );

  test('none does not skip what was tried before', async () => {
    await using world = await ticking();
    await world.system.apply(view({ ...hourly, catchUp: 'none' }));
    expect(await world.tickAt('01:00')).toEqual(['00:00-01:00']);
    await pauseView(world.system.app.database, 'spend', { kind: 'person', reason: 'the source moves', actor: 'ada' });
    expect(await world.tickAt('06:00')).toEqual([]);
    await resumeView(world.system.app.database, 'spend');
    expect(await world.tickAt('07:00')).toEqual(['00:00-01:00', '06:00-07:00']);
    expect(await world.skipped()).toEqual(skippedTo('06', 'none'));
  });
});
