// Views in known states, with a stopped database clock.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommandWorld, openCommandWorld, SPEND } from '../world.ts';

export const NO_SPANS = { spans: 0, units: 0 };
export const NOW = '2026-01-05 12:00:00+00';

/** A daily view without an end, with four settled days. */
export function daily(name: string, extra = ''): string {
  return SPEND.replace('name: spend', `name: ${name}`).replace('end: 2026-01-03\n', extra);
}

/** A deployed project with a stopped database clock. */
export async function openAt(files: Readonly<Record<string, string>>): Promise<CommandWorld> {
  const world = await openCommandWorld(files);
  await world.millrace('migrate');
  await world.database.run(
    `create or replace function millrace.now() returns timestamptz language sql volatile as $$ select timestamptz '${NOW}' $$`,
  );
  await world.millrace('apply');
  return world;
}

export async function cover(world: CommandWorld, view: string, sets: Readonly<Record<string, string>>): Promise<void> {
  for (const [set, value] of Object.entries(sets)) {
    await world.database.run(
      `update millrace.coverage set ${set} = $2::tstzmultirange where view_id = (select id from millrace.view where name = $1)`,
      [view, value],
    );
  }
}

export async function addRun(
  world: CommandWorld,
  view: string,
  columns: Readonly<Record<string, unknown>>,
): Promise<void> {
  const names = Object.keys(columns);
  await world.database.run(
    `insert into millrace.run (view_id, span, fingerprint, planned_at${names.map((name) => `, ${name}`).join('')})
     select id, '[2026-01-01, 2026-01-02)', data_fingerprint, timestamptz '${NOW}' - interval '2 min'
            ${names.map((_, index) => `, $${index + 2}`).join('')}
       from millrace.view where name = $1`,
    [view, ...Object.values(columns)],
  );
}

export async function addProcess(world: CommandWorld, kind: 'scheduler' | 'worker'): Promise<void> {
  await world.database.run(
    `insert into millrace.process (id, kind, host, pid, version, seen_at) values ($1, $1, 'host', 1, '0', timestamptz '${NOW}')`,
    [kind],
  );
}

export const LIVE = `name: live\ncron: "*/5 * * * *"\nviews: [stock]\n`;

export const DAYS = (days: number) => `{[2026-01-01, 2026-01-0${days + 1})}`;
export const ALL = { covered: DAYS(4), published: DAYS(4) };
export const FAILURE = JSON.stringify({ code: 'SOURCE_QUERY', message: 'Division by zero.', owner: 'author' });

/** A view in each of the states, named after its state. */
export async function openEveryState(): Promise<CommandWorld> {
  const names = 'behind failing held ok paused planned retired running stale unpublished waiting'.split(' ');
  const world = await openAt({
    ...Object.fromEntries(names.map((name) => [`features/${name}.yaml`, daily(name)])),
    'features/late.yaml': daily('late', 'freshness: 2d\n'),
    'features/edited.yaml': daily('edited'),
    'features/spend.yaml': daily('customer_orders'),
    'jobs/nightly.yaml': `name: nightly\ncron: "15 3 * * *"\ntimezone: Europe/Berlin\nviews: [held, ok, late]\n`,
    'jobs/hourly.yaml': `name: hourly\ncron: "5 * * * *"\npaused: true\nviews: [ok]\n`,
  });
  const applied = [...names, 'edited', 'customer_orders'];
  for (const name of applied) await cover(world, name, ALL);
  await cover(world, 'behind', { covered: DAYS(3), published: DAYS(3) });
  await cover(world, 'late', { covered: DAYS(2), published: DAYS(2) });
  await cover(world, 'stale', { stale: DAYS(2) });
  await cover(world, 'unpublished', { published: DAYS(1) });
  await cover(world, 'held', {
    covered: '{[2026-01-01, 2026-01-02), [2026-01-03, 2026-01-05)}',
    held: '{[2026-01-02, 2026-01-03)}',
  });
  const ended = {
    state: 'done',
    stage: 'done',
    closed_at: '2026-01-05T08:40:00Z',
    counts: { read: 1_234, accepted: 1_234, inserted: 1_234 },
    reason: 'schedule',
  };
  await addRun(world, 'ok', ended);
  await addRun(world, 'held', { ...ended, state: 'failed', error: FAILURE });
  await world.database.run(`update millrace.run set span = '[2026-01-02, 2026-01-03)' where state = 'failed'`);
  await addRun(world, 'failing', { ...ended, state: 'failed', error: FAILURE });
  await world.database.run(`update millrace.view set failed_in_a_row = 2 where name = 'failing'`);
  await addRun(world, 'planned', { reason: 'schedule' });
  await addRun(world, 'running', {
    reason: 'schedule',
    state: 'active',
    owner: 'host.1',
    started_at: '2026-01-05T11:59:00Z',
  });
  await addRun(world, 'waiting', {
    reason: 'schedule',
    waiting_for: JSON.stringify({ kind: 'files', facts: { pattern: 'sales/2026-01-05.csv', place: 's3://shop' } }),
    not_before: '2026-01-05T12:05:00Z',
  });
  await world.database.run(
    `update millrace.view set paused_kind = 'person', paused_reason = 'the source moves', paused_at = timestamptz '${NOW}' - interval '1 day' where name = 'paused'`,
  );
  await rm(join(world.folder, 'features', 'retired.yaml'));
  await world.write({ 'features/edited.yaml': daily('edited').replace('value,', 'value * 2 as value,') });
  await world.millrace('apply');
  return world;
}
