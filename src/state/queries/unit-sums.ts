// Sums of the units of a range by state, counted by Postgres: a view may have millions of spans. Reads only.

import { type EpochMs, epochMsOf } from '../../core/instant.ts';
import { type Interval, interval } from '../../core/interval.ts';
import type { DaySum } from '../../plan/calendar.ts';
import type { Segment, UnitState } from '../../plan/strip.ts';
import type { Database } from '../../postgres/database.ts';
import { parseRanges, rangeLiteral } from '../../postgres/range.ts';
import { IN } from '../runs/states.ts';
import { MS } from './run-overview.ts';
import { type SpanSet, type SpanSetRow, spanSetOf, spanSetSql } from './span-set.ts';

/** A part of a view's time, and the end of its settled time. */
export type RequestedUnits = {
  readonly view: { readonly name: string; readonly start: EpochMs };
  readonly frontier: EpochMs;
  readonly range: Interval;
};

export type UnitSums = {
  /** The total length of the units in each state. */
  readonly ms: Readonly<Record<UnitState, number>>;
  /** How much of the held time is covered by older rows. */
  readonly heldAndCoveredMs: number;
  /** Held and skipped time, even if a run is planned there; and due time without a planned run. */
  readonly held: SpanSet;
  readonly skipped: SpanSet;
  readonly missing: SpanSet;
  readonly unpublished: SpanSet;
};

type SumsRow = Pick<UnitSums, 'ms' | 'heldAndCoveredMs'> & {
  readonly [Name in 'held' | 'skipped' | 'missing' | 'unpublished']: SpanSetRow;
};

const STATES = ['planned', 'held', 'stale', 'covered', 'skipped', 'missing', 'future'] as const satisfies UnitState[];

// The range cut by state: if sets overlap, the first one determines the state (plan/strip.ts).
const PARTS = `
  with found as materialized (
    select c.covered, c.stale, c.held, c.skipped, c.published, tstzmultirange($2::tstzrange) as asked,
           tstzmultirange($3::tstzrange) as settled, coalesce((
             select range_agg(r.span) from millrace.run r
              where r.view_id = v.id and r.state ${IN.unstored} and not lower_inf(r.span)), '{}') as open
      from millrace.view v join millrace.coverage c on c.view_id = v.id where v.name = $1),
  cut as materialized (
    select asked, settled * asked as settled, open * asked as planned, held * asked as held, stale * asked as stale,
           covered * asked as covered, skipped * asked as skipped, (covered - published) * asked as unpublished from found),
  parts as materialized (
    select planned, held - planned as held, stale - held - planned as stale, covered - stale - held - planned as covered,
           skipped - covered - stale - held - planned as skipped,
           settled - skipped - covered - stale - held - planned as missing,
           asked - settled - skipped - covered - stale - held - planned as future from cut)`;

const MS_OF = (set: string) =>
  `(select coalesce(extract(epoch from sum(upper(part) - lower(part))) * 1000, 0)::bigint from (select unnest(${set}) as part) spans)`;

export async function unitSums(database: Database, asked: RequestedUnits): Promise<UnitSums> {
  const [row] = await database.query<SumsRow>(
    `${PARTS}
     select jsonb_build_object(${STATES.map((state) => `'${state}', ${MS_OF(`parts.${state}`)}`).join(', ')}) as ms,
            ${MS_OF('parts.held * cut.covered')} as "heldAndCoveredMs", ${spanSetSql('cut.held')} as held,
            ${spanSetSql('cut.skipped')} as skipped, ${spanSetSql('parts.missing')} as missing,
            ${spanSetSql('cut.unpublished')} as unpublished
       from cut, parts`,
    valuesOf(asked),
  );
  if (row === undefined) throw new Error(`there is no view ${asked.view.name}`);
  const { ms, heldAndCoveredMs, held, skipped, missing, unpublished } = row;
  return {
    ms,
    heldAndCoveredMs,
    held: spanSetOf(held),
    skipped: spanSetOf(skipped),
    missing: spanSetOf(missing),
    unpublished: spanSetOf(unpublished),
  };
}

const BY_STATE = `(${STATES.map((state) => `select '${state}' as state, unnest(${state}) as part from parts`).join(' union all ')}) by_state`;

/** The oldest segments of the range, at most `max`. */
export async function oldestSegments(database: Database, asked: RequestedUnits, max: number): Promise<Segment[]> {
  const rows = await database.query<{ state: UnitState; span: string }>(
    `${PARTS} select state, part::text as span from ${BY_STATE} order by part limit $4`,
    [...valuesOf(asked), max],
  );
  return rows.flatMap(({ state, span }) => parseRanges(span).map((whole) => ({ state, span: whole })));
}

/** How much of each UTC day is in each state. */
export async function daySums(database: Database, asked: RequestedUnits): Promise<DaySum[]> {
  const rows = await database.query<{ state: UnitState; day: number; ms: number }>(
    `${PARTS}
     select state, ${MS('day')} as day,
            (extract(epoch from sum(least(upper(part), day + interval '24 hours') - greatest(lower(part), day))) * 1000)::bigint as ms
       from ${BY_STATE},
            generate_series(date_bin('24 hours', lower(part), timestamptz '1970-01-01 00:00:00+00'),
                            upper(part) - interval '1 microsecond', interval '24 hours') day
      group by state, day`,
    valuesOf(asked),
  );
  return rows.map(({ state, day, ms }) => ({ state, day: epochMsOf(day), ms }));
}

function valuesOf({ view: { name, start }, frontier, range }: RequestedUnits): unknown[] {
  return [name, rangeLiteral(range), frontier <= start ? 'empty' : rangeLiteral(interval(start, frontier))];
}
