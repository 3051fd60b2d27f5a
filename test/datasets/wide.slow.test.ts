// Rows so wide that a row group of DuckDB's default size does not fit in the memory of a build.

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openWorld } from '../support/world.ts';
import { buildSet, temporaryFolder } from './build-world.ts';
import { CHURN, storeShop } from './small-set.ts';

const LABELS = 48_000;

describe('buildDataset', () => {
  test(`writes ${LABELS} rows with a vector of 1,536 numbers`, async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    await world.sql('alter table features.spend alter note type float8[] using array_fill(7::float8, array[1536])');
    await world.sql(`update millrace.view set spec = jsonb_set(spec, '{features,1,type}', '"vector(1536)"')`);
    await world.sql('delete from churn');
    await world.sql(
      `insert into churn select 'c' || 1 + i % 50, timestamptz '2026-01-02' + i * interval '30 seconds', true from generate_series(1, ${LABELS}) i`,
    );
    const receipt = await buildSet(world, CHURN, join(folder.path, 'set'));
    expect(receipt.rows).toBe(LABELS);
    expect(receipt.columns.find(({ name }) => name === 'spend__note')).toMatchObject({ nulls: 0 });
  });
});
