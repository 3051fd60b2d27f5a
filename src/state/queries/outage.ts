// The part of a view's held time that waits only for a source, and the probes of that source.

import { AWAY, AWAY_BY_SOURCE } from '../outages/away.ts';
import { MS } from './run-overview.ts';

export type Outage = {
  /** The unavailable source: the view's own, or that of one of its tables. If there are several, the one of the newest failure. */
  readonly source: string;
  /** How much of the held time is released when the source responds. */
  readonly ms: number;
  /** The probes of the last 24 hours. */
  readonly probes: number;
  /** Null if it was not probed yet. */
  readonly probedAt: number | null;
  readonly nextProbeAt: number | null;
  /** The code of the newest probe's failure; null if the source has responded. */
  readonly code: string | null;
};

/** SQL: a lateral row for view `v` with coverage `c`: `outage` as JSON, null if nothing waits only for a source. */
export const OUTAGE = `lateral (
  select jsonb_build_object(
           'source', waiting.source,
           'ms', (select (extract(epoch from sum(upper(part) - lower(part))) * 1000)::bigint from unnest(waiting.spans) part),
           'probes', (select count(*) from unnest(p.probed_at) at where at > millrace.now() - interval '24 hours'),
           'probedAt', (select ${MS('max(at)')} from unnest(p.probed_at) at),
           'nextProbeAt', ${MS('p.next_at')}, 'code', p.error->>'code') as outage
    from ${AWAY} away
   cross join ${AWAY_BY_SOURCE} waiting
    left join millrace.source_probe p on p.source = waiting.source
   order by waiting.failed_run desc limit 1)`;
