import { describe, expect, test } from 'vitest';
import { AWAY } from '../../../src/state/outages/away.ts';
import type { RunState } from '../../../src/state/runs/states.ts';
import { seeded } from '../../quality/random.ts';
import { RUNS_ALL } from '../../support/sample.ts';
import { view } from '../../support/views.ts';
import { openWorld, type World } from '../../support/world.ts';

const WORLDS = RUNS_ALL ? 400 : 60;
const HOURS = 12;
const OWN = 'shop';

/** Over the hours from `from` to before `to`; all time if `from` is null. */
type Planted = {
  readonly id: number;
  readonly from: number | null;
  readonly to: number;
  readonly state: RunState;
  readonly fingerprint: string;
  /** Of its failure. */
  readonly code: string | null;
  readonly source: string | null;
};

type Found = { readonly source: string; readonly hours: readonly number[]; readonly run: number };

/** What `AWAY` finds, by looking at each hour by itself. */
function expected(runs: readonly Planted[], held: readonly number[], fingerprint: string): readonly Found[] {
  const found = new Map<string, { hours: number[]; run: number }>();
  for (const hour of held) {
    const over = runs.filter(({ from, to }) => from === null || (from <= hour && hour < to));
    if (over.some(({ state }) => state === 'planned' || state === 'active')) continue;
    const stored = Math.max(
      0,
      ...over.filter(({ state }) => ['committed', 'done'].includes(state)).map(({ id }) => id),
    );
    const failures = over.filter(
      (run) =>
        ['failed', 'cancelled'].includes(run.state) &&
        run.fingerprint === fingerprint &&
        run.from !== null &&
        run.id > stored,
    );
    const newest = failures.at(-1);
    const isAway = ({ state, code }: Planted) => state === 'failed' && code === 'SOURCE_UNAVAILABLE';
    if (newest === undefined || !failures.every(isAway)) continue;
    const source = newest.source ?? OWN;
    const { hours, run } = found.get(source) ?? { hours: [], run: 0 };
    found.set(source, { hours: [...hours, hour], run: Math.max(run, newest.id) });
  }
  return [...found].map(([source, one]) => ({ source, ...one })).sort((a, b) => (a.source < b.source ? -1 : 1));
}

async function openSpend(): Promise<World & { readonly fingerprint: string }> {
  const world = await openWorld();
  await world.apply(view({ source: OWN }));
  const [row] = await world.sql('select data_fingerprint as fingerprint from millrace.view');
  return { ...world, fingerprint: String(row?.['fingerprint']) };
}

const AT = (hour: string) => `timestamptz '2026-01-01Z' + ${hour} * interval '1 hour'`;

async function plant({ sql }: World, runs: readonly Planted[], held: readonly number[]): Promise<void> {
  await sql('delete from millrace.run');
  await sql(
    `insert into millrace.run (id, view_id, span, reason, fingerprint, options, state, error, closed_at, committed_at)
     overriding system value
     select r.id, v.id, tstzrange(${AT('r.from')}, case when r.from is not null then ${AT('r.to')} end), 'schedule', r.fingerprint, '{}', r.state,
            case when r.code is not null then jsonb_strip_nulls(jsonb_build_object('code', r.code, 'source', r.source)) end,
            case when r.state not in ('planned', 'active') then ${AT('r.id')} end, case when r.state in ('committed', 'done') then ${AT('r.id')} end
       from millrace.view v, jsonb_to_recordset($1::jsonb) r (id bigint, "from" int, "to" int, state text, fingerprint text, code text, source text)`,
    [JSON.stringify(runs)],
  );
  await sql(
    `update millrace.coverage set held = coalesce((
       select range_agg(tstzrange(${AT('h')}, ${AT('(h + 1)')})) from unnest($1::int[]) h), '{}')`,
    [`{${held.join()}}`],
  );
}

async function found({ sql }: World): Promise<readonly Record<string, unknown>[]> {
  return sql(
    `select waiting.source, array_to_json(array(
              select h from generate_series(0, ${HOURS}) h where waiting.spans @> (${AT('h')}))) as hours,
            waiting.failed_run as run
       from millrace.view v join millrace.coverage c on c.view_id = v.id cross join ${AWAY} waiting order by 1`,
  );
}

describe('AWAY', () => {
  test(`finds what looking at each hour finds in ${WORLDS} random worlds`, async () => {
    await using world = await openSpend();
    for (let seed = 1; seed <= WORLDS; seed += 1) {
      const random = seeded(seed);
      const below = (limit: number) => Math.floor(random() * limit);
      const oneOf = <T>(...choices: readonly [T, ...T[]]): T => choices[below(choices.length)] ?? choices[0];
      const runs = Array.from({ length: 1 + below(10) }, (_, index): Planted => {
        const from = below(HOURS);
        const state = oneOf<RunState>(
          'failed',
          'failed',
          'failed',
          'failed',
          'cancelled',
          'done',
          'committed',
          'superseded',
          'planned',
        );
        const isFailed = state === 'failed';
        return {
          id: index + 1,
          from: below(20) === 0 ? null : from,
          to: from + 1 + below(oneOf(2, 4, HOURS)),
          state,
          fingerprint: below(10) === 0 ? 'old' : world.fingerprint,
          code: isFailed
            ? oneOf('SOURCE_UNAVAILABLE', 'SOURCE_UNAVAILABLE', 'SOURCE_UNAVAILABLE', 'SOURCE_QUERY')
            : null,
          source: isFailed ? oneOf('crm', 'lake', null) : null,
        };
      });
      const held = Array.from({ length: HOURS }, (_, hour) => hour).filter(() => below(4) > 0);
      await plant(world, runs, held);
      expect(await found(world), `seed ${seed}`).toEqual(expected(runs, held, world.fingerprint));
    }
  });

  test('takes the time of the newest failure, and no time of other views', async () => {
    await using world = await openSpend();
    const away = { state: 'failed', fingerprint: world.fingerprint, code: 'SOURCE_UNAVAILABLE', source: null } as const;
    await plant(
      world,
      [1, 2].map((id) => ({ ...away, id, from: id, to: id + 1 })),
      [1, 2],
    );
    await world.apply(view({ name: 'other', source: OWN }));
    await world.sql(`insert into millrace.run (id, view_id, span, reason, fingerprint, options, state, closed_at, committed_at) overriding system value
                     select 9, id, '[2026-01-01 01:00Z,2026-01-01 02:00Z)', 'schedule', data_fingerprint, '{}', 'done', millrace.now(), millrace.now()
                       from millrace.view where name = 'other'`);
    expect(
      await world.sql(
        `select waiting.source, waiting.failed_run as run, waiting.failed_at = ${AT('2')} as "isNewest", waiting.spans = c.held as "isAll"
           from millrace.view v join millrace.coverage c on c.view_id = v.id cross join ${AWAY} waiting`,
      ),
    ).toEqual([{ source: OWN, run: 2, isNewest: true, isAll: true }]);
  });
});
