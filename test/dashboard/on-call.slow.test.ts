// Pages for the engineer on call: runs over time, runs with filters, and an entity in both stores.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readingEntities } from '../../src/processes/read-entity.ts';
import { view } from '../support/views.ts';
import { openWorld } from '../support/world.ts';
import { type DashboardWorld, openDashboardWorld } from './server-world.ts';
import { type DashboardState, openDashboardState } from './world.ts';

let state: DashboardState;
let dashboard: DashboardWorld;

beforeAll(async () => {
  state = await openDashboardState();
  const { database } = state.app;
  dashboard = await openDashboardWorld({ database, readEntity: readingEntities(state.app, database) });
});
afterAll(() => state[Symbol.asyncDispose]());

async function read(path: string, world = dashboard): Promise<string> {
  const { status, body } = await world.ask(path);
  expect([path, status]).toEqual([path, 200]);
  return body;
}

describe('the grid', () => {
  test('shows the runs of every view over time, and leads to the failed ones', async () => {
    const body = await read('/grid');
    const rows = [...body.matchAll(/<tr><th scope=row><a href=\/views\/(\w+)>\w+<\/a><td>(.*?)<td>(.*)/g)];
    const byView = new Map(rows.map(([, name, marks, failed]) => [name, { marks, failed }]));
    expect(byView.has('old_scores')).toBe(false);
    expect(byView.get('scores')?.marks).toMatch(/^\.{23}<b>x<\/b>$/);
    expect(byView.get('spend_30d')?.marks).toMatch(/^\.{23}#$/);
    const href = /href="([^"]*)"/.exec(byView.get('scores')?.failed ?? '')?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect(href).toMatch(/^\/runs\?view=scores&state=failed&from=2026-06-14T07/);
    expect(await read(href)).toContain(`href="/runs/${state.runs.failed}"`);
  });

  test('can be filtered, and shows days', async () => {
    expect(await read('/grid?failed=only&q=scor')).toContain('1 view, the last 24 hours');
    expect(await read('/grid?by=day')).toContain('the last 14 days');
    expect(await read('/grid?q=nonesuch')).toContain('No matching views.');
  });

  test('holds 2,000 views within 500 kB', async () => {
    await using many = await openWorld();
    await many.apply(view({ name: 'customer_with_a_long_name_0000' }));
    await many.sql(
      `insert into millrace.view overriding system value select (jsonb_populate_record(v, jsonb_build_object('id', v.id + n, 'name', 'customer_with_a_long_name_' || lpad(n::text, 4, '0')))).*
         from millrace.view v, generate_series(1, 1999) n`,
    );
    await many.sql(
      `insert into millrace.run (view_id, span, reason, fingerprint, state, planned_at)
       select v.id, '(,)', 'schedule', '', case when n < 12 then 'failed' else 'done' end, millrace.now() - n * interval '1 hour'
         from millrace.view v, generate_series(0, 23) n`,
    );
    const { body } = await (await openDashboardWorld({ database: many.app.database })).ask('/grid');
    expect(body.match(/<th scope=row>/g)).toHaveLength(2_000);
    expect(Buffer.byteLength(body)).toBeLessThan(500_000);
  });
});

describe('the list of runs', () => {
  const idsOf = (body: string) =>
    [...body.matchAll(/<th role="rowheader"[^>]*><a href="\/runs\/(\d+)"/g)].map(([, id]) => Number(id));

  test('can be filtered by reason, failure code and time', async () => {
    const failed = idsOf(await read('/runs?code=SOURCE_QUERY'));
    expect(failed).toContain(state.runs.failed);
    expect(idsOf(await read('/runs?code=FILE_BROKEN'))).toEqual([]);
    expect(await read('/runs?code=FILE_BROKEN')).toContain('No matching runs.');
    expect(idsOf(await read('/runs?reason=backfill')).length).toBeGreaterThan(0);
    expect(idsOf(await read('/runs?to=2026-06-01'))).toEqual([]);
    expect(idsOf(await read('/runs?from=2026-06-15&code=SOURCE_QUERY'))).toEqual(failed);
  });

  test('explains a filter that is not valid', async () => {
    expect(await read('/runs?from=yesterday')).toContain('“yesterday” is not a valid time');
    expect(await read('/runs?reason=why')).toContain('“why” is not a reason of a run');
  });
});

describe('the entity search', () => {
  test('shows the values of both stores with the run that wrote them, and none of a redacted view', async () => {
    await using world = await openWorld();
    await world.sql('create table spend (entity_id text, value float8)');
    await world.sql(`insert into spend values ('ada', 41.5)`);
    await world.apply(view(), view({ name: 'secret', redacted: true }));
    for (const name of ['spend', 'secret']) await world.materialize(name);
    const { database } = world.app;
    const pages = await openDashboardWorld({ database, readEntity: readingEntities(world.app, database) });
    const body = await read('/entities?id=ada', pages);
    const [offline] = await world.sql(`select run_id from features.spend order by event_timestamp desc limit 1`);
    expect(body).toContain(`<a href="/runs/${offline?.['run_id']}">run ${offline?.['run_id']}</a>`);
    expect(body.match(/spend: <bdi>41\.5<\/bdi>/g)).toHaveLength(2);
    expect(body.match(/values of redacted views are not shown/g)).toHaveLength(2);
    expect(body.match(/41\.5/g)).toHaveLength(2);
    expect((await pages.ask(`/runs/${offline?.['run_id']}`)).status).toBe(200);
  });

  test('finds a composite entity by its parts', async () => {
    await using world = await openWorld();
    await world.apply(
      view(),
      view({
        name: 'pairs',
        entity: 'customer|product',
        query: "select 'a|b' as customer_id, '' as product_id, 41.5::float8 as value, {{end}} as timestamp",
      }),
    );
    await world.materialize('pairs');
    const { database } = world.app;
    const pages = await openDashboardWorld({ database, readEntity: readingEntities(world.app, database) });
    const kind = encodeURIComponent('customer|product');

    expect(await read('/entities', pages)).toContain(
      `Search by components: <a href="/entities?entity=${kind}">customer and product</a>`,
    );
    expect(await read(`/entities?entity=${kind}`, pages)).toContain('name="part.product"');
    const found = await read(`/entities?entity=${kind}&part.customer=a%7Cb&part.product=`, pages);
    expect(found.match(/pairs: <bdi>41\.5<\/bdi>/g)).toHaveLength(2);
    expect(found).toContain('name="part.customer" value="a|b"');
    expect(await read(`/entities?entity=${kind}&part.customer=x&part.product=y`, pages)).toContain(
      'No view has a row for <bdi>customer x, product y</bdi>.',
    );
  });

  test('finds nothing for an unknown entity', async () => {
    expect(await read('/entities?id=zed%3Cb%3E')).toContain('No view has a row for <bdi>zed&lt;b&gt;</bdi>.');
  });

  test('shows which store cannot be read', async () => {
    const { database } = state.app;
    await using away = await openWorld({ online: 'redis://127.0.0.1:1' });
    const world = await openDashboardWorld({ database, readEntity: readingEntities(away.app, database) });
    expect(await read('/entities?id=ada', world)).toContain('redis://127.0.0.1:1');
  });
});
