// Rows at the same moment, rows at the edges of units, and units that are read in any order and repeatedly: both stores
// have the newest rows of the source.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { advanceBackfill } from '../../src/state/backfills/advance.ts';
import { startBackfill } from '../../src/state/backfills/backfill.ts';
import { DEFAULT_RUN_OPTIONS } from '../../src/state/runs/run.ts';
import { requireAppliedView } from '../../src/state/views/views.ts';
import { slowSuite } from '../support/sample.ts';
import { at, EPOCH, feature, view } from '../support/views.ts';
import { openWorld, type World } from '../support/world.ts';

const HOUR_MS = 3_600_000;
const HOURS = 6;
const START = at('2026-01-01');

/** The source returns its rows in the order of `place`, in batches of two. */
const VISITS = view({
  name: 'visits',
  kind: 'events',
  unitMs: HOUR_MS,
  start: START,
  end: null,
  catchUp: 'none',
  features: [feature('pages', 'int')],
  query: `select entity_id, at as timestamp, pages, tie_break from visits
           where at >= {{start}} and at < {{end}} order by place`,
});

type Visit = { readonly who: string; readonly minute: number; readonly pages: number; readonly tieBreak: number };
type Visits = World & {
  /** Replaces all rows of the source. */
  fill(visits: readonly Visit[]): Promise<void>;
  /** Reads one hour, also if it was read before. */
  readHour(hour: number): Promise<void>;
  offline(): Promise<unknown[]>;
  online(...who: string[]): Promise<unknown[]>;
};

/** At six o'clock, with nothing read. */
async function openVisits(): Promise<Visits> {
  const world = await openWorld({ settings: { batchRows: 2 } });
  const { database, online } = world.app;
  await world.sql(
    `create or replace function millrace.now() returns timestamptz language sql as $$ select timestamptz '2026-01-01 06:00Z' $$`,
  );
  await world.sql('create table visits (place serial, entity_id text, at timestamptz, pages bigint, tie_break bigint)');
  await world.apply(VISITS);
  return Object.assign(world, {
    fill: async (visits: readonly Visit[]) => {
      await world.sql('truncate visits');
      await world.sql(
        `insert into visits (entity_id, at, pages, tie_break)
         select who, to_timestamp($2::float8 / 1000) + make_interval(mins => minute), pages, "tieBreak"
           from jsonb_to_recordset($1::jsonb) as v(who text, minute int, pages bigint, "tieBreak" bigint)`,
        [JSON.stringify(visits), START],
      );
    },
    readHour: async (hour: number) => {
      const from = at(new Date(START + hour * HOUR_MS).toISOString());
      const to = at(new Date(from + HOUR_MS).toISOString());
      const asked = { mode: 'all', order: 'oldest', chunkUnits: 1, parallel: 1, askedBy: 'test' } as const;
      const options = { ...DEFAULT_RUN_OPTIONS, allowRemovals: true };
      const applied = await requireAppliedView(database, 'visits');
      const { id } = await startBackfill(database, applied, { ...asked, range: { from, to }, options });
      for (const run of await advanceBackfill(database, id ?? 0)) await world.perform(run);
      await advanceBackfill(database, id ?? 0);
    },
    offline: () =>
      world.sql(
        `select entity_id as who, to_char(event_timestamp, 'HH24:MI') as at, pages from features.visits order by 1, 2`,
      ),
    online: async (...who: string[]) =>
      online.redis.send(who.map((one) => ['HMGET', `mr:visits:${one}`, '_ts', 'pages'] as const)),
  });
}

const micros = (minute: number) => String((START + minute * 60_000 - EPOCH) * 1_000);
const counts = async ({ sql }: World) =>
  (await sql('select counts from millrace.run order by id')).map(({ counts: one }) => {
    const { read, inserted, unchanged, duplicates } = one as Record<string, number>; // as runs write them
    return { read, inserted, unchanged, duplicates };
  });

describe('rows of one entity at one moment', () => {
  test('belong to the unit that starts at that moment, and the same row wins in both stores, in any order', async () => {
    await using world = await openVisits();
    const tied: Visit[] = [
      { who: 'ada', minute: 60, pages: 9, tieBreak: 2 },
      { who: 'ada', minute: 60, pages: 5, tieBreak: 10 },
      { who: 'ada', minute: 60, pages: 8, tieBreak: 9 },
    ];
    const others: Visit[] = [59, 61, 62].map((minute) => ({ who: 'bob', minute, pages: minute, tieBreak: 0 }));
    const [first, second, third] = tied;
    const [before, one, other] = others;
    await world.fill([first, before, one, second, other, third].filter((visit) => visit !== undefined));
    await world.readHour(1);
    await world.readHour(0);
    const expected = [
      { who: 'ada', at: '01:00', pages: 5 },
      ...others.map(({ who, minute, pages }) => ({ who, at: minute === 59 ? '00:59' : `01:0${minute - 60}`, pages })),
    ];
    expect(await world.offline()).toEqual(expected);
    expect(await world.online('ada', 'bob')).toEqual([
      [micros(60), '5'],
      [micros(62), '62'],
    ]);
    await world.fill([...tied].reverse().concat(others));
    await world.readHour(1);
    expect(await world.offline()).toEqual(expected);
    expect(await world.online('ada')).toEqual([[micros(60), '5']]);
    expect(await counts(world)).toEqual([
      { read: 5, inserted: 3, unchanged: 0, duplicates: 2 },
      { read: 1, inserted: 1, unchanged: 0, duplicates: 0 },
      { read: 5, inserted: 0, unchanged: 3, duplicates: 2 },
    ]);
  });
});

slowSuite('units read in any order, some of them again', () => {
  const NAMES = ['a', 'b', 'c'];
  const visit = fc.record({
    who: fc.constantFrom(...NAMES),
    // Few minutes, so that many rows share a moment or lie at the edge of an hour.
    minute: fc.tuple(fc.nat(HOURS - 1), fc.constantFrom(0, 1, 59)).map(([hour, minute]) => hour * 60 + minute),
    pages: fc.nat(99),
    tieBreak: fc.nat(3),
  });
  const visits = fc.array(visit, { minLength: 1, maxLength: 24 });
  const step = fc.record({ hour: fc.nat(HOURS - 1), rows: fc.option(visits, { freq: 4 }) });

  /** By moment, tie-break and last text: the greatest wins. */
  const isNewer = (one: Visit, other: Visit | undefined) => {
    if (other === undefined) return true;
    if (one.minute !== other.minute) return one.minute > other.minute;
    if (one.tieBreak !== other.tieBreak) return one.tieBreak > other.tieBreak;
    return String(one.pages) > String(other.pages);
  };

  /** The content of each hour at its last read. */
  function newestOf(
    read: ReadonlyMap<number, readonly Visit[]>,
  ): (readonly [string, string] | readonly [null, null])[] {
    const newest = new Map<string, Visit>();
    for (const one of [...read.values()].flat()) if (isNewer(one, newest.get(one.who))) newest.set(one.who, one);
    return NAMES.map((name) => {
      const found = newest.get(name);
      return found === undefined ? [null, null] : [micros(found.minute), String(found.pages)];
    });
  }

  test('leave the newest row of each entity online, by its moment and its tie_break', async () => {
    await using world = await openVisits();
    const read = new Map<number, readonly Visit[]>();
    await fc.assert(
      fc.asyncProperty(visits, fc.array(step, { minLength: 6, maxLength: 8 }), async (first, steps) => {
        let source = first;
        await world.fill(source);
        for (const { hour, rows } of steps) {
          if (rows !== null) {
            source = rows;
            await world.fill(source);
          }
          await world.readHour(hour);
          read.set(
            hour,
            source.filter(({ minute }) => Math.floor(minute / 60) === hour),
          );
          expect(await world.online(...NAMES)).toEqual(newestOf(read));
        }
      }),
      { numRuns: 5, endOnFailure: true },
    );
    expect(await world.sql('select count(*)::int as failed from millrace.run where state <> $1', ['done'])).toEqual([
      { failed: 0 },
    ]);
  });
});
