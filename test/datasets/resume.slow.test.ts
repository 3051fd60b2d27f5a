import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { BuildProgress } from '../../src/datasets/building.ts';
import { verifySet } from '../../src/datasets/verify.ts';
import { localFiles } from '../../src/sources/storage/local-files.ts';
import { datasetViews } from '../../src/state/queries/catalogue.ts';
import { strayStagingTables } from '../../src/state/runs/staging-tables.ts';
import { openWorld } from '../support/world.ts';
import { buildSet, temporaryFolder } from './build-world.ts';
import { randomOf } from './oracle.ts';
import { CHURN, storeShop } from './small-set.ts';

const KILLS = 6;
const STAGED = `select relname from pg_class where relnamespace = 'staging'::regnamespace and relkind = 'r'`;

class Killed extends Error {}

const QUIET: BuildProgress = { staging: () => undefined, planned: () => undefined, part: () => undefined };
const { signal } = new AbortController();

describe('buildDataset', () => {
  test(`interrupted at ${KILLS} moments it resumes, and gives the same set`, async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    const whole = await buildSet(world, CHURN, join(folder.path, 'whole'), { partRows: 250 });
    const random = randomOf(20);
    for (let round = 0; round < KILLS; round += 1) {
      const set = join(folder.path, `set-${round}`);
      const stop = new AbortController();
      // Half-way through a part, or between two of them, or while labels are read.
      using _kill = world.app.clock.after(random() * 1_500, () => stop.abort(new Killed()));
      const built = await buildSet(world, CHURN, set, { partRows: 250, signal: stop.signal }).catch((error) => {
        expect(error).toBeInstanceOf(Killed);
        return null;
      });
      if (built === null) expect(existsSync(set)).toBe(false);
      let kept = 0;
      const again =
        built ??
        (await buildSet(world, CHURN, set, {
          partRows: 250,
          progress: {
            staging: () => undefined,
            planned: (facts) => {
              kept = facts.kept;
            },
            part: () => undefined,
          },
        }));
      expect(again.columns).toEqual(whole.columns);
      expect(again.parts.map(({ sha256 }) => sha256)).toEqual(whole.parts.map(({ sha256 }) => sha256));
      expect((await readdir(set)).length).toBe(9);
      expect(kept).toBeLessThanOrEqual(8);
    }
    expect(await strayStagingTables(world.app.database)).toEqual([]);
  });

  test('keeps whole parts, and makes those again whose views changed, or whose files are gone', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    const set = join(folder.path, 'set');
    const stop = new AbortController();
    let parts = 0;
    const stopAfter = (most: number) => ({
      staging: () => undefined,
      planned: () => undefined,
      part: () => {
        parts += 1;
        if (parts === most) stop.abort(new Killed());
      },
    });
    await expect(
      buildSet(world, CHURN, set, { partRows: 250, signal: stop.signal, progress: stopAfter(3) }),
    ).rejects.toThrow(Killed);
    // Staging that a build can resume from is kept.
    expect(await strayStagingTables(world.app.database)).toEqual([]);
    const kept: number[] = [];
    const watching = {
      staging: () => kept.push(-1),
      planned: (facts: { kept: number }) => void kept.push(facts.kept),
      part: () => undefined,
    };
    const again = new AbortController();
    await expect(
      buildSet(world, CHURN, set, {
        partRows: 250,
        signal: again.signal,
        progress: { ...watching, part: () => again.abort(new Killed()) },
      }),
    ).rejects.toThrow(Killed);
    // Two parts are made in parallel, so the fourth and fifth may be whole as well.
    expect(kept).toEqual([expect.toBeOneOf([3, 4, 5])]);
    await world.sql(
      `insert into millrace.event (view_id, kind, span) select id, 'covered', '{[2026-01-04,2026-01-05)}' from millrace.view`,
    );
    await buildSet(world, CHURN, set, { partRows: 250, progress: watching });
    expect(kept.at(-1)).toBe(0);
  });

  test('records a set that was whole when its process was killed', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    const set = join(folder.path, 'set');
    const receipt = await buildSet(world, CHURN, set);
    await world.sql(`update millrace.dataset_build set state = 'running', ended_at = null, receipt = null`);
    expect(await buildSet(world, CHURN, set)).toEqual(receipt);
    expect(await world.sql('select state from millrace.dataset_build')).toEqual([{ state: 'done' }]);
    expect(await datasetViews(world.app.database)).toEqual([{ name: 'churn', views: ['spend'] }]);
    await expect(buildSet(world, CHURN, set)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
  });

  test('ends with its staging tables, both or neither', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    const set = join(folder.path, 'set');
    await world.sql(`create function keep_labels() returns event_trigger language plpgsql as $$
      begin
        if exists (select from pg_event_trigger_dropped_objects() where object_name like 'dataset%labels') then
          raise exception 'the labels are kept';
        end if;
      end $$`);
    await world.sql('create event trigger keep_labels on sql_drop execute function keep_labels()');
    await expect(buildSet(world, CHURN, set)).rejects.toThrow('the labels are kept');
    expect(await world.sql('select state from millrace.dataset_build')).toEqual([{ state: 'running' }]);
    expect(await world.sql(STAGED)).toHaveLength(1);
    await world.sql('drop event trigger keep_labels');
    await buildSet(world, CHURN, set);
    expect(await world.sql('select state from millrace.dataset_build')).toEqual([{ state: 'done' }]);
    expect(await world.sql(STAGED)).toEqual([]);
  });

  test('refuses a finished set of another database, which counts its builds from 1 too', async () => {
    await using folder = await temporaryFolder();
    const set = join(folder.path, 'set');
    await using first = await openWorld();
    await storeShop(first);
    const { build } = await buildSet(first, CHURN, set);
    await using second = await openWorld();
    await storeShop(second);
    await expect(buildSet(second, { ...CHURN, delayMs: 60_000 }, set)).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringContaining('already exists'),
    });
    expect(await second.sql('select id from millrace.dataset_build')).toEqual([{ id: build }]);
  });

  test('keeps its parts if something takes its name before it appears', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    const set = join(folder.path, 'set');
    const taking = { ...QUIET, part: () => void mkdirSync(set, { recursive: true }) };
    await expect(buildSet(world, CHURN, set, { partRows: 1_000, progress: taking })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringContaining('already exists'),
    });
    await rm(set, { recursive: true });
    const kept: number[] = [];
    const progress = { ...QUIET, planned: (facts: { kept: number }) => void kept.push(facts.kept) };
    await buildSet(world, CHURN, set, { partRows: 1_000, progress });
    expect(kept).toEqual([2]);
    expect((await readdir(set)).sort()).toEqual(['_receipt.json', 'part-00000.parquet', 'part-00001.parquet']);
  });

  test('removes parts that an earlier plan has left in its folder', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    const set = join(folder.path, 'set');
    const leaving = { ...QUIET, part: () => writeFileSync(join(`${set}.building`, 'part-00007.parquet'), 'old') };
    await buildSet(world, CHURN, set, { progress: leaving });
    expect((await verifySet(localFiles(set), signal)).problems).toEqual([]);
  });

  test('refuses a place whose unfinished folder is not its own', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    const mine = join(folder.path, 'set.building');
    await mkdir(mine);
    await writeFile(join(mine, 'thesis.txt'), 'mine');
    await expect(buildSet(world, CHURN, join(folder.path, 'set'))).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
    expect(await readFile(join(mine, 'thesis.txt'), 'utf8')).toBe('mine');
  });

  test('is refused while another process builds another set in the same place', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    const set = join(folder.path, 'set');
    let refused: unknown = null;
    const disturbed = {
      ...QUIET,
      part: () => {
        refused ??= buildSet(world, { ...CHURN, name: 'orders' }, set, { owner: 'other' }).catch((error) => error);
      },
    };
    await buildSet(world, CHURN, set, { partRows: 1_000, progress: disturbed });
    expect(await refused).toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringMatching(/^churn is being built in .*: wait until that build is done/),
    });
    expect((await verifySet(localFiles(set), signal)).problems).toEqual([]);
  });

  test('is refused while another process builds the same set', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    const set = join(folder.path, 'set');
    let refused: unknown = null;
    await buildSet(world, CHURN, set, {
      partRows: 1_000,
      progress: {
        staging: () => undefined,
        planned: () => undefined,
        part: () => {
          refused ??= buildSet(world, CHURN, set, { owner: 'other' }).catch((error: unknown) => error);
        },
      },
    });
    expect(await refused).toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringContaining('is being built in'),
    });
  });
});
