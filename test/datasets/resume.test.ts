import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { strayStagingTables } from '../../src/state/runs/staging-tables.ts';
import { RUNS_ALL, slowTest } from '../support/sample.ts';
import { openWorld } from '../support/world.ts';
import { buildSet, temporaryFolder } from './build-world.ts';
import { randomOf } from './oracle.ts';
import { CHURN, storeShop } from './small-set.ts';

const KILLS = RUNS_ALL ? 6 : 1;

class Killed extends Error {}

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

  slowTest('keeps whole parts, and makes those again whose views changed, or whose files are gone', async () => {
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
    await expect(buildSet(world, CHURN, set)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
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
