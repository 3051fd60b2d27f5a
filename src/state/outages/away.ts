// Held time that waits only for its source: every failed run there failed because the source was unavailable.

import { IN } from '../runs/states.ts';
import { SOURCE_AWAY } from './uncounted.ts';

/** SQL: whether run `r` failed because its source was unavailable. */
const IS_AWAY = `coalesce(r.state = 'failed' and r.error->>'code' = '${SOURCE_AWAY}', false)`;

/** SQL: the parts of run `r` that no later run has stored. */
const UNDONE = `tstzmultirange(r.span) - coalesce((
  select range_agg(s.span) from millrace.run s
   where s.view_id = r.view_id and s.id > r.id and s.span && r.span and s.state ${IN.stored}), '{}')`;

/**
 * SQL: a lateral row for view `v` with coverage `c`. `spans` is the held time that waits only for its source, without
 * that of open runs; `failed_run` and `failed_at` are those of the newest failure. Cancelled runs wait for an operator.
 */
export const AWAY = `lateral (
  select c.held * coalesce(range_agg(part) filter (where is_away), '{}')
         - coalesce(range_agg(part) filter (where not is_away), '{}')
         - coalesce((select range_agg(o.span) from millrace.run o
                      where o.view_id = v.id and o.state ${IN.unstored}), '{}') as spans,
         max(id) filter (where is_away) as failed_run, max(closed_at) filter (where is_away) as failed_at
    from (select unnest(${UNDONE}) as part, ${IS_AWAY} as is_away, r.id, r.closed_at
            from millrace.run r
           where r.view_id = v.id and r.state ${IN.retryable} and r.fingerprint = v.data_fingerprint
             and not isempty(c.held) and r.span && c.held and not lower_inf(r.span)) failures)`;
