import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rebuildSet, storeChanges } from '../../src/datasets/rebuild.ts';
import { verifySet } from '../../src/datasets/verify.ts';
import { localFiles } from '../../src/sources/storage/local-files.ts';
import { at } from '../support/views.ts';
import { openWorld } from '../support/world.ts';
import { buildSet, temporaryFolder } from './build-world.ts';
import { CHURN, SPEND, storeShop } from './small-set.ts';

const { signal } = new AbortController();

describe('verifySet', () => {
  test('names the one of ten parts with a flipped byte, and files that are missing or unknown', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    const set = join(folder.path, 'churn');
    const receipt = await buildSet(world, CHURN, set, { partRows: 200 });
    expect(receipt.parts.length).toBe(10);
    expect((await verifySet(localFiles(set), signal)).problems).toEqual([]);
    const part = join(set, 'part-00006.parquet');
    const bytes = await readFile(part);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    await writeFile(part, bytes);
    expect((await verifySet(localFiles(set), signal)).problems).toEqual([
      {
        file: 'part-00006.parquet',
        problem: 'other_bytes',
        expected: receipt.parts[6]?.sha256,
        found: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
    await writeFile(part, bytes.subarray(1));
    await writeFile(join(set, 'part-00010.parquet'), '');
    expect((await verifySet(localFiles(set), signal)).problems.map(({ file, problem }) => [file, problem])).toEqual([
      ['part-00006.parquet', 'other_size'],
      ['part-00010.parquet', 'not_in_receipt'],
    ]);
  });

  test('says that a folder without a receipt is no training set', async () => {
    await using folder = await temporaryFolder();
    await expect(verifySet(localFiles(folder.path), signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('buildDataset', () => {
  test('gives the same digests from the same stores', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    const [first, second] = [join(folder.path, '1'), join(folder.path, '2')];
    const one = await buildSet(world, CHURN, first, { partRows: 300 });
    // Another order of rows in Postgres.
    await world.sql('create table shuffled as select * from churn order by random()');
    await world.sql('drop table churn');
    await world.sql('alter table shuffled rename to churn');
    const other = await buildSet(world, CHURN, second, { partRows: 300 });
    expect(other.columns).toEqual(one.columns);
    expect(other.parts.map(({ sha256 }) => sha256)).toEqual(one.parts.map(({ sha256 }) => sha256));
  });
});

describe('rebuildSet', () => {
  test('gives the same set, until the stores change within its time', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    const receipt = await buildSet(world, CHURN, join(folder.path, 'churn'), { partRows: 300 });
    const options = { ...world.app, owner: world.app.processId, leaseMs: 30_000, millrace: 'test', signal };
    expect(await storeChanges(world.app.database, receipt)).toEqual([]);
    expect(await rebuildSet(options, receipt)).toEqual([]);
    await world.sql(`update features.spend set amount = 1 where entity_id = 'c7' and event_timestamp = '2026-01-05'`);
    await world.sql(
      `insert into millrace.event (view_id, kind, span) select id, 'covered', '{[2026-01-04,2026-01-05)}' from millrace.view`,
    );
    expect(await storeChanges(world.app.database, receipt)).toEqual([{ view: 'spend', change: 'rows' }]);
    expect(await rebuildSet(options, receipt)).toEqual([
      {
        what: 'column',
        column: 'spend__amount',
        expected: expect.stringMatching(/^[0-9a-f]{64}$/),
        found: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
  });
});

describe('storeChanges', () => {
  test('are not the deletion of old events, after which changes are unknown', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    const commit = () =>
      world.sql(
        `insert into millrace.event (view_id, kind, span) select id, 'covered', '{[2026-01-04,2026-01-05)}' from millrace.view`,
      );
    await commit();
    const receipt = await buildSet(world, CHURN, join(folder.path, 'churn'));
    expect(await storeChanges(world.app.database, receipt)).toEqual([]);
    // An older event stays: none of those after the build can be gone.
    await world.sql(`delete from millrace.event where kind = 'covered'`);
    expect(await storeChanges(world.app.database, receipt)).toEqual([]);
    await world.sql('delete from millrace.event');
    expect(await storeChanges(world.app.database, receipt)).toEqual([{ view: 'spend', change: 'unknown' }]);
    await commit();
    expect(await storeChanges(world.app.database, receipt)).toEqual([{ view: 'spend', change: 'rows' }]);
  });

  test('are also commits before the time of a set that may have changed its zeros', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world, { ...SPEND, ttlMs: 2 * 86_400_000, complete: { absent: 'zero' } });
    const late = { ...CHURN, start: at('2026-01-10'), end: at('2026-01-12') };
    const receipt = await buildSet(world, late, join(folder.path, 'churn'));
    const commit = (day: number) =>
      world.sql(
        `insert into millrace.event (view_id, kind, span)
         select id, 'covered', tstzmultirange(tstzrange($1::timestamptz, $1::timestamptz + interval '1 day')) from millrace.view`,
        [new Date(Date.UTC(2026, 0, day)).toISOString()],
      );
    await commit(18);
    expect(await storeChanges(world.app.database, receipt)).toEqual([]);
    await commit(4);
    expect(await storeChanges(world.app.database, receipt)).toEqual([{ view: 'spend', change: 'rows' }]);
  });
});
