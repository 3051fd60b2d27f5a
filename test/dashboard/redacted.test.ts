// A view that was redacted later: messages of earlier runs may quote values, and no page and no command shows them,
// regardless of the failure code and of the words around the value.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAILURES, type FailureCode } from '../../src/core/failure.ts';
import { performMillrace, projectFolder } from '../cli/world.ts';
import { changeViews } from '../support/change-views.ts';
import { sampleOf } from '../support/sample.ts';
import { freshDatabase, freshRedis } from '../support/servers.ts';
import { type DashboardWorld, openDashboardWorld } from './server-world.ts';
import { type DashboardState, openDashboardState } from './world.ts';

const SECRET = 'ada@example.org';
const CODES = Object.keys(FAILURES) as FailureCode[]; // of the object itself

let url: string;
let state: DashboardState;
let world: DashboardWorld;

beforeAll(async () => {
  url = await freshDatabase();
  state = await openDashboardState({ database: url });
  world = await openDashboardWorld({ database: state.app.database, defaultRole: 'operator' });
});
afterAll(() => state[Symbol.asyncDispose]());

/** Wordings of a message: ours, one that starts with another code, and the bare value. */
const WORDINGS = [
  `the value "${SECRET}" is not a number`,
  `BUG: run 7 with SOURCE_QUERY: ${SECRET}`,
  SECRET,
  `${SECRET} (millrace runs show 7). Run 7 of scores hit a bug in Millrace: ${SECRET}.`,
];

/** In all messages of runs, and in the wait reasons of views, backfills and runs. */
async function plantSecret(code: FailureCode, said: string): Promise<void> {
  const { sql } = state;
  const error = JSON.stringify({ code, message: said, owner: 'author' });
  const circuit = JSON.stringify({ runs: 5, run: 7, code, message: [{ value: said }] });
  await sql(`update millrace.run set error = $1 where error is not null`, [error]);
  await sql(`update millrace.run set notes = $1`, [JSON.stringify([said])]);
  await sql(
    `update millrace.run set history = (
       select jsonb_agg(case when entry ? 'message' then jsonb_set(entry, '{message}', to_jsonb($1::text)) else entry end order by place)
         from jsonb_array_elements(history) with ordinality as all_entries (entry, place)) where history <> '[]'`,
    [said],
  );
  const wait = JSON.stringify(
    code === 'BUG' ? { kind: 'text', facts: { text: said } } : { kind: 'retry', facts: { code } },
  );
  await sql(`update millrace.run set waiting_for = $1, error = $2 where state = 'planned' and owner is null`, [
    wait,
    error,
  ]);
  await sql(
    `update millrace.view set paused_kind = 'circuit', paused_facts = $1, paused_at = millrace.now()
      where name in ('scores', 'orders', 'visits_after')`,
    [circuit],
  );
  await sql(`update millrace.backfill set paused_kind = 'circuit', paused_facts = $1`, [circuit]);
  await sql(
    `insert into millrace.quarantine (view_id, run_id, reason, detail, row)
     select view_id, id, 'VALUE_INVALID', $1, jsonb_build_object('entity_id', '7', 'score', $1::text) from millrace.run where id = $2`,
    [said, state.runs.failed],
  );
  await plantAlert(JSON.stringify({ run: 7, failures: 1, error: { code, message: said, owner: 'author' } }), said);
}

async function plantAlert(facts: string, said: string): Promise<void> {
  const { sql } = state;
  await sql('delete from millrace.alert');
  await sql('delete from millrace.alert_message');
  await sql(
    `insert into millrace.alert (rule, kind, view_id, since, facts, told_at)
     select 'x', 'run_failed', id, millrace.now(), $1, millrace.now() from millrace.view where name = 'scores'`,
    [facts],
  );
  const what = `The last run of scores failed: ${said}`;
  const body = { rule: { id: 'x', when: 'run_failed' }, summary: what, total: 1, views: [{ name: 'scores', what }] };
  await sql(
    `with m as (insert into millrace.alert_message (rule, status, body) values ('x', 'firing', $1) returning id)
     insert into millrace.alert_delivery (message_id, target) select id, 'ops' from m`,
    [JSON.stringify(body)],
  );
}

async function redact(redacted: boolean): Promise<void> {
  await changeViews(state.app.database, null, { redacted });
}

async function paths(): Promise<string[]> {
  const { runs, backfills } = state;
  const [waiting] = await state.sql(`select min(id)::int as id from millrace.run where state = 'planned'`);
  return [
    '/',
    '/views/scores',
    '/views/visits_after',
    '/views/orders',
    '/runs',
    '/runs?state=failed',
    `/runs/${runs.failed}`,
    '/quarantine',
    `/runs/${waiting?.['id']}`,
    '/backfills',
    `/backfills/${backfills.partial}`,
    `/backfills/${backfills.running}`,
  ];
}

async function pagesThatTell(): Promise<string[]> {
  const telling: string[] = [];
  for (const path of await paths()) {
    const { status, body } = await world.ask(path);
    expect([path, status]).toEqual([path, 200]);
    if (body.includes(SECRET)) telling.push(path);
  }
  return telling;
}

describe('what the runs of a view said', () => {
  test('is shown while the view is not redacted', async () => {
    await plantSecret('SOURCE_QUERY', WORDINGS[0] ?? '');
    expect(await pagesThatTell()).toEqual(await paths());
  });

  test.each(sampleOf(CODES, (code) => ['BUG', 'SOURCE_QUERY', 'FILE_BROKEN'].includes(code)))(
    'is on no page of a redacted view, with the code %s',
    async (code) => {
      await redact(true);
      const said = WORDINGS[CODES.indexOf(code) % WORDINGS.length] ?? '';
      await plantSecret(code, said);
      expect(await pagesThatTell()).toEqual([]);
      expect((await world.ask(`/runs/${state.runs.failed}`)).body).toContain(`<code>${code}</code>`);
    },
  );

  test.each(WORDINGS)('is on no page of a redacted view, in the words %j', async (said) => {
    await redact(true);
    await plantSecret('BUG', said);
    expect(await pagesThatTell()).toEqual([]);
  });

  test('keeps our own text', async () => {
    await redact(true);
    const parts = [{ text: 'Of 213 rows 200 were refused (' }, { value: SECRET }, { text: '): fix the query.' }];
    const error = { code: 'ROWS_REFUSED', message: 'x', owner: 'author', parts };
    await state.sql(`update millrace.run set error = $1 where id = $2`, [JSON.stringify(error), state.runs.failed]);
    expect((await world.ask(`/runs/${state.runs.failed}`)).body).toContain(
      '<code>ROWS_REFUSED</code> <bdi>Of 213 rows 200 were refused ([redacted]): fix the query.</bdi>',
    );
  });
});

describe('a command over a redacted view', () => {
  test('does not print it, in JSON and in text', async () => {
    await plantSecret('SOURCE_QUERY', WORDINGS[1] ?? '');
    const { runs, backfills } = state;
    const commands = [
      'status',
      'status scores',
      'status visits_after',
      'status orders',
      'runs',
      `runs show ${runs.failed}`,
      'quarantine scores',
      'intervals scores',
      'backfills --all',
      `backfills show ${backfills.partial}`,
      'alerts',
      'plan',
    ].flatMap((words) => [words, `${words} --json`]);
    const telling = async () => {
      const found: string[] = [];
      for (const words of commands) {
        const { stdout, stderr } = await command(words);
        if (`${stdout}${stderr}`.includes(SECRET)) found.push(words);
      }
      return found;
    };
    await redact(false);
    expect(await telling()).toEqual(commands);
    await redact(true);
    expect(await telling()).toEqual([]);
  }, 60_000);
});

let project: Promise<{ readonly folder: string; readonly env: Record<string, string> }> | null = null;

async function command(words: string) {
  project ??= openProject();
  const { folder, env } = await project;
  return performMillrace(folder, words, env);
}

async function openProject() {
  const folder = await projectFolder({
    'millrace.yaml': `project: shop\noffline: { url: "\${OFFLINE}" }\nonline: { url: "\${ONLINE}" }\nqueue: { url: "\${QUEUE}" }\nsources:\n  shop: { url: "\${OFFLINE}" }\n`,
  });
  const env = { OFFLINE: url, ONLINE: await freshRedis('online'), QUEUE: await freshRedis('queue') };
  return { folder, env };
}
