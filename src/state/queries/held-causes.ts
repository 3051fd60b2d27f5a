// Why time is held: each failure code with how much of it. Each part has the newest failed run as its cause.

import { IN } from '../runs/states.ts';

/** `code` is `cancelled` for runs that an operator cancelled. */
export type HeldCause = {
  readonly code: string;
  readonly ms: number;
  /** How many runs hold this time; absent in facts that an earlier release stored. */
  readonly runs?: number;
  /** The newest one. */
  readonly run: number;
};

/** The time of older failed runs is counted as held, without a cause. */
const RUNS_MAX = 500;

const MS_OF = (set: string) =>
  `(select coalesce(extract(epoch from sum(upper(part) - lower(part))) * 1000, 0)::bigint from unnest(${set}) part)`;

/** SQL: the causes of the held time of view `v` with coverage `c`, as a JSON list, the largest first. */
export const HELD_CAUSES = `(
  select coalesce(jsonb_agg(jsonb_build_object('code', code, 'ms', ms, 'runs', runs, 'run', run) order by ms desc, run desc), '[]')
    from (select code, sum(ms)::bigint as ms, count(*) as runs, max(id) as run
            from (select id, code, ${MS_OF('c.held * (tstzmultirange(span) - newer)')} as ms
                    from (select r.id, r.span, case when r.state = 'cancelled' then r.state else coalesce(r.error->>'code', 'BUG') end as code,
                                 coalesce(range_agg(r.span) over (order by r.id desc rows between unbounded preceding and 1 preceding), '{}') as newer
                            from (select id, span, state, error from millrace.run
                                   where view_id = v.id and state ${IN.retryable} and span && c.held and not lower_inf(span)
                                     and not isempty(c.held)
                                   order by id desc limit ${RUNS_MAX}) r) runs) parts
           where ms > 0 group by code) causes)`;
