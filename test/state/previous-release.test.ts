// Migrates a database of the previous release: commands show what that release showed.
//
// previous-release/make.mjs documents how the dump was made and its content. Commands may show more than they did.
// `adjusted` lists intended changes.

import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/postgres/database.ts';
import { migrate } from '../../src/state/migrate.ts';
import { dueSets } from '../../src/state/planning/due-sets.ts';
import { appliedViews } from '../../src/state/views/views.ts';
import { CONFIG, performMillrace, projectFolder } from '../cli/world.ts';
import { freshDatabase, freshRedis } from '../support/servers.ts';
import { at } from '../support/views.ts';

type Expected = {
  /** The instants for which the due sets were recorded. */
  readonly due: Readonly<Record<string, Readonly<Record<string, object>>>>;
  readonly coverage: readonly object[];
  readonly status: object;
  readonly runs: readonly { readonly id: number }[];
  readonly backfills: readonly { readonly id: number }[];
  readonly intervals: Readonly<Record<string, object>>;
  readonly alerts: { readonly firing: object };
  readonly quarantine: object;
};

const file = (name: string) => readFile(new URL(`previous-release/${name}`, import.meta.url), 'utf8');

let expected: Expected;
let database: Database;
let shown: (words: string) => Promise<unknown>;

beforeAll(async () => {
  expected = adjusted(JSON.parse(await file('expected.json')));
  const url = await freshDatabase();
  database = openDatabase({
    url,
    role: { label: 'the test', unavailable: 'OFFLINE_UNAVAILABLE', denied: 'OFFLINE_DENIED' },
    poolMax: 2,
    connectTimeoutMs: 5_000,
    idleInTransactionMs: 30_000,
    applicationName: 'test',
  });
  await database.run(await file('dump.sql'));
  await migrate(database);
  const folder = await projectFolder({ 'millrace.yaml': CONFIG });
  const env = {
    MILLRACE_OFFLINE_URL: url,
    MILLRACE_ONLINE_URL: await freshRedis('online'),
    MILLRACE_QUEUE_URL: await freshRedis('queue'),
    SHOP_DATABASE_URL: url,
  };
  shown = async (words) => {
    const { stdout, stderr } = await performMillrace(folder, `${words} --json`, env);
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout);
  };
  return () => database[Symbol.asyncDispose]();
});

/** The output of the previous release, adjusted to today's. */
function adjusted(said: Expected): Expected {
  return {
    ...said,
    runs: said.runs.map(withStagesOfNow).map(withoutValues),
    intervals: reworded(said.intervals),
    status: reworded(withoutValues(said.status)),
    alerts: { ...said.alerts, firing: reworded(said.alerts.firing) },
  };
}

/** Sentences that are worded differently now. Stored messages keep their words. */
function reworded<Part>(part: Part): Part {
  const text = JSON.stringify(part)
    .replaceAll('the view was edited and waits for an answer', 'the view has been edited but not deployed yet')
    .replaceAll('"its circuit"', '"its circuit breaker"')
    .replaceAll('paused because its runs failed', 'paused because its last 2 runs failed')
    .replaceAll(/failed, run (\d+) with/g, 'failed, most recently run $1 with')
    .replaceAll(/(\d) %\)/g, '$1%)')
    .replaceAll(/\\"millrace resume (\w+)\\" lets it \w+ on/g, 'fix the cause, then run \\"millrace resume $1\\"');
  return JSON.parse(text);
}

/** Values of a redacted view are omitted now; of an old message, all of it. */
function withoutValues<Part>(part: Part): Part {
  const text = JSON.stringify(part).replaceAll(/(?<=")The online store [^"]* does not answer[^"]*(?=")/g, '[redacted]');
  return JSON.parse(text);
}

/** Only the keys of `before`: later releases add some. */
function asBefore(now: unknown, before: unknown): unknown {
  if (Array.isArray(now) && Array.isArray(before)) return now.map((one, index) => asBefore(one, before[index]));
  if (!isObject(now) || !isObject(before)) return now;
  return Object.fromEntries(
    Object.entries(now).flatMap(([key, value]) => (key in before ? [[key, asBefore(value, before[key])]] : [])),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** The stage `stage` is called `extract` now. */
function withStagesOfNow<Part>(part: Part): Part {
  const text = JSON.stringify(part)
    .replaceAll('"stage":"stage"', '"stage":"extract"')
    .replaceAll('"what":"staged"', '"what":"extracted"');
  return JSON.parse(text);
}

/** Without derived English strings. */
function withoutAdvice(run: unknown): object {
  const { nextStep: _, attempts: __, ...rest } = run as { nextStep: string; attempts: object[] }; // as runs show writes it
  return rest;
}

describe('a migrated database of the previous release', () => {
  test('has the same coverage', async () => {
    expect(
      await database.query(
        `select v.name, c.covered::text, c.published::text, c.skipped::text, c.held::text, c.stale::text, c.emptied::text,
                c.redefined::text, c.frontier::text, c.last_good::text,
                millrace.watermark(v, c)::text
           from millrace.coverage c join millrace.view v on v.id = c.view_id order by v.id`,
      ),
    ).toEqual(expected.coverage);
  });

  test('has the same due sets, immediately and a day later', async () => {
    const views = await appliedViews(database);
    const ids = views.map(({ id }) => id);
    await database.transaction(async (session) => {
      for (const [now, due] of Object.entries(expected.due)) {
        await session.run(
          `create or replace function millrace.now() returns timestamptz language sql volatile as $$ select timestamptz '${now}' $$`,
        );
        const missedBefore = at(now.replace(' ', 'T'));
        const sets = await dueSets(session, ids, { within: { from: null, to: null }, missedBefore });
        // The previous release had no pushed views.
        const known = Object.entries(due).map(([view, set]) => [view, { ...set, hasInbox: false }]);
        expect(Object.fromEntries(views.map(({ id, view }) => [view.name, sets.get(id)]))).toEqual(
          Object.fromEntries(known),
        );
      }
    });
  });

  test('has the same runs with the same history', async () => {
    const output: object[] = [];
    for (const { id } of expected.runs) output.push(withoutAdvice(await shown(`runs show ${id}`)));
    expect(asBefore(output, expected.runs)).toEqual(expected.runs);
  });

  test('has the same held spans and reasons for holes', async () => {
    const output: Record<string, unknown> = {};
    for (const name of Object.keys(expected.intervals)) output[name] = await shown(`intervals ${name}`);
    expect(asBefore(output, expected.intervals)).toEqual(expected.intervals);
  });

  test('has the same views, paused, edited and retired, and failures', async () => {
    expect(asBefore(await shown('status'), expected.status)).toEqual(expected.status);
  });

  test('has the same backfills with the same chunks', async () => {
    const output: unknown[] = [];
    for (const { id } of expected.backfills) output.push(await shown(`backfills show ${id} --chunks`));
    expect(asBefore(output, expected.backfills)).toEqual(expected.backfills);
  });

  test('has the same alerts, messages and refused rows', async () => {
    expect(asBefore(await shown('alerts'), expected.alerts)).toEqual(expected.alerts);
    expect(asBefore(await shown('quarantine orders'), expected.quarantine)).toEqual(expected.quarantine);
  });
});
