// Backfills of an hourly view, with a manual clock.

import type { Failure } from '../../../src/core/failure.ts';
import { formatInterval } from '../../../src/core/interval.ts';
import type { FeatureView } from '../../../src/definition/view.ts';
import { advanceBackfill } from '../../../src/state/backfills/advance.ts';
import {
  type BackfillPlan,
  type BackfillRequest,
  planBackfill,
  startBackfill,
} from '../../../src/state/backfills/backfill.ts';
import { type BackfillOverview, backfillChunks, backfillOverviews } from '../../../src/state/backfills/overview.ts';
import { DEFAULT_RUN_OPTIONS } from '../../../src/state/runs/run.ts';
import { requireAppliedView } from '../../../src/state/views/views.ts';
import { at, view } from '../../support/views.ts';
import { openWorld, type World, type WorldOptions } from '../../support/world.ts';

export const HOUR_MS = 3_600_000;

/** Hourly visits; the past before the deployment is skipped, so that only a backfill covers it. */
export const VISITS: FeatureView = view({
  name: 'visits',
  kind: 'events',
  unitMs: HOUR_MS,
  start: at('2026-01-01'),
  end: null,
  catchUp: 'none',
  // Fails if a visit has no value.
  query: `select entity_id, at as timestamp, 1 / value as value from visits where at >= {{start}} and at < {{end}}`,
});

export type Asked = Partial<Omit<BackfillRequest, 'range'>> & {
  readonly from?: string;
  readonly to?: string;
  readonly name?: string;
};

export type BackfillWorld = World & {
  setClock(text: string): Promise<void>;
  planned(asked?: Asked): Promise<BackfillPlan>;
  /** The id of the started backfill. */
  start(asked?: Asked): Promise<number>;
  advance(id: number): Promise<number[]>;
  /** Advances it and performs its runs, one at a time, until it plans no more. */
  finish(id: number): Promise<BackfillOverview>;
  overview(id: number): Promise<BackfillOverview>;
  /** `00-03 done`, in run order. */
  chunks(id: number): Promise<string[]>;
  sets(name?: string): Promise<Record<string, string>>;
};

/** At noon, with a visit of `ada` in each hour since midnight; the value is the hour plus one. */
export async function backfillWorld(defined: FeatureView = VISITS, options: WorldOptions = {}): Promise<BackfillWorld> {
  const world = await openWorld(options);
  const { database } = world.app;
  const setClock = async (text: string) => {
    await world.sql(
      `create or replace function millrace.now() returns timestamptz language sql as $$ select timestamptz '${text}' $$`,
    );
  };
  await setClock('2026-01-01 12:00Z');
  await world.sql('create table visits (entity_id text, at timestamptz, value float8)');
  await world.sql(
    `insert into visits select 'ada', timestamptz '2026-01-01 00:30Z' + make_interval(hours => h), 1 + h from generate_series(0, 47) h`,
  );
  await world.apply(defined);
  const applied = (name = defined.name) => requireAppliedView(database, name);
  const overview = async (id: number) => {
    const [found] = await backfillOverviews(database, { ids: [id] });
    if (found === undefined) throw new Error(`there is no backfill ${id}`);
    return found;
  };
  const advance = (id: number) => advanceBackfill(database, id);
  return Object.assign(world, {
    setClock,
    advance,
    overview,
    planned: async (asked: Asked = {}) => planBackfill(database, await applied(asked.name), request(asked)),
    start: async (asked: Asked = {}) => {
      const { id } = await startBackfill(database, await applied(asked.name), request(asked));
      if (id === null) throw new Error('there was nothing to do');
      return id;
    },
    finish: async (id: number) => {
      for (let runs = await advance(id); runs.length > 0; runs = await advance(id)) {
        for (const run of runs) await world.perform(run);
      }
      return overview(id);
    },
    chunks: async (id: number) =>
      (await backfillChunks(database, id, {})).map(({ span, state, skipped }) =>
        [
          formatInterval(span)
            .replaceAll(/\[|\)|2026-01-01T|:00:00Z/g, '')
            .replace(', ', '-'),
          skipped ?? state,
        ].join(' '),
      ),
    sets: async (name = defined.name) => {
      const [row] = await world.sql(
        `select covered::text, held::text, skipped::text, stale::text, frontier::text
           from millrace.coverage join millrace.view on id = view_id where name = $1`,
        [name],
      );
      return Object.fromEntries(
        Object.entries(row ?? {}).map(([key, value]) => [
          key,
          String(value).replaceAll(/"|2026-01-01 |:00:00\+00/g, ''),
        ]),
      );
    },
  });
}

function request({ from, to, name: _, ...rest }: Asked): BackfillRequest {
  return {
    range: { from: from === undefined ? null : at(from), to: to === undefined ? null : at(to) },
    mode: 'missing',
    order: 'oldest',
    chunkUnits: 3,
    parallel: 2,
    options: { ...DEFAULT_RUN_OPTIONS, attempts: 1 },
    askedBy: 'test',
    ...rest,
  };
}

export async function refusalOf(asked: Promise<unknown>): Promise<[string, string]> {
  const failure: Failure = await asked.then(
    () => Promise.reject(new Error('it was not refused')),
    (error) => error,
  );
  return [failure.code, failure.message];
}
