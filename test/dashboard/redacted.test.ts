// A view that was redacted later: what its runs said before may quote values, and no page has it.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DashboardWorld, openDashboardWorld } from './server-world.ts';
import { type DashboardState, openDashboardState } from './world.ts';

const SECRET = 'ada@example.org';

let state: DashboardState;
let world: DashboardWorld;

beforeAll(async () => {
  state = await openDashboardState();
  world = await openDashboardWorld({ database: state.app.database, everybody: 'operator' });
  await plantSecret();
});
afterAll(() => state[Symbol.asyncDispose]());

/** In all that runs of views say, and in why the view and the backfill are paused. */
async function plantSecret(): Promise<void> {
  const said = `the value "${SECRET}" is not a number`;
  const { sql } = state;
  await sql(
    `update millrace.run set error = jsonb_set(error, '{message}', to_jsonb('${said}'::text)) where error is not null`,
  );
  await sql(`update millrace.run set notes = '["${SECRET} is new"]'`);
  await sql(
    `update millrace.run set history = (
       select jsonb_agg(case when entry ? 'message' then jsonb_set(entry, '{message}', to_jsonb('${said}'::text)) else entry end order by place)
         from jsonb_array_elements(history) with ordinality as all_entries (entry, place)) where history <> '[]'`,
  );
  await sql(
    `update millrace.run set waiting_for = '${said}', error = jsonb_build_object('code', 'SOURCE_QUERY', 'message', '${said}', 'owner', 'author')
      where state = 'planned' and owner is null`,
  );
  await sql(
    `update millrace.view set paused_by = 'its circuit', paused_at = millrace.now(),
            paused_reason = 'its last 5 runs failed, run 7 with SOURCE_QUERY: ${said}' where name in ('scores', 'orders', 'visits_after')`,
  );
  await sql(`update millrace.backfill set why = 'its last chunk failed, run 7 with SOURCE_QUERY: ${said}'`);
  await sql(
    `insert into millrace.alert (rule, kind, view_id, since, what)
     select 'x', 'run_failed', id, millrace.now(), 'The last run of scores failed, run 7 with SOURCE_QUERY: ${said}.' from millrace.view where name = 'scores'`,
  );
}

async function pagesThatTell(): Promise<string[]> {
  const { runs, backfills } = state;
  const [waiting] = await state.sql(`select min(id)::int as id from millrace.run where state = 'planned'`);
  const paths = [
    '/',
    '/views/scores',
    '/views/visits_after',
    '/views/orders',
    '/runs',
    '/runs?state=failed',
    `/runs/${runs.failed}`,
    `/runs/${waiting?.['id']}`,
    '/backfills',
    `/backfills/${backfills.partial}`,
    `/backfills/${backfills.running}`,
  ];
  const telling: string[] = [];
  for (const path of paths) {
    const { status, body } = await world.ask(path);
    expect([path, status]).toEqual([path, 200]);
    if (body.includes(SECRET)) telling.push(path);
  }
  return telling;
}

describe('what the runs of a view said', () => {
  test('is on the pages as long as the view is not redacted, and then on none', async () => {
    const before = await pagesThatTell();
    await state.sql(`update millrace.view set spec = jsonb_set(spec, '{redacted}', 'true')`);
    expect([before.length, await pagesThatTell()]).toEqual([11, []]);
  });

  test('is left out by name, with the code of the failure', async () => {
    const { body } = await world.ask(`/runs/${state.runs.failed}`);
    expect(body).toContain(
      '<code>SOURCE_QUERY</code> <bdi>(the view is redacted: what its run said is not shown)</bdi>',
    );
    expect((await world.ask('/views/scores')).body).toContain(
      'its last 5 runs failed, run 7 with SOURCE_QUERY; let it go on',
    );
  });
});
