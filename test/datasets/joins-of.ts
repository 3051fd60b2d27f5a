// Joins the labels of one generated world in both ways, and compares what is found with the oracle.

import { expect } from 'vitest';
import { interval } from '../../src/core/interval.ts';
import { holeSpans, holesIn, knowableUnits } from '../../src/datasets/holes.ts';
import { joinSql } from '../../src/datasets/join.ts';
import { viewCoverage } from '../../src/state/datasets/view-facts.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import type { World } from '../support/world.ts';
import { storeLabels, storeViews } from './dataset-world.ts';
import { answerOf, type DatasetWorld, knownFrom, type ViewWorld, worldOf } from './oracle.ts';

type Found = { readonly micros: number | null; readonly inHole: boolean; readonly early: boolean };

/** Expects that serving could have known every row found, and that the oracle finds the same. */
export async function joinsOf(world: World, seed: number): Promise<void> {
  const generated = worldOf(seed);
  const table = `labels${seed}`;
  await storeViews(world, generated.views);
  await storeLabels(world, table, generated);
  for (const one of generated.views) {
    for (const way of ['lookup', 'merge'] as const) {
      const found = await joined(world, { generated, one, table, way });
      const expected = generated.labels.map((label) => answerOf(one, generated.dataset, label));
      const what = `seed ${seed}, ${one.view.name}, ${way}`;
      expect(
        found.map(({ micros, inHole }) => ({ micros, inHole })),
        what,
      ).toEqual(expected.map(({ micros, inHole }) => ({ micros, inHole })));
      for (const [index, { micros, early }] of found.entries()) {
        const at = generated.labels[index]?.micros ?? 0;
        expect(early, what).toBe(false);
        if (micros !== null)
          expect(knownFrom(one.view, generated.dataset.delayMs, micros), what).toBeLessThanOrEqual(at);
      }
    }
  }
}

type Joining = {
  readonly generated: DatasetWorld;
  readonly one: ViewWorld;
  readonly table: string;
  readonly way: 'lookup' | 'merge';
};

async function joined(world: World, { generated, one, table, way }: Joining): Promise<Found[]> {
  const { dataset } = generated;
  const { view, asked } = one;
  const known = { view, delayMs: dataset.delayMs, ageMaxMs: asked.ageMaxMs };
  const units = knowableUnits(known, interval(dataset.start, dataset.end));
  const { id } = await requireAppliedView(world.app.database, view.name);
  const holes = units === null ? [] : holesIn(units, await viewCoverage(world.app.database, id, units));
  const labels = `select label as label_id, ${asked.entityColumn} collate "C" as entity, timestamp as at from ${table}`;
  const sql = joinSql({ known, features: view.features.map(({ name }) => name), labels, holes: holeSpans(holes), way });
  const rows = await world.sql(
    `select (extract(epoch from event_timestamp) * 1000000)::bigint as micros, in_hole, is_early from (${sql}) j order by label_id`,
  );
  // By the statement above.
  return rows.map(({ micros, in_hole, is_early }) => ({ micros, inHole: in_hole, early: is_early })) as Found[];
}
