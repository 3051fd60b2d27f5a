// The coverage of a part of a view's time, span by span, for drawing. Reads only.

import type { Interval } from '../../core/interval.ts';
import type { Database } from '../../postgres/database.ts';
import { parseRanges, rangeLiteral } from '../../postgres/range.ts';
import { IN } from '../runs/states.ts';

/** The sets of a view within a range. `planned` contains planned and active runs. */
export type CoverageSets = {
  readonly covered: readonly Interval[];
  readonly stale: readonly Interval[];
  readonly held: readonly Interval[];
  readonly skipped: readonly Interval[];
  readonly planned: readonly Interval[];
};

export const NOTHING_COVERED: CoverageSets = { covered: [], stale: [], held: [], skipped: [], planned: [] };

type Row = { readonly name: string } & { readonly [Name in keyof CoverageSets]: string };

/** By view name, each within its range. A set has at most as many spans as the range has units. */
export async function coverageWithin(
  database: Database,
  asked: ReadonlyMap<string, Interval>,
): Promise<ReadonlyMap<string, CoverageSets>> {
  const rows = await database.query<Row>(
    `select v.name, (c.covered * asked)::text as covered, (c.stale * asked)::text as stale, (c.held * asked)::text as held,
            (c.skipped * asked)::text as skipped, (coalesce((
              select range_agg(r.span) from millrace.run r
               where r.view_id = v.id and r.state ${IN.unstored} and not lower_inf(r.span)), '{}') * asked)::text as planned
       from unnest($1::text[], $2::text[]) as named (name, range)
      cross join lateral tstzmultirange(named.range::tstzrange) asked
       join millrace.view v on v.name = named.name
       join millrace.coverage c on c.view_id = v.id`,
    [[...asked.keys()], [...asked.values()].map(rangeLiteral)],
  );
  return new Map(rows.map(({ name, ...sets }) => [name, setsOf(sets)]));
}

function setsOf({ covered, stale, held, skipped, planned }: Omit<Row, 'name'>): CoverageSets {
  return {
    covered: parseRanges(covered),
    stale: parseRanges(stale),
    held: parseRanges(held),
    skipped: parseRanges(skipped),
    planned: parseRanges(planned),
  };
}
