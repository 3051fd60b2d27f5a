// A composite entity from each kind of source to each reader: every pair of hard parts keeps its own values.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { joinParts } from '../../src/core/entity-id.ts';
import { datasetFile } from '../../src/definition/files/dataset-file.ts';
import { viewFile } from '../../src/definition/files/view-file.ts';
import { parseDataset } from '../../src/definition/parse/parse-dataset.ts';
import { parseView } from '../../src/definition/parse/parse-view.ts';
import type { FeatureView } from '../../src/definition/view.ts';
import { openReader } from '../../src/index.ts';
import { rebuildView } from '../../src/online/rebuild.ts';
import { verifyView } from '../../src/online/verify.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { type ApiWorld, openApiWorld } from '../api/world.ts';
import { buildSet, rowsOf, temporaryFolder } from '../datasets/build-world.ts';
import { HARD_PARTS } from '../support/hard-parts.ts';
import { freshMysql, mysqlDo } from '../support/mysql.ts';
import { at } from '../support/views.ts';

const PAIRS = HARD_PARTS.flatMap((customer, index) =>
  HARD_PARTS.slice(0, index + 1).map((product) => ({ customer, product })),
);
const NAMES = ['in_postgres', 'in_mysql', 'in_files'] as const;
const FROM = { entity_id: ['buyer', 'sku'], timestamp: 'at' };
const calm = new AbortController().signal;

function viewOf(name: (typeof NAMES)[number]): FeatureView {
  const declared = {
    name,
    entity: ['customer', 'product'],
    kind: 'snapshot',
    interval: '1d',
    start: '2026-01-01',
    end: '2026-01-02',
  };
  const features = [
    { name: 'orders', type: 'int', aggregate: 'count', window: '1d' },
    { name: 'n', type: 'int', aggregate: 'sum', column: 'n', window: '1d' },
  ];
  const source = {
    in_postgres: { source: 'shop', from: { table: 'orders', ...FROM } },
    in_mysql: { source: 'legacy', from: { table: 'orders', ...FROM } },
    in_files: {
      source: 'lake',
      // Empty fields are strings here, as empty parts must be.
      from: { files: '{yyyy}-{MM}-{dd}.json', types: { at: 'timestamp', n: 'int' }, ...FROM },
    },
  }[name];
  return parseView(viewFile.parse({ ...declared, ...source, features }));
}

async function openPairs(folder: string): Promise<ApiWorld> {
  const rows = PAIRS.map(({ customer, product }, n) => ({
    buyer: customer,
    sku: product,
    at: '2026-01-01 10:00:00',
    n,
  }));
  const legacy = await freshMysql();
  await mysqlDo(legacy, 'create table orders (buyer varchar(40), sku varchar(40), at datetime(6), n int)');
  for (const { buyer, sku, at: time, n } of rows) {
    await mysqlDo(legacy, ['insert into orders values (?, ?, ?, ?)', [buyer, sku, time, n]]);
  }
  await writeFile(join(folder, '2026-01-01.json'), rows.map((row) => JSON.stringify(row)).join('\n'));
  const world = await openApiWorld({ sources: { legacy, lake: `file://${folder}` } });
  await world.sql('create table orders (buyer text, sku text, at timestamptz, n int)');
  await world.sql(
    `insert into orders select buyer, sku, at::timestamptz, n from json_to_recordset($1) as t (buyer text, sku text, at text, n int)`,
    [JSON.stringify(rows)],
  );
  for (const name of NAMES) {
    await world.apply(viewOf(name));
    const [outcome] = await world.materialize(name);
    expect(outcome).toMatchObject({ kind: 'completed', value: { counts: { refused: 0, inserted: PAIRS.length } } });
  }
  return world;
}

describe('a composite entity', () => {
  test('keeps its parts from each source to each reader', async () => {
    await using folder = await temporaryFolder();
    const world = await openPairs(folder.path);
    const { app } = world;
    const ns = PAIRS.map((_, n) => BigInt(n));

    const stored = Object.fromEntries(
      await Promise.all(
        NAMES.map(async (name) => [
          name,
          await world.sql(`select customer_id as customer, product_id as product from features.${name} order by n`),
        ]),
      ),
    );
    expect(stored).toEqual(Object.fromEntries(NAMES.map((name) => [name, PAIRS])));

    const differing = async (name: string) => {
      const { view } = await requireAppliedView(app.database, name);
      return (await verifyView({ database: app.database, online: app.online, view, signal: calm })).total;
    };
    expect(await Promise.all(NAMES.map(differing))).toEqual([0, 0, 0]);
    await app.online.redis.send([['FLUSHDB']]);
    expect(await differing('in_files')).toBe(PAIRS.length);
    for (const name of NAMES) {
      const { id: viewId } = await requireAppliedView(app.database, name);
      await rebuildView({ ...app.publisher, viewId, signal: calm });
    }
    expect(await Promise.all(NAMES.map(differing))).toEqual([0, 0, 0]);

    const { url: offlineUrl } = app.connections.offline;
    await using reader = openReader({ offlineUrl, onlineUrl: app.connections.online.url });
    const online = await reader.readOnline(['in_postgres', 'in_files'], PAIRS);
    expect(PAIRS.map((pair) => online.get(pair)?.['in_files']?.values['n'])).toEqual(ns);
    const moment = new Date('2026-01-02T00:00:00Z');
    const asOf = await reader.readAsOf(
      'in_mysql',
      PAIRS.map((entityId) => ({ entityId, at: moment })),
    );
    expect(asOf.map((row) => row?.values['n'])).toEqual(ns);
    const trained: unknown[] = [];
    const labels = PAIRS.map((entityId) => ({ entityId, at: moment }));
    for await (const { rows } of reader.trainingSet({ views: ['in_postgres'], labels })) {
      trained.push(rows['in_postgres']?.values['n']);
    }
    expect(trained).toEqual(ns);
    const plain = reader.trainingSet({ views: ['in_postgres'], labels: [{ entityId: 'a', at: moment }] });
    await expect(plain.next()).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringContaining('entityId of a label is "a"; expected its components'),
    });

    const entities = { 'customer|product': [...PAIRS] };
    const { body } = await world.ask('/api/v1/online', { body: { features: ['in_mysql:n'], entities } });
    expect(body.rows.map(({ id, parts, features }: never) => [id, parts, features['in_mysql:n']['value']])).toEqual(
      PAIRS.map(({ customer, product }, n) => [joinParts([customer, product]), { customer, product }, n]),
    );
    const pairs = PAIRS.map((entity_id) => ({ entity_id, at: '2026-01-02' }));
    const past = await world.ask('/api/v1/as-of', { body: { features: ['in_postgres:n'], pairs } });
    expect(past.body.rows.map(({ parts, features }: never) => [parts, features['in_postgres:n']['value']])).toEqual(
      PAIRS.map((pair, n) => [pair, n]),
    );
    const path = `/api/v1/views/in_files/entities/${encodeURIComponent('a\\|b|\\\\')}`;
    expect((await world.ask(path)).body).toMatchObject({
      entity: 'customer|product',
      parts: { customer: 'a|b', product: '\\' },
      features: { 'in_files:orders': { value: 1 } },
    });
  });

  test('is joined with labels by its part columns, by other columns, or by joined ids', async () => {
    await using folder = await temporaryFolder();
    await using files = await temporaryFolder();
    const world = await openPairs(files.path);
    await world.sql(
      `create table labels as select buyer, sku, n, (select entity_id from features.in_postgres f
          where f.customer_id = buyer and f.product_id = sku) as pair from orders`,
    );
    const wanted = PAIRS.map((_, n) => String(n));
    const forms = [
      { columns: 'buyer as customer_id, sku as product_id', key: {} },
      { columns: 'buyer, sku', key: { entity_id: ['buyer', 'sku'] } },
      { columns: 'pair as entity_id', key: {} },
      { columns: "pair, 'x' || n as entity_id", key: { entity_id: 'pair' } },
    ];
    for (const [index, { columns, key }] of forms.entries()) {
      const dataset = parseDataset(
        datasetFile.parse({
          name: 'pairs',
          labels: {
            source: 'shop',
            query: `select ${columns}, timestamptz '2026-01-02 06:00Z' as timestamp, n as label from labels where {{start}} < {{end}}`,
          },
          start: '2026-01-02',
          end: '2026-01-03',
          views: [{ view: 'in_postgres', as: 'p', ...key }],
          split: { by: 'entity', train: '50%', test: '50%' },
        }),
      );
      expect(dataset.start).toBe(at('2026-01-02'));
      const place = join(folder.path, String(index));
      const rows = await rowsOf(place, await buildSet(world, dataset, place));
      const sorted = rows.toSorted((a, b) => Number(a['label']) - Number(b['label']));
      expect(sorted.map((row) => [row['label'], row['p__n']])).toEqual(wanted.map((n) => [n, n]));
    }
  });
});
