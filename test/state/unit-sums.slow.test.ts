// Queries about a view's time: correct sums, and bounded results.

import { describe, expect, test } from 'vitest';
import { interval } from '../../src/core/interval.ts';
import { heldSpans } from '../../src/state/queries/held-spans.ts';
import { intervalFacts } from '../../src/state/queries/interval-facts.ts';
import { SPANS_LISTED_MAX } from '../../src/state/queries/span-set.ts';
import { daySums, oldestSegments, unitSums } from '../../src/state/queries/unit-sums.ts';
import { coverageWithin } from '../../src/state/queries/view-coverage.ts';
import { viewOverviews } from '../../src/state/queries/view-overview.ts';
import { at, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

const HOUR_MS = 3_600_000;
const span = (start: string, end: string) => interval(at(`2026-01-${start}Z`), at(`2026-01-${end}Z`));

/** Hours from the 4th at 20:00, settled up to the 7th at 03:00, with units in all states. */
async function hoursWorld(): Promise<World> {
  const world = await openWorld();
  await world.apply(view({ unitMs: HOUR_MS, start: at('2026-01-04T20:00Z'), end: null }));
  await world.sql(
    `update millrace.coverage set
       covered = '{[2026-01-04 20:00Z, 2026-01-05 06:00Z), [2026-01-05 09:00Z, 2026-01-07 02:00Z)}', published = '{[2026-01-04 20:00Z, 2026-01-07 01:00Z)}',
       held = '{[2026-01-05 05:00Z, 2026-01-05 07:00Z)}', skipped = '{[2026-01-05 07:00Z, 2026-01-05 09:00Z)}',
       stale = '{[2026-01-05 10:00Z, 2026-01-05 12:00Z)}'`,
  );
  await world.sql(
    `insert into millrace.run (view_id, span, reason, fingerprint)
       select id, '[2026-01-05 11:00Z, 2026-01-05 12:00Z)', 'restate', '' from millrace.view`,
  );
  return world;
}

const HOURS = {
  view: { name: 'spend', start: at('2026-01-04T20:00Z') },
  frontier: at('2026-01-07T03:00Z'),
  range: span('04T20:00', '07T06:00'),
};

describe('unitSums', () => {
  test('counts the hours in each state, planned runs first', async () => {
    await using world = await hoursWorld();
    const { ms, heldAndCoveredMs, ...sets } = await unitSums(world.app.database, HOURS);
    const hours = Object.fromEntries(Object.entries(ms).map(([state, found]) => [state, found / HOUR_MS]));
    expect(hours).toEqual({ covered: 48, held: 2, stale: 1, planned: 1, skipped: 2, missing: 1, future: 3 });
    expect(heldAndCoveredMs).toBe(HOUR_MS);
    expect(sets.held).toEqual({
      count: 1,
      ms: 2 * HOUR_MS,
      first: [span('05T05:00', '05T07:00')],
      end: at('2026-01-05T07:00Z'),
    });
    expect(sets.missing.first).toEqual([span('07T02:00', '07T03:00')]);
    expect(sets.unpublished.first).toEqual([span('07T01:00', '07T02:00')]);
  });
});

describe('oldestSegments', () => {
  test('cuts a range at changes of state', async () => {
    await using world = await hoursWorld();
    const asked = { ...HOURS, range: span('05T04:00', '05T13:00') };
    expect(await oldestSegments(world.app.database, asked, 6)).toEqual([
      { state: 'covered', span: span('05T04:00', '05T05:00') },
      { state: 'held', span: span('05T05:00', '05T07:00') },
      { state: 'skipped', span: span('05T07:00', '05T09:00') },
      { state: 'covered', span: span('05T09:00', '05T10:00') },
      { state: 'stale', span: span('05T10:00', '05T11:00') },
      { state: 'planned', span: span('05T11:00', '05T12:00') },
    ]);
  });
});

describe('daySums', () => {
  test('splits spans at midnight UTC', async () => {
    await using world = await hoursWorld();
    const found = await daySums(world.app.database, HOURS);
    const days = Map.groupBy(found, ({ day }) => new Date(day).toISOString().slice(0, 10));
    expect(
      [...days]
        .map(([day, sums]) => [day, Object.fromEntries(sums.map(({ state, ms }) => [state, ms / HOUR_MS]))])
        .sort(),
    ).toEqual([
      ['2026-01-04', { covered: 4 }],
      ['2026-01-05', { covered: 18, held: 2, skipped: 2, stale: 1, planned: 1 }],
      ['2026-01-06', { covered: 24 }],
      ['2026-01-07', { covered: 2, missing: 1, future: 3 }],
    ]);
  });
});

describe('of a view of 200,000 held and covered fragments', () => {
  const FRAGMENTS = 200_000;
  const MINUTE_MS = 60_000;

  async function fragmentsWorld(): Promise<World> {
    const world = await openWorld();
    const start = at('2026-01-01');
    await world.apply(view({ unitMs: MINUTE_MS, start, end: at('2026-10-05T18:40Z') }));
    await world.sql(
      `create or replace function millrace.now() returns timestamptz language sql as $$ select timestamptz '2026-12-01Z' $$`,
    );
    await world.sql(
      `with minutes as (
         select range_agg(tstzrange(m, m + interval '1 minute')) as even, range_agg(tstzrange(m + interval '1 minute', m + interval '2 minutes')) as odd
           from generate_series(timestamptz '2026-01-01Z', timestamptz '2026-01-01Z' + interval '2 minutes' * ${FRAGMENTS - 1}, '2 minutes') m),
       noted as (insert into millrace.event (view_id, kind, span, note) select v.id, 'skipped', odd, '{"kind": "catch_up", "facts": {"catchUp": "none"}}' from minutes, millrace.view v)
       update millrace.coverage set covered = even, held = even, stale = even, skipped = odd, emptied = even from minutes`,
    );
    return world;
  }

  /** The text of some thousands of spans; all of them would be 20 MB. */
  const BOUND = 1_000_000;

  test('queries of status, plan, intervals and the dashboard do not grow with them', async () => {
    await using world = await fragmentsWorld();
    const { database } = world.app;
    const [overview] = await viewOverviews(database);
    if (overview === undefined) throw new Error('no view is applied');
    const range = interval(at('2026-01-01'), at('2026-10-05T18:40Z'));
    const asked = { view: overview.view, frontier: range.end, range };
    const sums = await unitSums(database, asked);
    const answers = {
      overview,
      sums,
      segments: await oldestSegments(database, asked, 10_000),
      days: await daySums(database, asked),
      facts: await intervalFacts(database, 'spend', range),
      held: await heldSpans(database),
      strip: await coverageWithin(database, new Map([['spend', interval(at('2026-10-05'), range.end)]])),
    };
    for (const answer of Object.values(answers)) expect(JSON.stringify(answer).length).toBeLessThan(BOUND);
    const { holes, held, rereads, covered, unpublished, skipped, emptied } = overview;
    for (const set of [held, covered, unpublished, skipped, emptied, sums.held, sums.skipped]) {
      expect(set).toMatchObject({ count: FRAGMENTS, ms: FRAGMENTS * MINUTE_MS });
      expect(set.first).toHaveLength(SPANS_LISTED_MAX);
    }
    expect([holes.count, rereads.count, sums.missing.count]).toEqual([0, 0, 0]);
    expect(sums.ms).toMatchObject({ held: FRAGMENTS * MINUTE_MS, skipped: FRAGMENTS * MINUTE_MS, covered: 0 });
    expect(overview.heldAndCoveredMs).toBe(FRAGMENTS * MINUTE_MS);
  });
});
