// Builds the set of a generated world, and compares every value with the oracle.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parseMicros } from '../../src/feature-types/iso-time.ts';
import type { World } from '../support/world.ts';
import { buildSet, rowsOf } from './build-world.ts';
import { storeLabels, storeViews } from './dataset-world.ts';
import { type Answer, answerOf, type DatasetWorld, featuresOf, type Label, type ViewWorld, worldOf } from './oracle.ts';

export async function buildsOf(world: World, seed: number, folder: string): Promise<void> {
  const generated = worldOf(seed);
  const { dataset, views, labels } = generated;
  await storeViews(world, views);
  await storeLabels(world, `labels${seed}`, generated);
  const receipt = await buildSet(world, dataset, join(folder, dataset.name), { partRows: 1 + (seed % 25) });
  const rows = await rowsOf(join(folder, dataset.name), receipt);
  const byKey = new Map(
    rows.map((row) => [`${row['entity_id']} ${row['other_id']} ${microsOf(row['timestamp'])}`, row]),
  );
  expect(rows.length, `seed ${seed}`).toBe(labels.length);
  expect(byKey.size, `seed ${seed}`).toBe(labels.length);
  for (const [place, label] of labels.entries()) {
    const row = byKey.get(`${label.entity} ${label.other} ${label.micros}`);
    const values = Object.fromEntries(Object.entries(row ?? {}).map(([name, text]) => [name, plain(text)]));
    expect(values, `seed ${seed}, label ${place}`).toEqual(expectedRow(generated, label, place));
  }
  const answers = views.map((one) => labels.map((label) => answerOf(one, dataset, label)));
  expect(receipt.views.map(({ found, inHoles }) => ({ found, inHoles }))).toEqual(answers.map(countsOf));
}

function countsOf(answers: readonly Answer[]) {
  return {
    found: answers.filter(({ micros }) => micros !== null).length,
    inHoles: answers.filter(({ inHole }) => inHole).length,
  };
}

function expectedRow(generated: DatasetWorld, label: Label, place: number): Record<string, unknown> {
  const { dataset, views } = generated;
  const split = dataset.split === null ? {} : { split: splitOf(generated, dataset.split, label) };
  return {
    entity_id: plain(label.entity),
    timestamp: label.micros,
    other_id: plain(label.other),
    label: String(place + 1),
    ...split,
    ...Object.assign({}, ...views.map((one) => expectedOf(one, answerOf(one, dataset, label)))),
  };
}

function splitOf({ labels }: DatasetWorld, { by }: { readonly by: string }, label: Label): string {
  const hash = createHash('md5').update(label.entity).digest().readUInt32BE(0) / 4_294_967_296;
  const earlier = labels.filter(({ micros }) => micros < label.micros).length / labels.length;
  return (by === 'entity' ? hash : earlier) < 0.7 ? 'train' : 'test';
}

function expectedOf(one: ViewWorld, answer: Answer): Record<string, unknown> {
  const { as } = one.asked;
  const values = featuresOf(one).map((name, place) => [`${as}__${name}`, plain(answer.values[place] ?? null)]);
  return { ...Object.fromEntries(values), [`${as}__event_timestamp`]: answer.micros };
}

function microsOf(text: string | null | undefined): number {
  return Number(parseMicros(text ?? ''));
}

/** Numbers, times, lists and JSON as values, so that how a string is spelled does not matter. */
function plain(text: string | null): unknown {
  if (text === null) return null;
  const micros = parseMicros(text);
  if (typeof micros === 'number' && text.length > 10) return micros;
  if (/^\{[-\d.,e]+\}$/.test(text)) return text.slice(1, -1).split(',').map(Number);
  if (/^\[.*\]$/.test(text)) return text.slice(1, -1).split(',').map(Number);
  if (/^[{"]/.test(text)) return JSON.parse(text);
  if (/^-?\d+(\.\d+)?$/.test(text)) return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return /^-?[\d.]+e[+-]?\d+$/.test(text) ? String(Number(text)) : text;
}
