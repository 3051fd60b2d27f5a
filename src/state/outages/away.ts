// Held time that waits only for a source: every failed run there failed because a source was unavailable.

import { IN } from '../runs/states.ts';
import { SOURCE_AWAY } from './uncounted.ts';

/** SQL: whether run `r` failed because a source was unavailable. */
const IS_AWAY = `coalesce(r.state = 'failed' and r.error->>'code' = '${SOURCE_AWAY}', false)`;

/**
 * SQL: the spans of failed and cancelled runs of view `v` over held time, and of later runs over it that have stored rows, each with its
 * newest run of each kind: whose source was unavailable (`away`), that failed for another reason or was cancelled (`other`), or `stored`.
 */
const RUNS = `
  failures as (
    select r.id, r.span, ${IS_AWAY} as is_away from millrace.run r
     where r.view_id = v.id and r.state ${IN.retryable} and r.fingerprint = v.data_fingerprint
       and r.span && c.held and not lower_inf(r.span)),
  runs as (
    select span, max(id) filter (where kind = 'away') as away, max(id) filter (where kind = 'other') as other,
           max(id) filter (where kind = 'stored') as stored
      from (select id, span, case when is_away then 'away' else 'other' end as kind from failures
             union all
            select s.id, s.span, 'stored' from millrace.run s
             where s.view_id = v.id and s.state ${IN.stored} and s.id > (select min(id) from failures) and s.span && c.held) each
     group by span)`;

/**
 * SQL: time is cut where a run begins or ends, and `newest` has the newest run of each kind over each piece. Thousands of runs may
 * overlap each other, so runs are not compared with runs. A span is noted at a few blocks of 1, 2, 4, 8, … pieces that make it up, each
 * of which begins at a multiple of its length. A piece is in one block of each length.
 */
const NEWEST = `
  ends as (
    select span, away, other, stored, at, dense_rank() over (order by at) as place
      from runs cross join lateral (values (coalesce(lower(span), '-infinity')), (coalesce(upper(span), 'infinity'))) e (at)),
  placed as (
    select away, other, stored, min(place) as first, max(place) as last from ends group by span, away, other, stored),
  blocks as (
    select level, block, away, other, stored
      from placed
     cross join lateral generate_series(0, ceil(ln(last - first) / ln(2))::int) level
     cross join lateral (select (first + (1 << level) - 1) >> level as low, last >> level as high) whole
     cross join lateral (values (low, low), (high - 1, high)) edge (block, odd)
     where low < high and odd & 1 = 1),
  pieces as (
    select place, min(at) as at, lead(min(at)) over (order by place) as until from ends group by place),
  noted as (
    select level, block, away, other, stored, null::bigint as place, null::timestamptz as at, null::timestamptz as until from blocks
     union all
    select level, place >> level, null, null, null, place, at, until
      from pieces cross join (select distinct level from blocks) levels),
  newest as (
    select at, until, max(away) as away, coalesce(max(other), 0) as other, coalesce(max(stored), 0) as stored
      from (select place, at, until, max(away) over one as away, max(other) over one as other, max(stored) over one as stored
              from noted window one as (partition by level, block)) found
     where place is not null group by place, at, until)`;

/**
 * SQL: for view `v` with coverage `c`, a lateral row for each source that held time waits for, with this time (`spans`), without that
 * of open runs. No later run has stored it, and every failed run there failed because a source was unavailable: cancelled runs wait for
 * an operator. Its source is the one of the newest failed run: the view's own, or that of one of its tables. Most views
 * hold nothing: for them, Postgres performs none of it, because the condition on `c.held` is of the whole statement.
 */
export const AWAY = `lateral (
  with ${RUNS}, ${NEWEST},
  free as (
    select c.held - coalesce((select range_agg(o.span) from millrace.run o
                               where o.view_id = v.id and o.state ${IN.unstored}), '{}') as spans)
  select coalesce(f.error->>'source', v.source) as source, (select spans from free) * range_agg(tstzrange(at, until)) as spans,
         max(f.id) as failed_run, max(f.closed_at) as failed_at
    from newest join millrace.run f on f.id = newest.away
   where not isempty(c.held) and newest.away > newest.stored and newest.other <= newest.stored
     and tstzrange(at, until) && (select spans from free)
   group by 1)`;
