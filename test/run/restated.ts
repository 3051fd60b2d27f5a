// Daily files that are delivered repeatedly with good and bad rows, and a model of the expected stores.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished } from 'vitest';
import type { Interval } from '../../src/core/interval.ts';
import { readAsOf } from '../../src/offline/read-as-of.ts';
import { readOnline } from '../../src/online/read.ts';
import { verifyView } from '../../src/online/verify.ts';
import { parseRanges } from '../../src/postgres/range.ts';
import type { Outcome } from '../../src/run/outcome.ts';
import { viewOverviews } from '../../src/state/queries/view-overview.ts';
import type { Run } from '../../src/state/runs/run.ts';
import { at, feature, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

const DAYS = ['2026-01-01', '2026-01-02'] as const;
type Day = (typeof DAYS)[number];
const ENTITIES = ['a', 'b', 'c', 'd', 'e'] as const;
/** Refused with a key: nan, null. Without one: a malformed value, no entity, no time, a time outside of the run. */
const KINDS = ['good', 'nan', 'null', 'comma', 'nobody', 'never', 'elsewhere'] as const;
const KEYED: readonly Row['kind'][] = ['nan', 'null'];

type Row = {
  readonly entity: (typeof ENTITIES)[number];
  readonly hour: 1 | 2;
  readonly value: number;
  readonly kind: (typeof KINDS)[number];
};
/** One file, or both, delivered before the next run. */
export type Delivery = {
  readonly days: Partial<Record<Day, readonly Row[]>>;
  readonly allowRemovals: boolean;
};

const row = fc.record({
  entity: fc.constantFrom(...ENTITIES),
  hour: fc.constantFrom(1 as const, 2 as const),
  value: fc.integer({ min: 1, max: 9 }),
  kind: fc.oneof(
    { weight: 12, arbitrary: fc.constant('good' as const) },
    { weight: 4, arbitrary: fc.constantFrom('nan' as const, 'null' as const) },
    { weight: 2, arbitrary: fc.constantFrom(...KINDS) },
  ),
});
const file = fc.array(row, { maxLength: 12 });
export const deliveries = fc.array(
  fc.record({
    days: fc.oneof(
      fc.record({ '2026-01-01': file, '2026-01-02': file }),
      fc.record({ '2026-01-01': file }),
      fc.record({ '2026-01-02': file }),
    ),
    allowRemovals: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
  }),
  { minLength: 4, maxLength: 8 },
);

const REFUSED_MAX = 0.3;
const VISITS = view({
  name: 'visits',
  source: 'lake',
  kind: 'events',
  end: at('2026-01-03'),
  features: [feature('visits', 'float', { column: 'value' })],
  query: 'select id as entity_id, ts as timestamp, v as value from files',
  refusedMax: REFUSED_MAX,
  files: {
    files: {
      pattern: '{yyyy}-{MM}-{dd}.csv',
      format: 'csv',
      types: { v: 'float' },
      windowMs: 86_400_000,
      onMissing: 'empty',
      lateMs: 0,
      onBadField: 'refuse',
    },
  },
});

/** Key → value: `2026-01-01 01:00 a` → 5. */
type Stored = Map<string, number>;
type Model = { stored: Stored; emptied: Set<Day> };

const keyOf = (day: string, { entity, hour }: Row) => `${day} 0${hour}:00 ${entity}`;

/** The effect of a run over the delivered days on stored rows: the counts, or null if it fails. */
function deliver(model: Model, { days, allowRemovals }: Delivery) {
  const rows = Object.entries(days).flatMap(([day, all]) => all.map((one) => ({ ...one, key: keyOf(day, one) })));
  const good = rows.filter(({ kind }) => kind === 'good').sort((one, other) => one.value - other.value);
  const accepted = new Map(good.map(({ key, value }) => [key, value]));
  const bad = rows.filter(({ kind }) => kind !== 'good');
  const keyed = new Set(bad.filter(({ kind }) => KEYED.includes(kind)).map(({ key }) => key));
  const before = [...model.stored.keys()].filter((key) => key.slice(0, 10) in days);
  const kept = before.filter((key) => !accepted.has(key) && keyed.has(key));
  const removed = before.filter((key) => !accepted.has(key) && !keyed.has(key));
  const isRefused = bad.length > REFUSED_MAX * rows.length;
  const isKeyless = bad.some(({ kind }) => !KEYED.includes(kind));
  if (rows.length > 0 && good.length === 0) return null;
  if (bad.length > 10 && isRefused) return null;
  if (!allowRemovals && isKeyless && removed.length > 0 && isRefused) return null;
  if (!allowRemovals && removed.length > 10 && removed.length > 0.1 * before.length) return null;
  const held = new Set(before.map((key) => key.slice(0, 10)));
  for (const key of removed) model.stored.delete(key);
  for (const [key, value] of accepted) model.stored.set(key, value);
  for (const day of DAYS.filter((one) => one in days)) {
    const isEmpty = ![...model.stored.keys()].some((key) => key.startsWith(day));
    if (!isEmpty || allowRemovals) model.emptied.delete(day);
    else if (held.has(day)) model.emptied.add(day);
  }
  const duplicates = good.length - accepted.size;
  return { read: rows.length, accepted: good.length, duplicates, kept: kept.length, removed: removed.length };
}

const TIMES = { nan: 'nan', null: '', comma: '"1,5"' } as const;

function csvOf(day: string, rows: readonly Row[]): string {
  const lines = rows.map(({ entity, hour, value, kind }) => {
    const id = kind === 'nobody' ? '' : entity;
    const time = kind === 'never' ? 'soon' : `${kind === 'elsewhere' ? '2020-01-01' : day}T0${hour}:00:00Z`;
    return `${id},${time},${kind in TIMES ? TIMES[kind as keyof typeof TIMES] : value}`;
  });
  return `id,ts,v\n${lines.map((line) => `${line}\n`).join('')}`;
}

/** Delivers one file at a time, and compares both stores with the model after each. */
export async function checkDeliveries(sequence: readonly Delivery[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-restated-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'lake'));
  const place = (day: string, rows: readonly Row[]) =>
    writeFileSync(join(folder, 'lake', `${day}.csv`), csvOf(day, rows));
  for (const day of DAYS) place(day, []);
  await using world = await openWorld({ folder, sources: { lake: 'file:./lake' } });
  await world.apply(VISITS);
  await world.materialize('visits');
  const model: Model = { stored: new Map(), emptied: new Set() };
  for (const delivery of sequence) {
    for (const [day, rows] of Object.entries(delivery.days)) place(day, rows);
    const spans = Object.keys(delivery.days).map((day) => `[${day}Z, ${new Date(at(day) + 86_400_000).toISOString()})`);
    await world.sql(`update millrace.coverage set held = '{}', stale = $1::tstzmultirange`, [`{${spans.join(',')}}`]);
    for (const id of await world.plan('visits', { allowRemovals: delivery.allowRemovals })) {
      const [run] = await world.sql('select span::text as span from millrace.run where id = $1', [id]);
      const days = daysWithin(String(run?.['span']));
      const read = Object.fromEntries(Object.entries(delivery.days).filter(([day]) => days.includes(day)));
      expect(countsOf(await world.perform(id))).toEqual(deliver(model, { ...delivery, days: read }));
    }
    expect(await stored(world)).toEqual(model.stored);
    expect(await emptied(world)).toEqual([...model.emptied].sort());
  }
  await compareReaders(world, model);
}

function daysWithin(span: string): string[] {
  return daysOf(parseRanges(span));
}

function daysOf(spans: readonly Interval[]): string[] {
  return DAYS.filter((day) => spans.some(({ start, end }) => start <= at(day) && at(day) < end));
}

function countsOf(outcome: Outcome<Run> | undefined) {
  if (outcome?.kind !== 'completed') return null;
  const { read, accepted, refused, inserted, changed, unchanged, duplicates, kept, removed } = outcome.value.counts;
  expect([accepted + refused, inserted + changed + unchanged + duplicates]).toEqual([read, accepted]);
  return { read, accepted, duplicates, kept, removed };
}

async function stored(world: World): Promise<Stored> {
  const rows = await world.sql(
    `select to_char(event_timestamp at time zone 'UTC', 'YYYY-MM-DD HH24:MI ') || entity_id as key, visits::text as value
       from features.visits`,
  );
  return new Map(rows.map(({ key, value }) => [String(key), Number(value)]));
}

async function emptied(world: World): Promise<string[]> {
  const [overview] = await viewOverviews(world.app.database);
  expect(overview?.rows).toBe((await stored(world)).size);
  return daysOf(overview?.emptied.first ?? []);
}

/** The newest row of each entity is online, and point-in-time reads return what was known at an hour. */
async function compareReaders(world: World, { stored: all }: Model): Promise<void> {
  const { database, online } = world.app;
  const newest = (entity: string, until: string) => {
    const keys = [...all.keys()].filter((key) => key.endsWith(` ${entity}`) && key.slice(0, 16) <= until).sort();
    return all.get(keys.at(-1) ?? '') ?? null;
  };
  const found = await readOnline({ redis: online.redis, prefix: online.prefix }, [VISITS], ENTITIES);
  const served = ENTITIES.map((id) => found.get(id)?.['visits']?.values?.['visits'] ?? null);
  expect(served).toEqual(ENTITIES.map((id) => newest(id, '9')));
  const verified = await verifyView({ database, online, view: VISITS, signal: new AbortController().signal });
  expect(verified.total).toBe(0);
  const moment = '2026-01-01 02:00';
  const pairs = ENTITIES.map((entityId) => ({ entityId, at: (at('2026-01-01T02:00Z') * 1_000) as never }));
  const known = await readAsOf(database, VISITS, pairs, null);
  expect(known.map((one) => one?.values['visits'] ?? null)).toEqual(ENTITIES.map((id) => newest(id, moment)));
}
