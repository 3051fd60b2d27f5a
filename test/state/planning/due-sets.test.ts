// Compares the SQL of due sets over multiranges with the same in TypeScript over intervals.

import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type EpochMs, epochMsOf } from '../../../src/core/instant.ts';
import { difference, floorToUnit, type Interval, interval, union } from '../../../src/core/interval.ts';
import { skippedBy } from '../../../src/plan/catch-up.ts';
import type { DueSets } from '../../../src/plan/due.ts';
import type { Database } from '../../../src/postgres/database.ts';
import { multirangeLiteral, rangeLiteral } from '../../../src/postgres/range.ts';
import { dueSets } from '../../../src/state/planning/due-sets.ts';
import { DEFINITION, definitionRow } from '../../../src/state/views/view-columns.ts';
import { RUNS_ALL } from '../../support/sample.ts';
import { view as defined } from '../../support/views.ts';
import { openWorld, type World } from '../../support/world.ts';

const HOUR_MS = 3_600_000;
const DAY = Date.UTC(2026, 0, 1);
const NOW = epochMsOf(DAY + 24 * HOUR_MS);
const CASES = 250;

const instant = (hour: number) => epochMsOf(DAY + hour * HOUR_MS);
const hours = fc.integer({ min: 0, max: 24 });
const span = fc
  .tuple(hours, fc.integer({ min: 1, max: 8 }))
  .map(([from, length]) => interval(instant(from), instant(from + length)));
const spans = fc.array(span, { maxLength: 4 }).map(union);

/** An hourly view, and its sets of time. */
const someView = fc.record({
  start: hours.map(instant),
  endAfter: fc.option(fc.integer({ min: 1, max: 24 })),
  settleMs: fc.integer({ min: 0, max: 24 * 60 }).map((minutes) => minutes * 60_000),
  lookbackUnits: fc.integer({ min: 0, max: 4 }),
  catchUp: fc.constantFrom('all', 'latest', 'none'),
  covered: spans,
  skipped: spans,
  held: spans,
  stale: spans,
  seen: fc.option(hours.map(instant)),
  open: fc.option(span),
  tried: fc.option(span),
  // The backlog of the last tick.
  leftOut: fc.option(span),
  // The backlog of a restatement.
  restated: fc.option(span),
});
type SomeView = typeof someView extends fc.Arbitrary<infer View> ? View : never;

function intersection(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  return difference(a, difference(a, b));
}

function frontierAt({ settleMs, ...view }: SomeView, at: EpochMs): EpochMs {
  const settled = floorToUnit(epochMsOf(at - settleMs), HOUR_MS);
  const end = endOf(view);
  return end !== null && end < settled ? end : settled;
}

function endOf({ start, endAfter }: Pick<SomeView, 'start' | 'endAfter'>): EpochMs | null {
  return endAfter === null ? null : epochMsOf(start + endAfter * HOUR_MS);
}

const rangeOf = (start: number, end: number) => (start < end ? [interval(epochMsOf(start), epochMsOf(end))] : []);

/**
 * The formula of docs/architecture/planning.md; the frontier also advances over open runs, and runs since the last
 * tick.
 */
function expectedSets(view: SomeView, missedBefore: EpochMs | null): DueSets {
  const { start, covered, skipped, held, stale, seen, lookbackUnits } = view;
  const frontier = frontierAt(view, NOW);
  const open = view.open === null ? [] : [view.open];
  const tried = view.tried === null ? [] : [view.tried];
  const gaps = difference(rangeOf(start, frontier), [...covered, ...skipped]);
  const leftOut = view.leftOut === null ? [] : [view.leftOut];
  const restated = view.restated === null ? [] : [view.restated];
  // Stale time of units that have not settled waits.
  const rereads = intersection(
    stale,
    rangeOf(DAY - 999 * HOUR_MS, floorToUnit(epochMsOf(NOW - view.settleMs), HOUR_MS)),
  );
  const due = frontier <= start ? [] : difference([...gaps, ...rereads], [...held, ...open, ...restated]);
  const coveredUntil = covered.at(-1)?.end ?? start;
  const isAdvance = difference(due, covered).some(({ end }) => end > coveredUntil);
  const before = (end: EpochMs) => intersection(covered, rangeOf(end - lookbackUnits * HOUR_MS, end));
  const byOthers = seen === null ? [] : intersection([...covered, ...open], rangeOf(seen, frontier));
  const advanced = union([
    ...(isAdvance ? before(coveredUntil) : []),
    ...(seen === null || byOthers.length === 0 ? [] : before(seen)),
  ]);
  const lookback = leftOut.length === 0 ? advanced : [];
  const missedUntil = [seen, missedBefore === null ? null : frontierAt(view, missedBefore)].filter((at) => at !== null);
  const past = missedUntil.length === 0 ? due : rangeOf(DAY - 999 * HOUR_MS, Math.max(...missedUntil));
  const missed = intersection(difference(due, [...covered, ...tried, ...leftOut]), past);
  const skippedNow = skippedBy(view.catchUp, missed, HOUR_MS);
  const planned = difference([...due, ...lookback], [...held, ...open, ...restated, ...skippedNow]);
  return {
    due: planned,
    dueMs: lengthMs(planned),
    dueEnd: planned.at(-1)?.end ?? null,
    skippedMs: lengthMs(skippedNow),
    lookback,
    frontier,
    openRuns: view.open === null ? 0 : 1,
    hasBacklog: view.leftOut !== null || view.restated !== null,
    hasInbox: false,
  };
}

function lengthMs(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, { start, end }) => sum + end - start, 0);
}

function expectedWatermark({ start, covered, skipped }: SomeView): EpochMs | null {
  const part = union([...covered, ...skipped]).find((one) => one.start <= start && start < one.end);
  return part?.end ?? null;
}

/** Replaces all views by these; returns their ids, in order. */
async function write(database: Database, views: readonly SomeView[]): Promise<number[]> {
  await database.run('truncate millrace.view cascade');
  const rows = views.map((view, index) => {
    const { start, settleMs, lookbackUnits, catchUp } = view;
    const times = { start, end: endOf(view), settleMs, lookbackUnits, catchUp };
    const definition = JSON.parse(definitionRow(defined({ kind: 'events', unitMs: HOUR_MS, ...times })));
    const sets = (['covered', 'skipped', 'held', 'stale'] as const).map((set) => [set, multirangeLiteral(view[set])]);
    const runs = [
      ...(view.open === null ? [] : [{ span: rangeLiteral(view.open), state: 'planned' }]),
      ...(view.tried === null ? [] : [{ span: rangeLiteral(view.tried), state: 'failed' }]),
    ];
    const seen = view.seen === null ? null : new Date(view.seen).toISOString();
    const backlog = [
      ...(view.leftOut === null ? [] : [{ span: rangeLiteral(view.leftOut), reason: 'schedule' }]),
      ...(view.restated === null ? [] : [{ span: rangeLiteral(view.restated), reason: 'restate' }]),
    ];
    return { name: `view_${index}`, definition, ...Object.fromEntries(sets), seen, runs, backlog };
  });
  const found = await database.query<{ id: number }>(WRITE, [JSON.stringify(rows)]);
  return found.map(({ id }) => id);
}

const WRITE = `
  with given as (
    select * from jsonb_to_recordset($1::jsonb) as g(name text, definition jsonb, covered tstzmultirange, skipped tstzmultirange,
      held tstzmultirange, stale tstzmultirange, seen timestamptz, runs jsonb, backlog jsonb)),
  views as (
    insert into millrace.view (name, ${DEFINITION}, data_fingerprint, meta_fingerprint)
    select given.name, ${DEFINITION}, '', '' from given, jsonb_populate_record(null::millrace.view, definition)
    returning id, name),
  coverages as (
    insert into millrace.coverage (view_id, covered, skipped, held, stale, frontier)
    select id, covered, skipped, held, stale, seen from given join views using (name)),
  runs as (
    insert into millrace.run (view_id, span, reason, fingerprint, state)
    select id, r.span, 'schedule', '', r.state
      from given join views using (name), jsonb_to_recordset(runs) as r(span tstzrange, state text))
  , backlogs as (
    insert into millrace.backlog (view_id, span, reason, options)
    select id, tstzmultirange(b.span), b.reason, '{}'
      from given join views using (name), jsonb_to_recordset(backlog) as b(span tstzrange, reason text))
  select id from views join given using (name) order by substr(name, 6)::int`;

describe('dueSets', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    await world.sql(
      `create or replace function millrace.now() returns timestamptz language sql as $$ select to_timestamp(${NOW / 1_000}) $$`,
    );
    return () => world[Symbol.asyncDispose]();
  });

  test('matches the documented formula, for thousands of views', async () => {
    const views = fc.array(someView, { minLength: CASES, maxLength: CASES });
    const within = { from: null, to: null };
    await fc.assert(
      fc.asyncProperty(views, fc.option(hours.map(instant)), async (all, missedBefore) => {
        const { database } = world.app;
        const ids = await write(database, all);
        const found = await dueSets(database, ids, { within, missedBefore });
        for (const [index, id] of ids.entries()) {
          const one = all[index];
          if (one !== undefined) expect(found.get(id)).toEqual(expectedSets(one, missedBefore));
        }
      }),
      { numRuns: RUNS_ALL ? 20 : 5, endOnFailure: true },
    );
  });

  test('agrees about the watermark', async () => {
    const views = fc.array(someView, { minLength: CASES, maxLength: CASES });
    await fc.assert(
      fc.asyncProperty(views, async (all) => {
        await write(world.app.database, all);
        const found = await world.sql(
          `select (extract(epoch from millrace.watermark(v, c)) * 1000)::bigint as at
             from millrace.view v join millrace.coverage c on view_id = id order by substr(name, 6)::int`,
        );
        expect(found.map(({ at }) => at)).toEqual(all.map(expectedWatermark));
      }),
      { numRuns: 4, endOnFailure: true },
    );
  });
});
