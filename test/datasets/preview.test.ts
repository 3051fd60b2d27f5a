import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { previewDataset } from '../../src/datasets/preview.ts';
import type { Dataset } from '../../src/definition/dataset.ts';
import { openWorld, type World } from '../support/world.ts';
import { buildSet, rowsOf, temporaryFolder } from './build-world.ts';
import { CHURN, SPEND, storeShop } from './small-set.ts';

const SPLIT = {
  by: 'entity',
  parts: [
    { name: 'train', share: 0.5 },
    { name: 'test', share: 0.5 },
  ],
} as const;

const FILES = {
  pattern: '*.csv',
  format: 'csv',
  windowMs: 0,
  onMissing: 'fail',
  lateMs: 0,
  onBadField: 'fail',
} as const;

const VIEW = { view: 'spend', as: 'spend', features: null, ageMaxMs: null, entityColumn: 'entity_id' } as const;

function previewOf({ app }: World, dataset: Dataset) {
  return previewDataset({ ...app, dataset, rows: 100, signal: new AbortController().signal });
}

describe('previewDataset', () => {
  test('has the columns, entities, subsets and features of the build', async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, 'lake'));
    const lines = Array.from({ length: 8 }, (_, index) => `${index + 1}.0,2026-01-03T12:00:00Z,${index}`);
    await writeFile(join(folder.path, 'lake/a.csv'), `entity_id,timestamp,weight\n${lines.join('\n')}\n`);
    await using world = await openWorld({ folder: folder.path, sources: { lake: 'file:./lake' } });
    await storeShop(world);
    await world.sql('update features.spend set entity_id = substr(entity_id, 2)');
    const types = { entity_id: 'float', timestamp: 'timestamp' } as const;
    const files = { ...FILES, types };
    const labels = { kind: 'files', source: 'lake', files, query: null } as const;
    const dataset = { ...CHURN, labels, split: SPLIT };
    const { columns, rows } = await previewOf(world, dataset);
    const set = join(folder.path, 'set');
    const receipt = await buildSet(world, dataset, set);
    expect(columns).toEqual(receipt.columns.map(({ name }) => name));
    const wanted = ['entity_id', 'split', 'spend__note'];
    const seen = rows.map((row) => wanted.map((name) => String(row[columns.indexOf(name)])));
    const built = (await rowsOf(set, receipt)).map((row) => wanted.map((name) => String(row[name])));
    expect(seen).toEqual(built);
    expect(seen[0]?.[2]).toBe('note 1');
    expect(new Set(seen.map(([, split]) => split))).toEqual(new Set(['train', 'test']));
  });

  test('leaves a split by time empty, which depends on all labels', async () => {
    await using world = await openWorld();
    await storeShop(world);
    const { columns, rows } = await previewOf(world, { ...CHURN, split: { ...SPLIT, by: 'time' } });
    expect(new Set(rows.map((row) => row[columns.indexOf('split')]))).toEqual(new Set([null]));
  });

  test('refuses two columns of one name, as a build does', async () => {
    await using world = await openWorld();
    await storeShop(world);
    const query = `select entity_id, at as timestamp, 1 as "spend__amount" from churn where at >= {{start}} and at < {{end}}`;
    const labels = { kind: 'query', source: 'shop', query } as const;
    await expect(previewOf(world, { ...CHURN, labels })).rejects.toMatchObject({
      code: 'DEFINITION_INVALID',
      message: expect.stringContaining('two columns named "spend__amount"'),
    });
  });

  test('refuses an entity_id without the components of a composite entity, as a build does', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    await world.apply({ ...SPEND, name: 'pairs', entity: 'customer|product' });
    await world.sql(`update millrace.coverage set covered = '{[2026-01-01,2026-01-21)}'`);
    const dataset: Dataset = { ...CHURN, views: [VIEW, { ...VIEW, view: 'pairs', as: 'pairs' }] };
    const refused = {
      code: 'CHECK_FAILED',
      message: expect.stringMatching(
        /^Label 1 of churn cannot be used: its entity_id is "c\d+"; expected customer and product joined by \|, .* return the columns customer_id and product_id,/,
      ),
    };
    await expect(previewOf(world, dataset)).rejects.toMatchObject(refused);
    await expect(buildSet(world, dataset, join(folder.path, 'set'))).rejects.toMatchObject(refused);
  });

  test('refuses an entity_id of composite entities with different numbers of components', async () => {
    await using world = await openWorld();
    await storeShop(world);
    await world.apply({ ...SPEND, name: 'pairs', entity: 'customer|product' });
    await world.apply({ ...SPEND, name: 'triples', entity: 'customer|product|store' });
    await world.sql(`update millrace.coverage set covered = '{[2026-01-01,2026-01-21)}'`);
    const views = ['pairs', 'triples'].map((view) => ({ ...VIEW, view, as: view }));
    await expect(previewOf(world, { ...CHURN, views })).rejects.toMatchObject({
      code: 'SOURCE_SHAPE',
      message: expect.stringContaining('no "entity_id" can be that of customer|product and customer|product|store; '),
    });
  });

  test.each([
    { what: 'another column', asked: { ...VIEW, entityColumn: 'payer_id' }, missing: 'payer_id' },
    { what: 'components', asked: { ...VIEW, view: 'pairs', as: 'pairs' }, missing: 'customer_id' },
  ])('refuses generated labels for a view whose entity is in $what, as a build does', async ({ asked, missing }) => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    await world.apply({ ...SPEND, name: 'pairs', entity: 'customer|product' });
    await world.sql(`update millrace.coverage set covered = '{[2026-01-01,2026-01-21)}'`);
    const labels = { kind: 'steps', everyMs: 86_400_000, entities: 'spend' } as const;
    const dataset: Dataset = { ...CHURN, labels, views: [asked] };
    const refused = { code: 'DEFINITION_INVALID', message: expect.stringContaining(`needs the column ${missing}:`) };
    await expect(previewOf(world, dataset)).rejects.toMatchObject(refused);
    await expect(buildSet(world, dataset, join(folder.path, 'set'))).rejects.toMatchObject(refused);
  });
});
