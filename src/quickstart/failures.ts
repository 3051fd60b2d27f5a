// The promises when something goes wrong: broken rows, an emptied Redis, an invalid definition.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { epochMsOf } from '../core/instant.ts';
import { checkDefinitions } from '../definition/load.ts';
import { formatProblem } from '../definition/yaml/problem.ts';
import { projectFiles } from '../init/files.ts';
import { offlineTable } from '../offline/table.ts';
import { verifyView } from '../online/verify.ts';
import { namesOf } from '../redis/reply.ts';
import { newestEvent, viewsRebuiltAfter } from '../state/publishing/rebuilds.ts';
import { grouped, type Page } from './page.ts';
import { sendBrokenReviews } from './shop/changes.ts';
import { expect, readAgain, waitFor } from './work.ts';
import type { World } from './world.ts';

const DAY_MS = 86_400_000;

/** Broken rows are stopped by a check; then the source is fixed. */
export async function showChecks(page: Page, world: World): Promise<void> {
  const day = { from: epochMsOf(world.endMidnight - DAY_MS), to: world.endMidnight };
  const before = await imageOf(world, 'product_reviews');
  const takeBack = await sendBrokenReviews(world.shopDatabase, world.endMidnight, 200);
  const [failed] = await readAgain(world, 'product_reviews', day);
  const image = await imageOf(world, 'product_reviews');
  expect(failed?.error?.code === 'ROWS_REFUSED' && image === before, 'broken reviews have become visible');
  await takeBack();
  const [fixed] = await readAgain(world, 'product_reviews', day);
  expect(fixed?.state === 'done', 'product_reviews does not run although its source is fixed');
  page.kept(
    'Rows that fail their checks never become visible. The last good data is still served.',
    '200 reviews without a rating arrived, and the day was read again:',
    ...wrapped(failed?.error?.message ?? ''),
    'Both stores are unchanged. After the source was fixed, the day was read without errors.',
  );
}

/** All rows and keys of a view in both stores. */
async function imageOf({ app }: World, view: string): Promise<string> {
  const [row] = await app.database.query<{ image: string }>(
    `select md5(coalesce(string_agg(t::text, ';' order by entity_id, event_timestamp), '')) as image from ${offlineTable({ name: view })} t`,
  );
  const keys = await app.online.redis.send([['KEYS', `${app.online.prefix}:${view}:*`]]);
  const names = namesOf(keys[0]).toSorted();
  const rows = await app.online.redis.send(names.map((name) => ['HGETALL', name] as const));
  return JSON.stringify([row?.image, names, rows]);
}

/** Empties both Redis servers. */
export async function showFlush(page: Page, world: World): Promise<void> {
  const { app, queues, project } = world;
  const schedules = () => queues.exchange(() => queues.tick.getJobSchedulersCount());
  const keys = await onlineKeys(world);
  expect((await schedules()) === project.jobs.length, 'not every job has its schedule');
  const event = await newestEvent(app.database);
  await app.online.redis.send([['FLUSHALL']]);
  await queues.exchange((connection) => connection.flushall());
  const [left, flushed] = [await onlineKeys(world), await schedules()];
  await waitFor('the schedules and the online store to be rebuilt', async () => {
    return (
      (await schedules()) === project.jobs.length &&
      (await viewsRebuiltAfter(app.database, event)) === project.views.length
    );
  });
  page.kept(
    'Postgres is the system of record, and Redis can be rebuilt from it.',
    `FLUSHALL on both: ${grouped(keys)} → ${left} keys online, ${project.jobs.length} → ${flushed} schedules in the queue.`,
    `The scheduler checks both every second here (every minute in production): ${grouped(await onlineKeys(world))} keys and ${await schedules()} schedules were restored.`,
  );
}

/** All keys of the online store. */
async function onlineKeys({ app }: World): Promise<number> {
  const [size] = await app.online.redis.send([['DBSIZE']]);
  return Number(size);
}

/** Compares all entities of all views. */
export async function showVerify(page: Page, { app, project }: World): Promise<void> {
  let compared = 0;
  for (const view of project.views) {
    const { signal } = new AbortController();
    const found = await verifyView({ database: app.database, online: app.online, view, signal });
    expect(found.total === 0, `${found.total} entities of ${view.name} differ between Redis and Postgres`);
    compared += found.comparedOffline;
  }
  page.kept(
    'Online and offline agree.',
    `${grouped(compared)} entities in ${project.views.length} views compared: 0 differences.`,
  );
}

/** Checks an invalid definition. */
export async function showSentences(page: Page): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-typo-'));
  try {
    for (const [path, text] of Object.entries(projectFiles('typos', 'schemas'))) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      const typos = text.replace('interval: 1d', 'intervall: 1d').replace('source: lake', 'source: lakes');
      await writeFile(join(folder, path), typos);
    }
    const { problems } = await checkDefinitions(folder, epochMsOf(Date.UTC(2026, 0, 1)));
    expect(problems.length > 0, 'an invalid definition passes the check');
    page.kept(
      'Every invalid input produces a clear error message.',
      ...problems.map((problem) => formatProblem(problem)),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A long sentence as indented lines of at most 90 characters. */
function wrapped(text: string): string[] {
  return (text.match(/.{1,88}(?:\s|$)/g) ?? []).map((line) => `  ${line.trimEnd()}`);
}
