// Held time that waits only for a source: every failed run there failed because a source was unavailable.

import { IN } from '../runs/states.ts';
import { SOURCE_AWAY } from './uncounted.ts';

/** SQL: whether run `r` failed because a source was unavailable. */
const IS_AWAY = `coalesce(r.state = 'failed' and r.error->>'code' = '${SOURCE_AWAY}', false)`;

/** SQL: the parts of run `r` that no later run has stored. */
const UNDONE = `tstzmultirange(r.span) - coalesce((
  select range_agg(s.span) from millrace.run s
   where s.view_id = r.view_id and s.id > r.id and s.span && r.span and s.state ${IN.stored}), '{}')`;

/**
 * SQL: a lateral row for view `v` with coverage `c`. `spans` is the held time that waits only for a source, without that
 * of open runs. Cancelled runs wait for an operator.
 */
export const AWAY = `lateral (
  select c.held * coalesce(range_agg(part) filter (where is_away), '{}')
         - coalesce(range_agg(part) filter (where not is_away), '{}')
         - coalesce((select range_agg(o.span) from millrace.run o
                      where o.view_id = v.id and o.state ${IN.unstored}), '{}') as spans
    from (select unnest(${UNDONE}) as part, ${IS_AWAY} as is_away
            from millrace.run r
           where r.view_id = v.id and r.state ${IN.retryable} and r.fingerprint = v.data_fingerprint
             and not isempty(c.held) and r.span && c.held and not lower_inf(r.span)) failures)`;

/**
 * SQL: for `away` of view `v`, a lateral row for each source that its time waits for: the one that was unavailable in the
 * newest failed run of that time. It may be a source of the view's tables. Failed runs are compared only with those that they
 * overlap, directly or through others, and only if they name several sources: there may be thousands.
 */
export const AWAY_BY_SOURCE = `lateral (
  with failures as (
    select r.id, r.span, r.closed_at, coalesce(r.error->>'source', v.source) as source,
           lower(r.span) < max(upper(r.span)) over (
             order by lower(r.span), r.id rows between unbounded preceding and 1 preceding) as touches
      from millrace.run r
     where r.view_id = v.id and ${IS_AWAY} and r.fingerprint = v.data_fingerprint
       and not isempty(away.spans) and r.span && away.spans and not lower_inf(r.span)),
  islands as (
    select *, count(*) filter (where touches is not true) over (order by lower(span), id) as island,
           min(source) over () <> max(source) over () as several
      from failures),
  compared as (
    select *, range_agg(span) over (
             partition by case when several then island else id end
             order by id desc rows between unbounded preceding and 1 preceding) as later
      from islands)
  select source, away.spans * range_agg(part) as spans, max(id) as failed_run, max(closed_at) as failed_at
    from (select *, unnest(tstzmultirange(span) - coalesce(later, '{}')) as part from compared) parts
   group by source having not isempty(away.spans * range_agg(part)))`;
